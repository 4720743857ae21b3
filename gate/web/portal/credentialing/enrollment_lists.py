"""The enrollments of an organisation's providers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gate.credentialing.model.paging import PageRequest
from gate.web.portal.credentialing.admission import Viewer, may_manage
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, Search, Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.enrollments import (
    LIST,
    NO_MATCH,
    NOTHING_YET,
    STATUSES,
    line_of,
    wanted_of,
)


def enrollment_lists(office: Office) -> APIRouter:
    """The route."""
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
        wanted = wanted_of(search, status)
        known = wanted.status.value if wanted.status is not None else ""
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
            export=exported(LIST, search=search, status=known),
            may_manage=may_manage(visit),
            notice=notice_of(done),
        )

    return router
