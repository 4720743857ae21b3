"""`/api/admin/credentials` and `/api/admin/credential-renewals`: what providers hold, when it expires, its renewal."""

from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from gate.credentialing.model.credentials import (
    TIERS,
    Credential,
    CredentialChange,
    CredentialDetail,
    CredentialDraft,
    CredentialFilter,
    CredentialKind,
    ExpiringFilter,
    ListedCredential,
    ListedRenewal,
    Renewal,
    RenewalDraft,
    RenewalFilter,
    RenewalStatus,
)
from gate.web.api.admitted import AdminApi, Manager, OfProvider, Paged, Viewer
from gate.web.api.bodies import Changed, Removed, answer, page_answer, reads


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a renewal is not taken over."""

    reason: str


class CredentialSnooze(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which credentials are put off, and until when."""

    credential_ids: tuple[str, ...]
    until: date | None = None
    """None: they are back at once."""


def credential_routes(api: AdminApi) -> APIRouter:
    """The routes of credentials."""
    router, desk, described = APIRouter(prefix="/api/admin/credentials", tags=["credentials"]), api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=ListedCredential))
    async def list_credentials(visit: Viewer, page: Paged, provider_id: OfProvider = "") -> Response:
        """Credentials, newest first."""
        async with api.reading(visit) as unit:
            return page_answer(await desk.credentials.list(unit, CredentialFilter(provider_id=provider_id), page))

    @router.post("", openapi_extra=described.operation(gives=Credential, takes=CredentialDraft))
    async def create_credential(
        visit: Manager, draft: Annotated[CredentialDraft, Depends(reads(CredentialDraft))]
    ) -> Response:
        """Add a credential."""
        async with api.writing(visit) as unit:
            return answer(await desk.credentials.create(unit, draft, visit.actor()))

    @router.get("/expiring", openapi_extra=described.operation(lists=ListedCredential))
    async def list_expiring(
        visit: Viewer,
        page: Paged,
        days: Annotated[int, Query(description="Within so many; expired ones are always among them")] = TIERS[0],
        kind: CredentialKind | None = None,
        coordinator: Annotated[str, Query()] = "",
        snoozed: Annotated[bool, Query(description="Those that are put off, in place of those that are not")] = False,
    ) -> Response:
        """Credentials that expire or have expired, the earliest first."""
        wanted = ExpiringFilter(within_days=days, kind=kind, coordinator=coordinator, is_snoozed=snoozed)
        async with api.reading(visit) as unit:
            return page_answer(await desk.credentials.expiring(unit, wanted, page))

    @router.post("/snooze", openapi_extra=described.operation(gives=Changed, takes=CredentialSnooze))
    async def snooze_credentials(
        visit: Manager, wanted: Annotated[CredentialSnooze, Depends(reads(CredentialSnooze))]
    ) -> Response:
        """Have the inbox pass over credentials until a day, on which they are back."""
        async with api.writing(visit) as unit:
            await desk.credentials.snooze(unit, wanted.credential_ids, wanted.until, visit.actor())
        return answer(Changed(wanted.credential_ids))

    @router.get("/{credential_id}", openapi_extra=described.operation(gives=CredentialDetail))
    async def get_credential(visit: Viewer, credential_id: str) -> Response:
        """One credential and its renewals."""
        async with api.reading(visit) as unit:
            return answer(await desk.credentials.get(unit, credential_id))

    @router.patch("/{credential_id}", openapi_extra=described.operation(gives=Credential, takes=CredentialChange))
    async def update_credential(
        visit: Manager, credential_id: str, change: Annotated[CredentialChange, Depends(reads(CredentialChange))]
    ) -> Response:
        """Correct what is named; what is renewed goes by a renewal."""
        async with api.writing(visit) as unit:
            return answer(await desk.credentials.update(unit, credential_id, change, visit.actor()))

    @router.delete("/{credential_id}", openapi_extra=described.operation(gives=Removed))
    async def archive_credential(visit: Manager, credential_id: str) -> Response:
        """Archive a credential."""
        async with api.writing(visit) as unit:
            await desk.credentials.archive(unit, credential_id, visit.actor())
        return answer(Removed(credential_id))

    @router.post("/{credential_id}/renewals", openapi_extra=described.operation(gives=Renewal, takes=RenewalDraft))
    async def submit_renewal(
        visit: Manager, credential_id: str, draft: Annotated[RenewalDraft, Depends(reads(RenewalDraft))]
    ) -> Response:
        """Keep a renewed document for its review; the credential stays as it is."""
        async with api.writing(visit) as unit:
            return answer(await desk.renewals.submit(unit, credential_id, draft, visit.actor()))

    return router


def renewal_routes(api: AdminApi) -> APIRouter:
    """The routes of renewals."""
    router = APIRouter(prefix="/api/admin/credential-renewals", tags=["credentials"])
    desk, described = api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=ListedRenewal))
    async def list_renewals(
        visit: Viewer,
        page: Paged,
        status: RenewalStatus | None = None,
        credential_id: Annotated[str, Query(alias="credentialId")] = "",
    ) -> Response:
        """Renewals, the oldest first, each beside what it would overwrite."""
        async with api.reading(visit) as unit:
            wanted = RenewalFilter(status=status, credential_id=credential_id)
            return page_answer(await desk.renewals.list(unit, wanted, page))

    @router.post("/{renewal_id}/approve", openapi_extra=described.operation(gives=Credential))
    async def approve_renewal(visit: Manager, renewal_id: str) -> Response:
        """Have the credential be as the renewal says."""
        async with api.writing(visit) as unit:
            return answer(await desk.renewals.approve(unit, renewal_id, visit.actor()))

    @router.post("/{renewal_id}/reject", openapi_extra=described.operation(gives=Renewal, takes=Rejection))
    async def reject_renewal(
        visit: Manager, renewal_id: str, wanted: Annotated[Rejection, Depends(reads(Rejection))]
    ) -> Response:
        """Let the credential stay as it is, and say why."""
        async with api.writing(visit) as unit:
            return answer(await desk.renewals.reject(unit, renewal_id, wanted.reason, visit.actor()))

    return router
