"""`/api/admin/payers`: payers, how credentialing goes with them, and what speaks for choosing them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import Payer, PayerChange, PayerDraft, PayerFilter
from gate.credentialing.model.selection import PayerSort, PayerStanding, PayerStatistics, SelectionFilter
from gate.credentialing.model.workflows import Workflow, WorkflowDraft, WorkflowType
from gate.page_tokens import LARGEST_PAGE
from gate.web.api.admitted import AdminApi, Manager, OfProvider, Paged, Search, Viewer
from gate.web.api.bodies import Removed, answer, page_answer, reads


def _selection(
    provider_id: OfProvider = "",
    search: Annotated[str, Query(description="A part of the name")] = "",
    workflow: WorkflowType | None = None,
    standing: PayerStanding | None = None,
    sort: PayerSort = PayerSort.NAME,
    descending: Annotated[bool, Query(description="From the most to the least, or from Z to A")] = False,
) -> SelectionFilter:
    return SelectionFilter(
        provider_id=provider_id,
        search=search,
        workflow_type=workflow,
        standing=standing,
        sort=sort,
        is_descending=descending,
    )


def payer_routes(api: AdminApi) -> APIRouter:
    """The routes."""
    router, desk, described = APIRouter(prefix="/api/admin/payers", tags=["payers"]), api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=Payer))
    async def list_payers(visit: Viewer, page: Paged, search: Search = "") -> Response:
        """Payers by name; `search` is the beginning of one."""
        async with api.reading(visit) as unit:
            return page_answer(await desk.payers.list(unit, PayerFilter(search=search), page))

    @router.post("", openapi_extra=described.operation(gives=Payer, takes=PayerDraft))
    async def create_payer(visit: Manager, draft: Annotated[PayerDraft, Depends(reads(PayerDraft))]) -> Response:
        """Add a payer."""
        async with api.writing(visit) as unit:
            return answer(await desk.payers.create(unit, draft, visit.actor()))

    @router.get("/selection-stats", openapi_extra=described.operation(lists=PayerStatistics))
    async def selection_stats(
        visit: Viewer, page: Paged, wanted: Annotated[SelectionFilter, Depends(_selection)]
    ) -> Response:
        """Payers with what speaks for them; with `providerId`, how provider and payer stand to each other."""
        begins = PageRequest(page.size or LARGEST_PAGE, page.token)
        async with api.reading(visit) as unit:
            return page_answer(await desk.selection.statistics(unit, wanted, begins))

    @router.get("/{payer_id}", openapi_extra=described.operation(gives=Payer))
    async def get_payer(visit: Viewer, payer_id: str) -> Response:
        """One payer."""
        async with api.reading(visit) as unit:
            return answer(await desk.payers.get(unit, payer_id))

    @router.patch("/{payer_id}", openapi_extra=described.operation(gives=Payer, takes=PayerChange))
    async def update_payer(
        visit: Manager, payer_id: str, change: Annotated[PayerChange, Depends(reads(PayerChange))]
    ) -> Response:
        """Change what is named."""
        async with api.writing(visit) as unit:
            return answer(await desk.payers.update(unit, payer_id, change, visit.actor()))

    @router.delete("/{payer_id}", openapi_extra=described.operation(gives=Removed))
    async def archive_payer(visit: Manager, payer_id: str) -> Response:
        """Archive a payer; what refers to it stays."""
        async with api.writing(visit) as unit:
            await desk.payers.archive(unit, payer_id, visit.actor())
        return answer(Removed(payer_id))

    @router.get("/{payer_id}/workflow", openapi_extra=described.operation(gives=Workflow))
    async def get_workflow(visit: Viewer, payer_id: str) -> Response:
        """How credentialing goes with the payer."""
        async with api.reading(visit) as unit:
            return answer(await desk.payers.workflow(unit, payer_id))

    @router.put("/{payer_id}/workflow", openapi_extra=described.operation(gives=Workflow, takes=WorkflowDraft))
    async def put_workflow(
        visit: Manager, payer_id: str, draft: Annotated[WorkflowDraft, Depends(reads(WorkflowDraft))]
    ) -> Response:
        """Say how credentialing goes with the payer, in place of what was said before."""
        async with api.writing(visit) as unit:
            return answer(await desk.payers.put_workflow(unit, payer_id, draft, visit.actor()))

    @router.delete("/{payer_id}/workflow", openapi_extra=described.operation(gives=Removed))
    async def drop_workflow(visit: Manager, payer_id: str) -> Response:
        """Take back how credentialing goes with the payer."""
        async with api.writing(visit) as unit:
            await desk.payers.drop_workflow(unit, payer_id, visit.actor())
        return answer(Removed(payer_id))

    return router
