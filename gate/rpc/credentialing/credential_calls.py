"""Calls about providers' credentials."""

from gate.auth.permissions import Permission
from gate.credentialing.model.credentials import (
    CredentialChange,
    CredentialDraft,
    CredentialFilter,
    ExpiringFilter,
    RenewalDraft,
    RenewalFilter,
    RenewalStatus,
)
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import change_in, day_of, message_of, messages_of, record_in, word_of
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class CredentialCalls(DeskCalls):
    """Credentials, when they expire, and their renewals."""

    @unary(Permission.CREDENTIALING_MANAGE)
    async def CreateCredential(  # noqa: N802 - the contract's name
        self, request: pb.CreateCredentialRequest, call: Call
    ) -> pb.CreateCredentialResponse:
        """A new record."""
        draft = record_in(request.credential, CredentialDraft, "credential")
        async with self._writing(call) as unit:
            kept = await self._desk.credentials.create(unit, draft, call.actor())
        return pb.CreateCredentialResponse(credential=message_of(kept, pb.Credential()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetCredential(  # noqa: N802 - the contract's name
        self, request: pb.GetCredentialRequest, call: Call
    ) -> pb.GetCredentialResponse:
        """One record."""
        async with self._reading(call) as unit:
            found = await self._desk.credentials.get(unit, request.credential_id)
        return pb.GetCredentialResponse(credential=message_of(found, pb.CredentialDetail()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdateCredential(  # noqa: N802 - the contract's name
        self, request: pb.UpdateCredentialRequest, call: Call
    ) -> pb.UpdateCredentialResponse:
        """Changes what the mask names."""
        change = change_in(request.credential, request.update_mask, CredentialChange, "credential")
        async with self._writing(call) as unit:
            kept = await self._desk.credentials.update(unit, request.credential.id, change, call.actor())
        return pb.UpdateCredentialResponse(credential=message_of(kept, pb.Credential()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ArchiveCredential(  # noqa: N802 - the contract's name
        self, request: pb.ArchiveCredentialRequest, call: Call
    ) -> pb.ArchiveCredentialResponse:
        """Lists pass over the record from now on."""
        async with self._writing(call) as unit:
            await self._desk.credentials.archive(unit, request.credential_id, call.actor())
        return pb.ArchiveCredentialResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListCredentials(  # noqa: N802 - the contract's name
        self, request: pb.ListCredentialsRequest, call: Call
    ) -> pb.ListCredentialsResponse:
        """In pages."""
        wanted = record_in(request, CredentialFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.credentials.list(unit, wanted, page_in(request))
        return pb.ListCredentialsResponse(
            credentials=messages_of(found.items, pb.ListedCredential), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListExpiringCredentials(  # noqa: N802 - the contract's name
        self, request: pb.ListExpiringCredentialsRequest, call: Call
    ) -> pb.ListExpiringCredentialsResponse:
        """In pages."""
        wanted = record_in(request, ExpiringFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.credentials.expiring(unit, wanted, page_in(request))
        return pb.ListExpiringCredentialsResponse(
            credentials=messages_of(found.items, pb.ListedCredential), next_page_token=found.next_page_token
        )

    @unary(Permission.CREDENTIALING_MANAGE)
    async def SnoozeCredentials(  # noqa: N802 - the contract's name
        self, request: pb.SnoozeCredentialsRequest, call: Call
    ) -> pb.SnoozeCredentialsResponse:
        """The inbox passes over them for a while."""
        ids, until = tuple(request.credential_ids), day_of(request, "until")
        async with self._writing(call) as unit:
            await self._desk.credentials.snooze(unit, ids, until, call.actor())
        return pb.SnoozeCredentialsResponse()

    @unary(Permission.CREDENTIALING_MANAGE)
    async def SubmitRenewal(  # noqa: N802 - the contract's name
        self, request: pb.SubmitRenewalRequest, call: Call
    ) -> pb.SubmitRenewalResponse:
        """A renewed document, for its review."""
        draft = record_in(request.renewal, RenewalDraft, "renewal")
        async with self._writing(call) as unit:
            kept = await self._desk.renewals.submit(unit, request.credential_id, draft, call.actor())
        return pb.SubmitRenewalResponse(renewal=message_of(kept, pb.Renewal()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ApproveRenewal(  # noqa: N802 - the contract's name
        self, request: pb.ApproveRenewalRequest, call: Call
    ) -> pb.ApproveRenewalResponse:
        """The credential becomes as the renewal says."""
        async with self._writing(call) as unit:
            kept = await self._desk.renewals.approve(unit, request.renewal_id, call.actor())
        return pb.ApproveRenewalResponse(credential=message_of(kept, pb.Credential()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def RejectRenewal(  # noqa: N802 - the contract's name
        self, request: pb.RejectRenewalRequest, call: Call
    ) -> pb.RejectRenewalResponse:
        """The credential stays as it is."""
        async with self._writing(call) as unit:
            kept = await self._desk.renewals.reject(unit, request.renewal_id, request.reason, call.actor())
        return pb.RejectRenewalResponse(renewal=message_of(kept, pb.Renewal()))

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListRenewals(  # noqa: N802 - the contract's name
        self, request: pb.ListRenewalsRequest, call: Call
    ) -> pb.ListRenewalsResponse:
        """In pages."""
        status = word_of(pb.RenewalStatus.DESCRIPTOR, request.status, "request.status")
        wanted = RenewalFilter(
            status=RenewalStatus(status) if status is not None else None, credential_id=request.credential_id
        )
        async with self._reading(call) as unit:
            found = await self._desk.renewals.list(unit, wanted, page_in(request))
        return pb.ListRenewalsResponse(
            renewals=messages_of(found.items, pb.ListedRenewal), next_page_token=found.next_page_token
        )
