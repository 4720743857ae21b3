"""One enrollment: shown, added, changed and archived."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.enrollments import EnrollmentStatus, ListedEnrollment
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import PayerFilter
from gate.credentialing.model.providers import ProviderFilter
from gate.errors import InvalidInput
from gate.page_tokens import LARGEST_PAGE
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.enrollment_form import change_in, draft_in, the_one_meant
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.badges import ENROLLMENT
from gate.web.portal.credentialing.views.enrollments import ARCHIVING, LIST, STATUSES, facts_of, page_of, typed_of

_ALL = f"{LIST}/enrollments"
_ONE = f"{LIST}/enrollments/{{enrollment_id}}"
_SUGGESTED = 200
"""Providers whose NPIs the form offers as one types."""


def new_enrollment_pages(office: Office) -> APIRouter:
    """The routes by which a record begins."""
    router = APIRouter(include_in_schema=False)

    async def shown(request: Request, visit: Visit, form: Form, status: int = HTTPStatus.OK) -> Response:
        async with office.reading(visit) as unit:
            payers = await office.desk.payers.list(unit, PayerFilter(), PageRequest(LARGEST_PAGE))
            providers = await office.desk.providers.list(unit, ProviderFilter(), PageRequest(_SUGGESTED))
        return office.pages.answer(
            request,
            "credentialing/enrollment_new.html",
            status=status,
            form=form,
            payers=payers.items,
            providers=providers.items,
            statuses=STATUSES[1:],
        )

    @router.get(f"{_ALL}/new")
    async def new(request: Request, visit: Manager, provider: Annotated[str, Query(max_length=200)] = "") -> Response:
        return await shown(request, visit, Form({"status": EnrollmentStatus.PENDING.value, "provider": provider}))

    @router.post(_ALL)
    async def add(request: Request, visit: Manager) -> Response:
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                wanted = ProviderFilter(search=fields.text("provider"))
                found = await office.desk.providers.list(unit, wanted, PageRequest(5))
                draft = draft_in(fields, the_one_meant(fields, found.items))
                added = await office.desk.enrollments.create(unit, draft, visit.actor())
        except InvalidInput as error:
            return await shown(request, visit, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        return RedirectResponse(address(page_of(added.id), done="enrollment-added"), HTTPStatus.SEE_OTHER)

    return router


def enrollment_pages(office: Office) -> APIRouter:
    """The routes of a record that is there."""
    router = APIRouter(include_in_schema=False)

    async def found(visit: Visit, enrollment_id: str) -> ListedEnrollment:
        async with office.reading(visit) as unit:
            return await office.desk.enrollments.get(unit, enrollment_id)

    @router.get(_ONE)
    async def one(request: Request, visit: Viewer, enrollment_id: str, done: Done = "") -> Response:
        async with office.reading(visit) as unit:
            listed = await office.desk.enrollments.get(unit, enrollment_id)
            today = await office.desk.payers.today(unit)
        return office.pages.answer(
            request,
            "credentialing/enrollment.html",
            listed=listed,
            standing=ENROLLMENT[listed.enrollment.status],
            facts=facts_of(listed, today),
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    @router.get(f"{_ONE}/edit")
    async def edit(request: Request, visit: Manager, enrollment_id: str) -> Response:
        listed = await found(visit, enrollment_id)
        return form_of(request, listed, edited(typed_of(listed)))

    @router.post(_ONE)
    async def change(request: Request, visit: Manager, enrollment_id: str) -> Response:
        listed = await found(visit, enrollment_id)
        try:
            async with office.writing(visit) as unit:
                must_be_as_seen(
                    visit.form, typed_of(await office.desk.enrollments.get(unit, enrollment_id, to_change=True))
                )
                wanted = change_in(Fields(visit.form, await office.desk.payers.today(unit)))
                await office.desk.enrollments.update(unit, enrollment_id, wanted, visit.actor())
        except InvalidInput as error:
            return form_of(request, listed, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except ChangedMeanwhile as error:
            return form_of(request, listed, refused(visit.form, error), HTTPStatus.CONFLICT)
        return RedirectResponse(address(page_of(enrollment_id), done="enrollment-changed"), HTTPStatus.SEE_OTHER)

    @router.get(f"{_ONE}/archive")
    async def asked(request: Request, visit: Manager, enrollment_id: str) -> Response:
        listed = await found(visit, enrollment_id)
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title=ARCHIVING[0],
            consequence=ARCHIVING[1],
            subject=f"{listed.provider_name} with {listed.payer_name}",
            action=f"{page_of(enrollment_id)}/archive",
            back=page_of(enrollment_id),
            verb="Archive",
        )

    @router.post(f"{_ONE}/archive")
    async def archive(visit: Manager, enrollment_id: str) -> Response:
        async with office.writing(visit) as unit:
            await office.desk.enrollments.archive(unit, enrollment_id, visit.actor())
        return RedirectResponse(address(LIST, done="enrollment-archived"), HTTPStatus.SEE_OTHER)

    def form_of(request: Request, listed: ListedEnrollment, form: Form, status: int = HTTPStatus.OK) -> Response:
        return office.pages.answer(
            request,
            "credentialing/enrollment_edit.html",
            status=status,
            form=form,
            listed=listed,
            statuses=STATUSES[1:],
        )

    return router
