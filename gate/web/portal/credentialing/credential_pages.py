"""Providers' credentials: one of them added, shown, corrected and archived."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.credentials import CredentialKind, ListedCredential
from gate.errors import InvalidInput
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.credential_form import change_in, draft_in
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.credentials import (
    CREDENTIALS,
    KINDS,
    TITLES,
    badge_of,
    facts_of,
    link_in,
    page_of,
    renewal_line,
    typed_of,
)
from gate.web.portal.credentialing.views.roster import board_of

_ONE = f"{CREDENTIALS}/{{credential_id}}"


def new_credential_pages(office: Office) -> APIRouter:
    """The routes by which a record begins."""
    router = APIRouter(include_in_schema=False)

    async def shown(
        request: Request, visit: Visit, provider_id: str, form: Form, status: int = HTTPStatus.OK
    ) -> Response:
        async with office.reading(visit) as unit:
            provider = await office.desk.providers.get(unit, provider_id)
        return office.pages.answer(
            request,
            "credentialing/credential_form.html",
            status=status,
            form=form,
            provider=provider,
            listed=None,
            kinds=KINDS,
        )

    @router.get(f"{CREDENTIALS}/new")
    async def new(request: Request, visit: Manager, provider: Annotated[str, Query(max_length=40)] = "") -> Response:
        begun = Form({"kind": CredentialKind.LICENSE.value, "coordinator": visit.principal.subject})
        return await shown(request, visit, provider, begun)

    @router.post(CREDENTIALS)
    async def add(request: Request, visit: Manager) -> Response:
        provider_id = visit.form.get("provider_id", "")
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                added = await office.desk.credentials.create(unit, draft_in(fields, provider_id), visit.actor())
        except InvalidInput as error:
            return await shown(request, visit, provider_id, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        back = address(board_of(added.provider_id), tab="credentials", done="credential-added")
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)

    return router


def credential_pages(office: Office) -> APIRouter:
    """The routes of a record that is there."""
    router = APIRouter(include_in_schema=False)

    @router.get(_ONE)
    async def one(request: Request, visit: Viewer, credential_id: str, done: Done = "") -> Response:
        async with office.reading(visit) as unit:
            detail = await office.desk.credentials.get(unit, credential_id)
        return office.pages.answer(
            request,
            "credentialing/credential.html",
            listed=detail.listed,
            title=TITLES[detail.listed.credential.kind],
            badge=badge_of(detail.listed),
            facts=facts_of(detail.listed),
            document=link_in(detail.listed.credential.document_reference),
            renewals=[renewal_line(renewal) for renewal in detail.renewals],
            own=page_of(credential_id),
            board=address(board_of(detail.listed.credential.provider_id), tab="credentials"),
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    async def found(visit: Visit, credential_id: str) -> ListedCredential:
        async with office.reading(visit) as unit:
            return (await office.desk.credentials.get(unit, credential_id)).listed

    def form_of(request: Request, listed: ListedCredential, form: Form, status: int = HTTPStatus.OK) -> Response:
        return office.pages.answer(
            request,
            "credentialing/credential_form.html",
            status=status,
            form=form,
            provider=None,
            listed=listed,
            kinds=KINDS,
        )

    @router.get(f"{_ONE}/edit")
    async def edit(request: Request, visit: Manager, credential_id: str) -> Response:
        listed = await found(visit, credential_id)
        return form_of(request, listed, edited(typed_of(listed.credential)))

    @router.post(_ONE)
    async def change(request: Request, visit: Manager, credential_id: str) -> Response:
        listed = await found(visit, credential_id)
        try:
            async with office.writing(visit) as unit:
                kept = await office.desk.credentials.get(unit, credential_id, to_change=True)
                must_be_as_seen(visit.form, typed_of(kept.listed.credential))
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                await office.desk.credentials.update(unit, credential_id, change_in(fields), visit.actor())
        except InvalidInput as error:
            return form_of(request, listed, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except ChangedMeanwhile as error:
            return form_of(request, listed, refused(visit.form, error), HTTPStatus.CONFLICT)
        return RedirectResponse(address(page_of(credential_id), done="credential-changed"), HTTPStatus.SEE_OTHER)

    return router


def credential_archive(office: Office) -> APIRouter:
    """How a record goes."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{_ONE}/archive")
    async def asked(request: Request, visit: Manager, credential_id: str) -> Response:
        async with office.reading(visit) as unit:
            listed = (await office.desk.credentials.get(unit, credential_id)).listed
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Archive Credential",
            consequence="The credential leaves the lists, and nobody is told when it expires. Its renewals stay.",
            subject=f"{TITLES[listed.credential.kind]} {listed.credential.number} of {listed.provider_name}",
            action=f"{page_of(credential_id)}/archive",
            back=page_of(credential_id),
            verb="Archive",
        )

    @router.post(f"{_ONE}/archive")
    async def archive(visit: Manager, credential_id: str) -> Response:
        async with office.writing(visit) as unit:
            listed = (await office.desk.credentials.get(unit, credential_id)).listed
            await office.desk.credentials.archive(unit, credential_id, visit.actor())
        back = address(board_of(listed.credential.provider_id), tab="credentials", done="credential-archived")
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)

    return router
