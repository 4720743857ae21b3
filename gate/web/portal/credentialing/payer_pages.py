"""The payer directory: listed, added, changed and archived."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.workflows import steps_for
from gate.errors import InvalidInput
from gate.page_tokens import LARGEST_PAGE
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.payer_form import change_in, draft_in
from gate.web.portal.credentialing.queries import Done, wished
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.payer_table import (
    NO_PAYERS,
    WORKFLOWS,
    Wish,
    columns,
    first_page,
    next_page,
    payer_lines,
    selection_in,
)
from gate.web.portal.credentialing.views.payers import (
    DIRECTORY,
    NEW,
    NO_MATCH,
    SUPERVISION,
    TYPES,
    facts_of,
    page_of,
    typed_of,
    workflow_facts,
)
from gate.web.portal.credentialing.workflow_pages import workflow_of

_ONE = f"{DIRECTORY}/{{payer_id}}"


def payer_list(office: Office) -> APIRouter:
    """The directory, and how a payer is added to it."""
    router = APIRouter(include_in_schema=False)

    @router.get(DIRECTORY)
    async def directory(
        request: Request, visit: Viewer, wish: Annotated[Wish, Depends(wished)], done: Done = ""
    ) -> Response:
        wanted, begins = selection_in(wish), PageRequest(LARGEST_PAGE, wish.page)
        async with office.reading(visit) as unit:
            page = await office.desk.selection.statistics(unit, wanted, begins)
        return office.pages.answer(
            request,
            "credentialing/payers.html",
            lines=[(line, page_of(line.id)) for line in payer_lines(page.items)],
            columns=columns(DIRECTORY, wish),
            export=exported(DIRECTORY, **wish.kept()),
            wish=wish,
            workflows=WORKFLOWS,
            empty=NO_MATCH if wish.is_anything else NO_PAYERS,
            first=first_page(DIRECTORY, wish),
            following=next_page(DIRECTORY, wish, page.next_page_token),
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    @router.get(f"{DIRECTORY}/new")
    async def new(request: Request, _visit: Manager) -> Response:
        return shown(request, Form(NEW))

    @router.post(DIRECTORY)
    async def add(request: Request, visit: Manager) -> Response:
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                payer = await office.desk.payers.create(unit, draft_in(fields), visit.actor())
        except InvalidInput as error:
            return shown(request, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        return RedirectResponse(address(page_of(payer.id), done="payer-added"), HTTPStatus.SEE_OTHER)

    def shown(request: Request, form: Form, status: int = HTTPStatus.OK) -> Response:
        return office.pages.answer(
            request,
            "credentialing/payer_form.html",
            status=status,
            form=form,
            payer=None,
            types=TYPES,
            levels=SUPERVISION,
        )

    return router


def payer_records(office: Office) -> APIRouter:
    """One payer, and how its record changes."""
    router = APIRouter(include_in_schema=False)

    @router.get(_ONE)
    async def one(request: Request, visit: Viewer, payer_id: str, done: Done = "") -> Response:
        async with office.reading(visit) as unit:
            payer = await office.desk.payers.get(unit, payer_id)
            workflow = await workflow_of(office, unit, payer)
        return office.pages.answer(
            request,
            "credentialing/payer.html",
            payer=payer,
            facts=facts_of(payer),
            workflow=workflow,
            workflow_facts=workflow_facts(workflow) if workflow is not None else (),
            steps=steps_for(payer, workflow),
            own=page_of(payer.id),
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    async def form_of(
        request: Request, visit: Manager, payer_id: str, form: Form | None = None, status: int = HTTPStatus.OK
    ) -> Response:
        async with office.reading(visit) as unit:
            payer = await office.desk.payers.get(unit, payer_id)
        return office.pages.answer(
            request,
            "credentialing/payer_form.html",
            status=status,
            form=form or edited(typed_of(payer)),
            payer=payer,
            types=TYPES,
            levels=SUPERVISION,
        )

    @router.get(f"{_ONE}/edit")
    async def edit(request: Request, visit: Manager, payer_id: str) -> Response:
        return await form_of(request, visit, payer_id)

    @router.post(_ONE)
    async def change(request: Request, visit: Manager, payer_id: str) -> Response:
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                must_be_as_seen(visit.form, typed_of(await office.desk.payers.get(unit, payer_id, to_change=True)))
                await office.desk.payers.update(unit, payer_id, change_in(fields), visit.actor())
        except InvalidInput as error:
            return await form_of(request, visit, payer_id, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except ChangedMeanwhile as error:
            return await form_of(request, visit, payer_id, refused(visit.form, error), HTTPStatus.CONFLICT)
        return RedirectResponse(address(page_of(payer_id), done="payer-changed"), HTTPStatus.SEE_OTHER)

    return router


def payer_archive(office: Office) -> APIRouter:
    """How a payer goes."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{_ONE}/archive")
    async def asked(request: Request, visit: Manager, payer_id: str) -> Response:
        async with office.reading(visit) as unit:
            payer = await office.desk.payers.get(unit, payer_id)
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Archive Payer",
            consequence="The payer leaves the directory and can be selected no more. Enrollments and contracts stay.",
            subject=payer.name,
            action=f"{page_of(payer.id)}/archive",
            back=page_of(payer.id),
            verb="Archive",
        )

    @router.post(f"{_ONE}/archive")
    async def archive(visit: Manager, payer_id: str) -> Response:
        async with office.writing(visit) as unit:
            await office.desk.payers.archive(unit, payer_id, visit.actor())
        return RedirectResponse(address(DIRECTORY, done="payer-archived"), HTTPStatus.SEE_OTHER)

    return router
