"""Renewals of credentials: uploaded, and reviewed before anything is overwritten (rows R32, R33)."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.credentials import ListedCredential, ListedRenewal
from gate.errors import Conflict, InvalidInput
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.credential_form import renewal_in
from gate.web.portal.credentialing.fields import Fields, Form, refused
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.credentials import CREDENTIALS, TITLES, page_of, renewal_line, review_line

_RENEW = f"{CREDENTIALS}/{{credential_id}}/renew"
_ONE = f"{CREDENTIALS}/renewals/{{renewal_id}}"
_WAITS = Conflict("a renewal of this credential waits for its review: review that one first")


def renewal_form(office: Office) -> APIRouter:
    """How a renewed document comes in."""
    router = APIRouter(include_in_schema=False)

    async def found(visit: Visit, credential_id: str) -> ListedCredential:
        async with office.reading(visit) as unit:
            return (await office.desk.credentials.get(unit, credential_id)).listed

    def shown(request: Request, listed: ListedCredential, form: Form, status: int = HTTPStatus.OK) -> Response:
        return office.pages.answer(
            request,
            "credentialing/renewal_form.html",
            status=status,
            form=form,
            listed=listed,
            title=TITLES[listed.credential.kind],
            own=page_of(listed.credential.id),
        )

    @router.get(_RENEW)
    async def new(request: Request, visit: Manager, credential_id: str) -> Response:
        listed = await found(visit, credential_id)
        return shown(request, listed, Form({"number": listed.credential.number, "issuer": listed.credential.issuer}))

    @router.post(_RENEW)
    async def submit(request: Request, visit: Manager, credential_id: str) -> Response:
        listed = await found(visit, credential_id)
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                await office.desk.renewals.submit(unit, credential_id, renewal_in(fields), visit.actor())
        except InvalidInput as error:
            return shown(request, listed, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except Conflict:
            return shown(request, listed, refused(visit.form, _WAITS), HTTPStatus.CONFLICT)
        return RedirectResponse(address(page_of(credential_id), done="renewal-submitted"), HTTPStatus.SEE_OTHER)

    return router


def review_pages(office: Office) -> APIRouter:
    """One renewal beside what it would overwrite."""
    router = APIRouter(include_in_schema=False)

    async def found(unit: UnitOfWork, renewal_id: str) -> ListedRenewal:
        return await office.desk.renewals.get(unit, renewal_id)

    async def shown(
        request: Request, visit: Visit, renewal_id: str, form: Form, status: int = HTTPStatus.OK
    ) -> Response:
        async with office.reading(visit) as unit:
            listed = await found(unit, renewal_id)
        return office.pages.answer(
            request,
            "credentialing/renewal.html",
            status=status,
            form=form,
            line=review_line(listed),
            standing=renewal_line(listed.renewal),
            back=page_of(listed.credential.id),
            may_manage=may_manage(visit),
        )

    @router.get(_ONE)
    async def one(request: Request, visit: Viewer, renewal_id: str) -> Response:
        return await shown(request, visit, renewal_id, Form({}))

    @router.post(f"{_ONE}/approve")
    async def approve(visit: Manager, renewal_id: str) -> Response:
        async with office.writing(visit) as unit:
            credential = await office.desk.renewals.approve(unit, renewal_id, visit.actor())
        return RedirectResponse(address(page_of(credential.id), done="renewal-approved"), HTTPStatus.SEE_OTHER)

    @router.post(f"{_ONE}/reject")
    async def reject(request: Request, visit: Manager, renewal_id: str) -> Response:
        reason = visit.form.get("reason", "")
        try:
            async with office.writing(visit) as unit:
                renewal = await office.desk.renewals.reject(unit, renewal_id, reason, visit.actor())
        except InvalidInput as error:
            return await shown(request, visit, renewal_id, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        done = address(page_of(renewal.credential_id), done="renewal-rejected")
        return RedirectResponse(done, HTTPStatus.SEE_OTHER)

    return router
