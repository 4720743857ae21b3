"""Calls about enrollments."""

from gate.auth.permissions import Permission
from gate.credentialing.model.enrollments import EnrollmentChange, EnrollmentDraft, EnrollmentFilter
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import change_in, message_of, messages_of, record_in
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class EnrollmentCalls(DeskCalls):
    """Enrollments."""

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CreateEnrollment(  # noqa: N802 - the contract's name
        self, request: pb.CreateEnrollmentRequest, call: Call
    ) -> pb.CreateEnrollmentResponse:
        """A new record."""
        draft = record_in(request.enrollment, EnrollmentDraft, "enrollment")
        async with self._writing(call) as unit:
            kept = await self._desk.enrollments.create(unit, draft, call.actor())
        return pb.CreateEnrollmentResponse(enrollment=message_of(kept, pb.ProviderEnrollment()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetEnrollment(  # noqa: N802 - the contract's name
        self, request: pb.GetEnrollmentRequest, call: Call
    ) -> pb.GetEnrollmentResponse:
        """One record."""
        async with self._reading(call) as unit:
            found = await self._desk.enrollments.get(unit, request.enrollment_id)
        return pb.GetEnrollmentResponse(enrollment=message_of(found, pb.ListedEnrollment()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdateEnrollment(  # noqa: N802 - the contract's name
        self, request: pb.UpdateEnrollmentRequest, call: Call
    ) -> pb.UpdateEnrollmentResponse:
        """Changes what the mask names."""
        change = change_in(request.enrollment, request.update_mask, EnrollmentChange, "enrollment")
        async with self._writing(call) as unit:
            kept = await self._desk.enrollments.update(unit, request.enrollment.id, change, call.actor())
        return pb.UpdateEnrollmentResponse(enrollment=message_of(kept, pb.ProviderEnrollment()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ArchiveEnrollment(  # noqa: N802 - the contract's name
        self, request: pb.ArchiveEnrollmentRequest, call: Call
    ) -> pb.ArchiveEnrollmentResponse:
        """Lists pass over the record from now on."""
        async with self._writing(call) as unit:
            await self._desk.enrollments.archive(unit, request.enrollment_id, call.actor())
        return pb.ArchiveEnrollmentResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListEnrollments(  # noqa: N802 - the contract's name
        self, request: pb.ListEnrollmentsRequest, call: Call
    ) -> pb.ListEnrollmentsResponse:
        """In pages."""
        wanted = record_in(request, EnrollmentFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.enrollments.list(unit, wanted, page_in(request))
        return pb.ListEnrollmentsResponse(
            enrollments=messages_of(found.items, pb.ListedEnrollment), next_page_token=found.next_page_token
        )
