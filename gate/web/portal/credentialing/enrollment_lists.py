"""The enrollments of an organisation's providers, and those that have to be renewed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gate.credentialing.model.enrollments import EnrollmentFilter, EnrollmentStatus
from gate.credentialing.model.paging import PageRequest
from gate.web.portal.credentialing.admission import Viewer, may_manage
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, Search, Token
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.enrollments import (
    DEADLINES,
    LIST,
    NO_MATCH,
    NOTHING_DUE,
    NOTHING_YET,
    STATUSES,
    deadline_line,
    line_of,
)


def enrollment_lists(office: Office) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(LIST)
    async def enrollments(
        request: Request,
        visit: Viewer,
        search: Search = "",
        status: Annotated[str, Query(max_length=20)] = "",
        token: Token = "",
        done: Done = "",
    ) -> Response:
        known = status if status in set(EnrollmentStatus) else ""
        wanted = EnrollmentFilter(search=search, status=EnrollmentStatus(known) if known else None)
        async with office.reading(visit) as unit:
            page = await office.desk.enrollments.list(unit, wanted, PageRequest(token=token))
        return office.pages.answer(
            request,
            "credentialing/enrollments.html",
            lines=[line_of(listed) for listed in page.items],
            empty=NO_MATCH if search or known or token else NOTHING_YET,
            search=search,
            chosen=known,
            statuses=STATUSES,
            first=address(LIST, search=search, status=known) if token else "",
            following=address(LIST, search=search, status=known, page=page.next_page_token)
            if page.next_page_token
            else "",
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    @router.get(DEADLINES)
    async def deadlines(request: Request, visit: Viewer, token: Token = "", done: Done = "") -> Response:
        async with office.reading(visit) as unit:
            page = await office.desk.enrollments.deadlines(unit, PageRequest(token=token))
            preferences = await office.desk.payers.preferences(unit)
            today = await office.desk.payers.today(unit)
        return office.pages.answer(
            request,
            "credentialing/deadlines.html",
            lines=[deadline_line(deadline) for deadline in page.items],
            empty=NOTHING_DUE,
            lead_days=preferences.recred_alert_lead_days,
            today=today,
            may_manage=may_manage(visit),
            notice=notice_of(done),
            first=DEADLINES if token else "",
            following=address(DEADLINES, page=page.next_page_token) if page.next_page_token else "",
        )

    return router
