"""Calls about figures, feeds and mismatches."""

from gate.auth.permissions import Permission
from gate.credentialing.model.library import LIBRARY
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import message_of, messages_of
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class ReportCalls(DeskCalls):
    """Figures about applications, a calendar, and contracts held against Medicaid enrollment."""

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetPipelineSummary(  # noqa: N802 - the contract's name
        self, _request: pb.GetPipelineSummaryRequest, call: Call
    ) -> pb.GetPipelineSummaryResponse:
        """How many applications stand where."""
        async with self._reading(call) as unit:
            found = await self._desk.reports.pipeline(unit)
        return pb.GetPipelineSummaryResponse(summary=message_of(found, pb.PipelineSummary()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListDurations(  # noqa: N802 - the contract's name
        self, request: pb.ListDurationsRequest, call: Call
    ) -> pb.ListDurationsResponse:
        """How long applications stood where."""
        async with self._reading(call) as unit:
            found = await self._desk.reports.durations(unit, page_in(request))
        return pb.ListDurationsResponse(
            payers=messages_of(found.items, pb.PayerDurations), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListWorkflowTemplates(  # noqa: N802 - the contract's name
        self, _request: pb.ListWorkflowTemplatesRequest, _call: Call
    ) -> pb.ListWorkflowTemplatesResponse:
        """The library."""
        return pb.ListWorkflowTemplatesResponse(templates=messages_of(LIBRARY, pb.WorkflowTemplate))

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetCalendar(  # noqa: N802 - the contract's name
        self, request: pb.GetCalendarRequest, call: Call
    ) -> pb.GetCalendarResponse:
        """What somebody has to do."""
        async with self._reading(call) as unit:
            return pb.GetCalendarResponse(calendar=await self._desk.reports.calendar(unit, request.coordinator))

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListMismatches(  # noqa: N802 - the contract's name
        self, request: pb.ListMismatchesRequest, call: Call
    ) -> pb.ListMismatchesResponse:
        """Contracts held against Medicaid enrollment."""
        found = await self._desk.reconciliation.page(call.principal.tenant, call.actor(), page_in(request))
        return pb.ListMismatchesResponse(
            mismatches=messages_of(found.items, pb.Mismatch), next_page_token=found.next_page_token
        )
