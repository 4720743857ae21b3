"""Contracts held against Medicaid enrollment."""

from fastapi import APIRouter, Request, Response

from gate.credentialing.model.paging import PageRequest
from gate.web.portal.credentialing.admission import Viewer
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.mismatches import MISMATCHES, NOTHING, NOTHING_HERE, mismatch_line


def mismatch_pages(office: Office) -> APIRouter:
    """The route."""
    router = APIRouter(include_in_schema=False)

    @router.get(MISMATCHES)
    async def mismatches(request: Request, visit: Viewer, token: Token = "") -> Response:
        page = await office.desk.reconciliation.page(visit.principal.tenant, visit.actor(), PageRequest(token=token))
        return office.pages.answer(
            request,
            "credentialing/mismatches.html",
            lines=[mismatch_line(each) for each in page.items],
            empty=NOTHING_HERE if page.next_page_token else NOTHING,
            export=exported(MISMATCHES),
            first=MISMATCHES if token else "",
            following=address(MISMATCHES, page=page.next_page_token) if page.next_page_token else "",
        )

    return router
