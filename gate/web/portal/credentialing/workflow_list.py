"""How credentialing goes with each payer, in one list."""

from fastapi import APIRouter, Request, Response

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import PayerFilter
from gate.web.portal.credentialing.admission import Viewer, may_manage
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Search, Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.payer_table import NO_PAYERS
from gate.web.portal.credentialing.views.payers import NO_MATCH
from gate.web.portal.credentialing.views.workflows import WORKFLOWS, workflow_row


def workflow_list(office: Office) -> APIRouter:
    """The route."""
    router = APIRouter(include_in_schema=False)

    @router.get(WORKFLOWS)
    async def workflows(request: Request, visit: Viewer, search: Search = "", token: Token = "") -> Response:
        async with office.reading(visit) as unit:
            page = await office.desk.payers.list(unit, PayerFilter(search=search), PageRequest(token=token))
            said = await office.desk.payers.workflows(unit, [payer.id for payer in page.items])
        return office.pages.answer(
            request,
            "credentialing/workflows.html",
            lines=[workflow_row(payer, said.get(payer.id)) for payer in page.items],
            empty=NO_MATCH if search or token else NO_PAYERS,
            search=search,
            export=exported(WORKFLOWS, search=search),
            first=address(WORKFLOWS, search=search) if token else "",
            following=address(WORKFLOWS, search=search, page=page.next_page_token) if page.next_page_token else "",
            may_manage=may_manage(visit),
        )

    return router
