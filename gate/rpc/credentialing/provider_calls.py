"""Calls about providers."""

from gate.auth.permissions import Permission
from gate.credentialing.model.providers import ProviderChange, ProviderDraft, ProviderFilter
from gate.credentialing.model.selection import SelectionFilter
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import change_in, message_of, messages_of, record_in
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class ProviderCalls(DeskCalls):
    """Providers, the payers chosen for them, and how far that is."""

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CreateProvider(  # noqa: N802 - the contract's name
        self, request: pb.CreateProviderRequest, call: Call
    ) -> pb.CreateProviderResponse:
        """A new record."""
        draft = record_in(request.provider, ProviderDraft, "provider")
        async with self._writing(call) as unit:
            kept = await self._desk.providers.create(unit, draft, call.actor())
        return pb.CreateProviderResponse(provider=message_of(kept, pb.Provider()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetProvider(  # noqa: N802 - the contract's name
        self, request: pb.GetProviderRequest, call: Call
    ) -> pb.GetProviderResponse:
        """One record."""
        async with self._reading(call) as unit:
            found = await self._desk.providers.get(unit, request.provider_id)
        return pb.GetProviderResponse(provider=message_of(found, pb.Provider()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdateProvider(  # noqa: N802 - the contract's name
        self, request: pb.UpdateProviderRequest, call: Call
    ) -> pb.UpdateProviderResponse:
        """Changes what the mask names."""
        change = change_in(request.provider, request.update_mask, ProviderChange, "provider")
        async with self._writing(call) as unit:
            kept = await self._desk.providers.update(unit, request.provider.id, change, call.actor())
        return pb.UpdateProviderResponse(provider=message_of(kept, pb.Provider()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ArchiveProvider(  # noqa: N802 - the contract's name
        self, request: pb.ArchiveProviderRequest, call: Call
    ) -> pb.ArchiveProviderResponse:
        """Lists pass over the record from now on."""
        async with self._writing(call) as unit:
            await self._desk.providers.archive(unit, request.provider_id, call.actor())
        return pb.ArchiveProviderResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListProviders(  # noqa: N802 - the contract's name
        self, request: pb.ListProvidersRequest, call: Call
    ) -> pb.ListProvidersResponse:
        """In pages."""
        wanted = ProviderFilter(search=request.search)
        async with self._reading(call) as unit:
            found = await self._desk.providers.list(unit, wanted, page_in(request))
        return pb.ListProvidersResponse(
            providers=messages_of(found.items, pb.Provider), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListPayerStatistics(  # noqa: N802 - the contract's name
        self, request: pb.ListPayerStatisticsRequest, call: Call
    ) -> pb.ListPayerStatisticsResponse:
        """What speaks for each payer."""
        wanted = record_in(request, SelectionFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.selection.statistics(unit, wanted, page_in(request))
        return pb.ListPayerStatisticsResponse(
            payers=messages_of(found.items, pb.PayerStatistics), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CredentialPayers(  # noqa: N802 - the contract's name
        self, request: pb.CredentialPayersRequest, call: Call
    ) -> pb.CredentialPayersResponse:
        """Applications and tasks for the payers chosen."""
        ids = tuple(request.payer_ids)
        async with self._writing(call) as unit:
            kept = await self._desk.selection.credential(unit, request.provider_id, ids, call.actor())
        return message_of(kept, pb.CredentialPayersResponse())

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetCredentialingDashboard(  # noqa: N802 - the contract's name
        self, request: pb.GetCredentialingDashboardRequest, call: Call
    ) -> pb.GetCredentialingDashboardResponse:
        """How far one provider is."""
        async with self._reading(call) as unit:
            found = await self._desk.dashboards.of_provider(unit, request.provider_id)
        return pb.GetCredentialingDashboardResponse(dashboard=message_of(found, pb.CredentialingDashboard()))
