"""The service `AuditLog`: who did what, when, and that nobody changed it since."""

from collections.abc import AsyncIterator
from typing import ClassVar

from gate.audit.export import header, lines
from gate.audit.log import AuditLog
from gate.audit.reading import AuditReader, refuse_unfit_filter
from gate.auth.permissions import Permission
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import Database
from gate.rpc.audit_messages import anchor_message, anchors_in, entry_message, filter_in, verdict_message
from gate.rpc.audit_records import AuditRecords
from gate.rpc.door import Call, Door, streaming, unary
from gate.rpc.enums import EXPORT_FORMATS
from gate.v1 import audit_log_pb2, audit_log_pb2_grpc


class AuditLogService(audit_log_pb2_grpc.AuditLogServicer):
    """Reads the log of the caller's tenant. Nothing is answered before it is recorded that it was asked."""

    service: ClassVar = audit_log_pb2.DESCRIPTOR.services_by_name["AuditLog"]

    def __init__(
        self, door: Door, database: Database, log: AuditLog, reader: AuditReader, records: AuditRecords
    ) -> None:
        self.door = door
        self._database = database
        self._log = log
        self._reader = reader
        self._records = records

    @unary(Permission.AUDIT_VIEW)
    async def ListEntries(  # noqa: N802 - the contract's name
        self, request: audit_log_pb2.ListEntriesRequest, call: Call
    ) -> audit_log_pb2.ListEntriesResponse:
        """Newest first, in pages."""
        wanted = filter_in(request.filter)
        async with self._database.writing(call.principal.tenant) as unit:
            page = await self._reader.newest(unit, wanted, page_size=request.page_size, page_token=request.page_token)
            await self._records.log_read(unit, call, wanted, entries=len(page.entries))
        return audit_log_pb2.ListEntriesResponse(
            entries=map(entry_message, page.entries), next_page_token=page.next_page_token
        )

    @unary(Permission.AUDIT_VIEW)
    async def VerifyChain(  # noqa: N802 - the contract's name
        self, request: audit_log_pb2.VerifyChainRequest, call: Call
    ) -> audit_log_pb2.VerifyChainResponse:
        """The whole log, read in pieces."""
        tenant = call.principal.tenant
        verdict = await self._reader.verify(tenant, anchors_in(request.anchors))
        async with self._database.writing(tenant) as unit:
            await self._records.log_verified(unit, call, verdict)
        return verdict_message(verdict)

    @unary(Permission.AUDIT_VIEW)
    async def GetAnchor(  # noqa: N802 - the contract's name
        self, _request: audit_log_pb2.GetAnchorRequest, call: Call
    ) -> audit_log_pb2.GetAnchorResponse:
        """The entry that records this call."""
        async with self._database.writing(call.principal.tenant) as unit:
            await self._records.log_anchored(unit, call)
            anchor = await self._log.anchor(unit)
        return audit_log_pb2.GetAnchorResponse(anchor=anchor_message(anchor))

    @streaming(Permission.AUDIT_VIEW)
    async def ExportEntries(  # noqa: N802 - the contract's name
        self, request: audit_log_pb2.ExportEntriesRequest, call: Call
    ) -> AsyncIterator[audit_log_pb2.ExportEntriesResponse]:
        """Up to the entry that records this export, so that a file tells of itself."""
        form = EXPORT_FORMATS.word(request.format)
        if form is None:
            raise InvalidInput(FieldViolation("format", "is required: CSV or JSONL"))
        wanted = filter_in(request.filter)
        refuse_unfit_filter(wanted)
        tenant = call.principal.tenant
        async with self._database.writing(tenant) as unit:
            await self._records.log_exported(unit, call, wanted, form)
            end = await self._log.anchor(unit)
        yield audit_log_pb2.ExportEntriesResponse(content=header(form))
        async for entries in self._reader.in_order(tenant, wanted, until=end.sequence):
            yield audit_log_pb2.ExportEntriesResponse(content=lines(form, entries))
