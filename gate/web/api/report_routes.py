"""Figures, feeds and mismatches at `/api/admin`."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from gate.credentialing.model.library import LIBRARY, WorkflowTemplate
from gate.credentialing.model.reconciliation import Mismatch
from gate.credentialing.model.reports import PayerDurations, PipelineSummary
from gate.web.api.admitted import AdminApi, Paged, Viewer
from gate.web.api.bodies import answer, page_answer

_CALENDAR: Final = "text/calendar"


def report_routes(api: AdminApi) -> APIRouter:
    """The routes."""
    router, desk, described = APIRouter(prefix="/api/admin", tags=["reports"]), api.desk, api.described

    @router.get("/credentialing-pipeline", openapi_extra=described.operation(gives=PipelineSummary))
    async def pipeline(visit: Viewer) -> Response:
        """How many applications stand where."""
        async with api.reading(visit) as unit:
            return answer(await desk.reports.pipeline(unit))

    @router.get("/credentialing-durations", openapi_extra=described.operation(lists=PayerDurations))
    async def durations(visit: Viewer, page: Paged) -> Response:
        """Payers by name, each with how long applications to it stood where."""
        async with api.reading(visit) as unit:
            return page_answer(await desk.reports.durations(unit, page))

    @router.get(
        "/credentialing-workflow-templates", openapi_extra=described.operation(gives=Sequence[WorkflowTemplate])
    )
    async def workflow_templates(_visit: Viewer) -> Response:
        """Workflows to begin with, for common kinds of payers."""
        return answer(LIBRARY)

    @router.get(
        "/credentialing-calendar.ics",
        response_class=Response,
        openapi_extra=described.file(_CALENDAR),
    )
    async def calendar(visit: Viewer, coordinator: Annotated[str, Query()] = "") -> Response:
        """What somebody has to do and to renew; without `coordinator`, the caller."""
        async with api.reading(visit) as unit:
            text = await desk.reports.calendar(unit, coordinator or visit.principal.subject)
        return Response(text, media_type=_CALENDAR)

    @router.get("/credentialing-mismatches", openapi_extra=described.operation(lists=Mismatch))
    async def list_mismatches(visit: Viewer, page: Paged) -> Response:
        """Contracts held against Medicaid enrollment, for a page of providers; an empty page may not be the last."""
        return page_answer(await desk.reconciliation.page(visit.principal.tenant, visit.actor(), page))

    return router
