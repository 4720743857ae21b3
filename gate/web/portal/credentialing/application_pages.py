"""Applications: the pipeline, one of them with its history, and how it moves on."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.applications import (
    ApplicationDetail,
    ApplicationFilter,
    ApplicationStatus,
    ListedApplication,
)
from gate.credentialing.model.paging import PageRequest
from gate.errors import InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.application_form import change_in
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.applications import (
    APPLICATIONS,
    NOTHING,
    NOTHING_YET,
    OVERDUE,
    STATUSES,
    TABS,
    events,
    facts_of,
    filter_of,
    line_of,
    page_of,
    stages,
    typed_of,
)
from gate.web.portal.credentialing.views.badges import APPLICATION

_ONE = f"{APPLICATIONS}/{{application_id}}"


def application_list(office: Office) -> APIRouter:
    """The pipeline."""
    router = APIRouter(include_in_schema=False)

    @router.get(APPLICATIONS)
    async def applications(
        request: Request,
        visit: Viewer,
        status: Annotated[str, Query(max_length=20)] = "",
        token: Token = "",
        done: Done = "",
    ) -> Response:
        chosen = status if status in {OVERDUE, *ApplicationStatus} else ""
        wanted = filter_of(chosen)
        async with office.reading(visit) as unit:
            page = await office.desk.applications.list(unit, wanted, PageRequest(token=token))
            summary = await office.desk.reports.pipeline(unit)
        return office.pages.answer(
            request,
            "credentialing/applications.html",
            tabs=TABS,
            lines=[line_of(listed) for listed in page.items],
            stages=stages(chosen, summary),
            empty=NOTHING if chosen or token else NOTHING_YET,
            first=address(APPLICATIONS, status=chosen) if token else "",
            following=address(APPLICATIONS, status=chosen, page=page.next_page_token) if page.next_page_token else "",
            export=exported(APPLICATIONS, status=chosen),
            notice=notice_of(done),
        )

    return router


def application_pages(office: Office) -> APIRouter:
    """One application."""
    router = APIRouter(include_in_schema=False)

    async def found(unit: UnitOfWork, application_id: str) -> tuple[ApplicationDetail, ListedApplication]:
        detail = await office.desk.applications.get(unit, application_id)
        # Of a provider and a payer there is one at most: the list of the two holds it, with their names.
        both = ApplicationFilter(provider_id=detail.application.provider_id, payer_id=detail.application.payer_id)
        (listed,) = (await office.desk.applications.list(unit, both)).items
        return detail, listed

    async def form_of(
        request: Request, visit: Visit, application_id: str, form: Form | None = None, status: int = HTTPStatus.OK
    ) -> Response:
        async with office.reading(visit) as unit:
            detail, listed = await found(unit, application_id)
        return office.pages.answer(
            request,
            "credentialing/application_form.html",
            status=status,
            form=form or edited(typed_of(detail.application)),
            listed=listed,
            own=page_of(application_id),
            statuses=STATUSES,
        )

    @router.get(_ONE)
    async def one(request: Request, visit: Viewer, application_id: str, done: Done = "") -> Response:
        async with office.reading(visit) as unit:
            detail, listed = await found(unit, application_id)
        return office.pages.answer(
            request,
            "credentialing/application.html",
            listed=listed,
            standing=APPLICATION[detail.application.application_status],
            facts=facts_of(listed),
            events=events(detail.history),
            own=page_of(application_id),
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    @router.get(f"{_ONE}/edit")
    async def edit(request: Request, visit: Manager, application_id: str) -> Response:
        return await form_of(request, visit, application_id)

    @router.post(_ONE)
    async def change(request: Request, visit: Manager, application_id: str) -> Response:
        try:
            async with office.writing(visit) as unit:
                before = (await office.desk.applications.get(unit, application_id, to_change=True)).application
                must_be_as_seen(visit.form, typed_of(before))
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                wanted = change_in(fields, before.application_status)
                after = await office.desk.applications.update(unit, application_id, wanted, visit.actor())
        except InvalidInput as error:
            return await form_of(request, visit, application_id, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        except (PreconditionFailed, ChangedMeanwhile) as error:
            return await form_of(request, visit, application_id, refused(visit.form, error), HTTPStatus.CONFLICT)
        is_approved = after.application.application_status is ApplicationStatus.APPROVED
        is_new = is_approved and before.application_status is not ApplicationStatus.APPROVED
        done = "application-approved" if is_new else "application-changed"
        return RedirectResponse(address(page_of(application_id), done=done), HTTPStatus.SEE_OTHER)

    return router


def application_archive(office: Office) -> APIRouter:
    """How an application goes."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{_ONE}/archive")
    async def asked(request: Request, visit: Manager, application_id: str) -> Response:
        async with office.reading(visit) as unit:
            detail = await office.desk.applications.get(unit, application_id)
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Archive Application",
            consequence="The application and its tasks leave the lists. Contracts and enrollments stay.",
            subject=APPLICATION[detail.application.application_status].words,
            action=f"{page_of(application_id)}/archive",
            back=page_of(application_id),
            verb="Archive",
        )

    @router.post(f"{_ONE}/archive")
    async def archive(visit: Manager, application_id: str) -> Response:
        async with office.writing(visit) as unit:
            await office.desk.applications.archive(unit, application_id, visit.actor())
        return RedirectResponse(address(APPLICATIONS, done="application-archived"), HTTPStatus.SEE_OTHER)

    return router
