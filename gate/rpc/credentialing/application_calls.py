"""Calls about applications and contracts."""

from gate.auth.permissions import Permission
from gate.credentialing.model.applications import ApplicationChange, ApplicationDraft, ApplicationFilter
from gate.credentialing.model.contracts import ContractChange, ContractDraft, ContractFilter
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import change_in, day_of, message_of, messages_of, record_in
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class ApplicationCalls(DeskCalls):
    """Applications through their statuses, and the contracts they end in."""

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CreateApplication(  # noqa: N802 - the contract's name
        self, request: pb.CreateApplicationRequest, call: Call
    ) -> pb.CreateApplicationResponse:
        """A new record."""
        draft = record_in(request.application, ApplicationDraft, "application")
        async with self._writing(call) as unit:
            kept = await self._desk.applications.create(unit, draft, call.actor())
        return pb.CreateApplicationResponse(application=message_of(kept, pb.PayerApplication()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetApplication(  # noqa: N802 - the contract's name
        self, request: pb.GetApplicationRequest, call: Call
    ) -> pb.GetApplicationResponse:
        """One record."""
        async with self._reading(call) as unit:
            found = await self._desk.applications.get(unit, request.application_id)
        return pb.GetApplicationResponse(application=message_of(found, pb.ApplicationDetail()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdateApplication(  # noqa: N802 - the contract's name
        self, request: pb.UpdateApplicationRequest, call: Call
    ) -> pb.UpdateApplicationResponse:
        """Changes what the mask names."""
        change = change_in(
            request.application,
            request.update_mask,
            ApplicationChange,
            "application",
            occurred_on=day_of(request, "occurred_on"),
            recert_due_on=day_of(request, "recert_due_on"),
        )
        async with self._writing(call) as unit:
            kept = await self._desk.applications.update(unit, request.application.id, change, call.actor())
        return pb.UpdateApplicationResponse(application=message_of(kept, pb.ApplicationDetail()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ArchiveApplication(  # noqa: N802 - the contract's name
        self, request: pb.ArchiveApplicationRequest, call: Call
    ) -> pb.ArchiveApplicationResponse:
        """Lists pass over the record from now on."""
        async with self._writing(call) as unit:
            await self._desk.applications.archive(unit, request.application_id, call.actor())
        return pb.ArchiveApplicationResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListApplications(  # noqa: N802 - the contract's name
        self, request: pb.ListApplicationsRequest, call: Call
    ) -> pb.ListApplicationsResponse:
        """In pages."""
        wanted = record_in(request, ApplicationFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.applications.list(unit, wanted, page_in(request))
        return pb.ListApplicationsResponse(
            applications=messages_of(found.items, pb.ListedApplication), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CreateContract(  # noqa: N802 - the contract's name
        self, request: pb.CreateContractRequest, call: Call
    ) -> pb.CreateContractResponse:
        """A new record."""
        draft = record_in(request.contract, ContractDraft, "contract")
        async with self._writing(call) as unit:
            kept = await self._desk.contracts.create(unit, draft, call.actor())
        return pb.CreateContractResponse(contract=message_of(kept, pb.PayerContract()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdateContract(  # noqa: N802 - the contract's name
        self, request: pb.UpdateContractRequest, call: Call
    ) -> pb.UpdateContractResponse:
        """Changes what the mask names."""
        change = change_in(request.contract, request.update_mask, ContractChange, "contract")
        async with self._writing(call) as unit:
            kept = await self._desk.contracts.update(unit, request.contract.id, change, call.actor())
        return pb.UpdateContractResponse(contract=message_of(kept, pb.PayerContract()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListContracts(  # noqa: N802 - the contract's name
        self, request: pb.ListContractsRequest, call: Call
    ) -> pb.ListContractsResponse:
        """In pages."""
        wanted = record_in(request, ContractFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.contracts.list(unit, wanted, page_in(request))
        return pb.ListContractsResponse(
            contracts=messages_of(found.items, pb.PayerContract), next_page_token=found.next_page_token
        )
