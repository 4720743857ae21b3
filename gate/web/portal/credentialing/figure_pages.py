"""How long applications take."""

from fastapi import APIRouter, Request, Response

from gate.credentialing.model.paging import PageRequest
from gate.web.portal.credentialing.admission import Viewer
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.applications import FIGURES, TABS
from gate.web.portal.credentialing.views.figures import NOTHING, figure_lines


def figure_pages(office: Office) -> APIRouter:
    """The route."""
    router = APIRouter(include_in_schema=False)

    @router.get(FIGURES)
    async def figures(request: Request, visit: Viewer, token: Token = "") -> Response:
        async with office.reading(visit) as unit:
            page = await office.desk.reports.durations(unit, PageRequest(token=token))
        return office.pages.answer(
            request,
            "credentialing/figures.html",
            lines=figure_lines(page.items),
            tabs=TABS,
            empty=NOTHING,
            export=exported(FIGURES),
            first=FIGURES if token else "",
            following=address(FIGURES, page=page.next_page_token) if page.next_page_token else "",
        )

    return router
