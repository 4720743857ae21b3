"""Calls about payers."""

from gate.auth.permissions import Permission
from gate.credentialing.model.payers import PayerChange, PayerDraft, PayerFilter
from gate.credentialing.model.preferences import PreferencesChange
from gate.credentialing.model.workflows import WorkflowDraft
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import change_in, message_of, messages_of, record_in
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class PayerCalls(DeskCalls):
    """Payers, their workflows, and what the organisation settled for itself."""

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CreatePayer(  # noqa: N802 - the contract's name
        self, request: pb.CreatePayerRequest, call: Call
    ) -> pb.CreatePayerResponse:
        """A new record."""
        draft = record_in(request.payer, PayerDraft, "payer")
        async with self._writing(call) as unit:
            kept = await self._desk.payers.create(unit, draft, call.actor())
        return pb.CreatePayerResponse(payer=message_of(kept, pb.Payer()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetPayer(  # noqa: N802 - the contract's name
        self, request: pb.GetPayerRequest, call: Call
    ) -> pb.GetPayerResponse:
        """One record."""
        async with self._reading(call) as unit:
            found = await self._desk.payers.get(unit, request.payer_id)
        return pb.GetPayerResponse(payer=message_of(found, pb.Payer()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdatePayer(  # noqa: N802 - the contract's name
        self, request: pb.UpdatePayerRequest, call: Call
    ) -> pb.UpdatePayerResponse:
        """Changes what the mask names."""
        change = change_in(request.payer, request.update_mask, PayerChange, "payer")
        async with self._writing(call) as unit:
            kept = await self._desk.payers.update(unit, request.payer.id, change, call.actor())
        return pb.UpdatePayerResponse(payer=message_of(kept, pb.Payer()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ArchivePayer(  # noqa: N802 - the contract's name
        self, request: pb.ArchivePayerRequest, call: Call
    ) -> pb.ArchivePayerResponse:
        """Lists pass over the record from now on."""
        async with self._writing(call) as unit:
            await self._desk.payers.archive(unit, request.payer_id, call.actor())
        return pb.ArchivePayerResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListPayers(  # noqa: N802 - the contract's name
        self, request: pb.ListPayersRequest, call: Call
    ) -> pb.ListPayersResponse:
        """In pages."""
        wanted = PayerFilter(search=request.search)
        async with self._reading(call) as unit:
            found = await self._desk.payers.list(unit, wanted, page_in(request))
        return pb.ListPayersResponse(payers=messages_of(found.items, pb.Payer), next_page_token=found.next_page_token)

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetPayerWorkflow(  # noqa: N802 - the contract's name
        self, request: pb.GetPayerWorkflowRequest, call: Call
    ) -> pb.GetPayerWorkflowResponse:
        """How credentialing goes with a payer."""
        async with self._reading(call) as unit:
            found = await self._desk.payers.workflow(unit, request.payer_id)
        return pb.GetPayerWorkflowResponse(workflow=message_of(found, pb.PayerWorkflow()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def SetPayerWorkflow(  # noqa: N802 - the contract's name
        self, request: pb.SetPayerWorkflowRequest, call: Call
    ) -> pb.SetPayerWorkflowResponse:
        """Says how credentialing goes with a payer."""
        draft = record_in(request.workflow, WorkflowDraft, "workflow")
        async with self._writing(call) as unit:
            kept = await self._desk.payers.put_workflow(unit, request.workflow.payer_id, draft, call.actor())
        return pb.SetPayerWorkflowResponse(workflow=message_of(kept, pb.PayerWorkflow()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def DeletePayerWorkflow(  # noqa: N802 - the contract's name
        self, request: pb.DeletePayerWorkflowRequest, call: Call
    ) -> pb.DeletePayerWorkflowResponse:
        """Takes that back."""
        async with self._writing(call) as unit:
            await self._desk.payers.drop_workflow(unit, request.payer_id, call.actor())
        return pb.DeletePayerWorkflowResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetPreferences(  # noqa: N802 - the contract's name
        self, _request: pb.GetPreferencesRequest, call: Call
    ) -> pb.GetPreferencesResponse:
        """What the organisation settled."""
        async with self._reading(call) as unit:
            found = await self._desk.payers.preferences(unit)
        return pb.GetPreferencesResponse(preferences=message_of(found, pb.CredentialingPreferences()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdatePreferences(  # noqa: N802 - the contract's name
        self, request: pb.UpdatePreferencesRequest, call: Call
    ) -> pb.UpdatePreferencesResponse:
        """Changes what the mask names."""
        change = change_in(request.preferences, request.update_mask, PreferencesChange, "preferences")
        async with self._writing(call) as unit:
            kept = await self._desk.payers.settle(unit, change, call.actor())
        return pb.UpdatePreferencesResponse(preferences=message_of(kept, pb.CredentialingPreferences()))
