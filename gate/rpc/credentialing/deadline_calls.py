"""Calls about deadlines."""

from gate.auth.permissions import Permission
from gate.credentialing.model.enrollments import DeadlineFilter
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import day_of, message_of, messages_of, record_in
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class DeadlineCalls(DeskCalls):
    """Enrollments that have to be renewed, and what somebody does about it."""

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListDeadlines(  # noqa: N802 - the contract's name
        self, request: pb.ListDeadlinesRequest, call: Call
    ) -> pb.ListDeadlinesResponse:
        """In pages."""
        wanted = record_in(request, DeadlineFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.enrollments.deadlines(unit, page_in(request), wanted)
        return pb.ListDeadlinesResponse(
            deadlines=messages_of(found.items, pb.Deadline), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_MANAGE)
    async def AssignDeadlines(  # noqa: N802 - the contract's name
        self, request: pb.AssignDeadlinesRequest, call: Call
    ) -> pb.AssignDeadlinesResponse:
        """Gives them to somebody."""
        ids = tuple(request.enrollment_ids)
        async with self._writing(call) as unit:
            await self._desk.deadlines.assign(unit, ids, request.coordinator, call.actor())
        return pb.AssignDeadlinesResponse()

    @unary(Permission.CREDENTIALING_MANAGE)
    async def SnoozeDeadlines(  # noqa: N802 - the contract's name
        self, request: pb.SnoozeDeadlinesRequest, call: Call
    ) -> pb.SnoozeDeadlinesResponse:
        """The deadlines pass over them for a while."""
        ids, until = tuple(request.enrollment_ids), day_of(request, "until")
        async with self._writing(call) as unit:
            await self._desk.deadlines.snooze(unit, ids, until, call.actor())
        return pb.SnoozeDeadlinesResponse()

    @unary(Permission.CREDENTIALING_MANAGE)
    async def StartReverification(  # noqa: N802 - the contract's name
        self, request: pb.StartReverificationRequest, call: Call
    ) -> pb.StartReverificationResponse:
        """Opens what it takes to renew an enrollment."""
        async with self._writing(call) as unit:
            kept = await self._desk.deadlines.start_reverification(unit, request.enrollment_id, call.actor())
        return message_of(kept, pb.StartReverificationResponse())
