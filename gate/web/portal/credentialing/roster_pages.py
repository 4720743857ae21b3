"""The roster: providers listed, added, changed and archived."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.providers import Provider, ProviderFilter
from gate.errors import Conflict, InvalidInput
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.provider_form import change_in, draft_in
from gate.web.portal.credentialing.queries import Done, Search, Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.roster import (
    NO_MATCH,
    NOBODY,
    NOBODY_YET,
    ROSTER,
    board_of,
    standing,
    typed_of,
)

_ONE = f"{ROSTER}/{{provider_id}}"
_TAKEN = Conflict("another provider on the roster has this NPI")


def roster_list(office: Office) -> APIRouter:
    """The list, and how somebody is added to it."""
    router = APIRouter(include_in_schema=False)

    @router.get(ROSTER)
    async def roster(
        request: Request, visit: Viewer, search: Search = "", token: Token = "", done: Done = ""
    ) -> Response:
        async with office.reading(visit) as unit:
            page = await office.desk.providers.list(unit, ProviderFilter(search=search), PageRequest(token=token))
        return office.pages.answer(
            request,
            "credentialing/roster.html",
            lines=[(provider, board_of(provider.id), standing(provider)) for provider in page.items],
            empty=NO_MATCH if search or token else NOBODY_YET,
            search=search,
            export=exported(ROSTER, search=search),
            first=address(ROSTER, search=search) if token else "",
            following=address(ROSTER, search=search, page=page.next_page_token) if page.next_page_token else "",
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    @router.get(f"{ROSTER}/new")
    async def new(request: Request, _visit: Manager) -> Response:
        return shown(request, Form(NOBODY))

    @router.post(ROSTER)
    async def add(request: Request, visit: Manager) -> Response:
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                provider = await office.desk.providers.create(unit, draft_in(fields), visit.actor())
        except InvalidInput as error:
            return shown(request, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except Conflict:
            return shown(request, refused(visit.form, _TAKEN), HTTPStatus.CONFLICT)
        return RedirectResponse(address(board_of(provider.id), done="provider-added"), HTTPStatus.SEE_OTHER)

    def shown(request: Request, form: Form, status: int = HTTPStatus.OK) -> Response:
        return office.pages.answer(request, "credentialing/provider_form.html", status=status, form=form, provider=None)

    return router


def roster_records(office: Office) -> APIRouter:
    """How a record changes."""
    router = APIRouter(include_in_schema=False)

    async def found(visit: Visit, provider_id: str) -> Provider:
        async with office.reading(visit) as unit:
            return await office.desk.providers.get(unit, provider_id)

    def shown(request: Request, provider: Provider, form: Form, status: int = HTTPStatus.OK) -> Response:
        return office.pages.answer(
            request, "credentialing/provider_form.html", status=status, form=form, provider=provider
        )

    @router.get(_ONE)
    async def board(visit: Viewer, provider_id: str) -> Response:
        provider = await found(visit, provider_id)
        return RedirectResponse(board_of(provider.id), HTTPStatus.SEE_OTHER)

    @router.get(f"{_ONE}/edit")
    async def edit(request: Request, visit: Manager, provider_id: str) -> Response:
        provider = await found(visit, provider_id)
        return shown(request, provider, edited(typed_of(provider)))

    @router.post(_ONE)
    async def change(request: Request, visit: Manager, provider_id: str) -> Response:
        provider = await found(visit, provider_id)
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                must_be_as_seen(
                    visit.form, typed_of(await office.desk.providers.get(unit, provider.id, to_change=True))
                )
                await office.desk.providers.update(unit, provider.id, change_in(fields), visit.actor())
        except InvalidInput as error:
            return shown(request, provider, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except ChangedMeanwhile as error:
            return shown(request, provider, refused(visit.form, error), HTTPStatus.CONFLICT)
        except Conflict:
            return shown(request, provider, refused(visit.form, _TAKEN), HTTPStatus.CONFLICT)
        return RedirectResponse(address(board_of(provider.id), done="provider-changed"), HTTPStatus.SEE_OTHER)

    return router


def roster_archive(office: Office) -> APIRouter:
    """How a record goes."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{_ONE}/archive")
    async def asked(request: Request, visit: Manager, provider_id: str) -> Response:
        async with office.reading(visit) as unit:
            provider = await office.desk.providers.get(unit, provider_id)
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Archive Provider",
            consequence="The provider leaves the roster and is booked no more. Enrollments and contracts stay.",
            subject=provider.name,
            action=f"{ROSTER}/{provider.id}/archive",
            back=board_of(provider.id),
            verb="Archive",
        )

    @router.post(f"{_ONE}/archive")
    async def archive(visit: Manager, provider_id: str) -> Response:
        async with office.writing(visit) as unit:
            await office.desk.providers.archive(unit, provider_id, visit.actor())
        return RedirectResponse(address(ROSTER, done="provider-archived"), HTTPStatus.SEE_OTHER)

    return router
