"""Lets a renewal overwrite a credential only after its review. Runs within the caller's unit and never commits."""

from collections.abc import Sequence

from gate.audit.model import Actor
from gate.credentialing.model import credentials as rules
from gate.credentialing.model.credentials import (
    Credential,
    ListedRenewal,
    Renewal,
    RenewalDraft,
    RenewalFilter,
    RenewalStatus,
)
from gate.credentialing.model.fields import is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest, page_of, position_in
from gate.credentialing.repository import credentials, providers
from gate.credentialing.service.credentials import credential_object, found_credential
from gate.credentialing.service.finding import known, missing
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork


class RenewalService:
    """The renewals of one tenant's credentials: the unit's."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log

    async def submit(self, unit: UnitOfWork, credential_id: str, draft: RenewalDraft, by: Actor) -> Renewal:
        """Keep a renewed document for its review; the credential stays as it is (row R33).

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has no such credential.
            Conflict: another renewal waits for its review.
        """
        credential = await found_credential(unit, credential_id, to_change=True)
        renewal = rules.submitted(
            credential, draft, renewal_id=self._log.new_id(), by=by.subject, now=self._log.clock()
        )
        await credentials.add_renewal(unit, renewal)
        details = {"credential": credential.id, "expires_on": str(renewal.expires_on)}
        await self._log.record(unit, by, Change(object=f"renewal/{renewal.id}", after=renewal, details=details))
        return renewal

    async def approve(self, unit: UnitOfWork, renewal_id: str, by: Actor) -> Credential:
        """Have the credential be as the renewal says (row R32).

        Raises:
            NotFound: the tenant has no such renewal, or its credential is archived.
            PreconditionFailed: it was reviewed before.
        """
        before, after = await self._review(unit, renewal_id, RenewalStatus.APPROVED, by)
        credential = await found_credential(unit, before.credential_id, to_change=True)
        await self._log.record(unit, by, Change(object=f"renewal/{after.id}", before=before, after=after))
        renewed = rules.renewed(credential, after)
        await credentials.put(unit, renewed)
        await self._log.record(unit, by, Change(object=credential_object(renewed), before=credential, after=renewed))
        return renewed

    async def reject(self, unit: UnitOfWork, renewal_id: str, reason: str, by: Actor) -> Renewal:
        """Let the credential stay as it is, and say why.

        Raises:
            InvalidInput: there is no reason.
            NotFound: the tenant has no such renewal.
            PreconditionFailed: it was reviewed before.
        """
        before, after = await self._review(unit, renewal_id, RenewalStatus.REJECTED, by, reason)
        await self._log.record(unit, by, Change(object=f"renewal/{after.id}", before=before, after=after))
        return after

    async def get(self, unit: UnitOfWork, renewal_id: str) -> ListedRenewal:
        """One renewal beside what it would overwrite.

        Raises:
            NotFound: the tenant has none of that id.
        """
        found = await credentials.find_renewal(unit, known("renewal", renewal_id))
        if found is None:
            raise missing("renewal")
        (listed,) = await _beside_what_is(unit, [found])
        return listed

    async def list(self, unit: UnitOfWork, wanted: RenewalFilter, request: PageRequest = FIRST) -> Page[ListedRenewal]:
        """Renewals, the oldest first, each beside what it would overwrite.

        Raises:
            InvalidInput: the page is none.
        """
        (after,) = position_in(request, wanted, parts=1) or ("",)
        if wanted.credential_id and not is_id(wanted.credential_id):
            return Page((), "")
        found = await credentials.renewals(unit, wanted, after, request.limit() + 1)
        page = page_of(found, request, wanted, lambda each: (each.id,))
        return Page(await _beside_what_is(unit, page.items), page.next_page_token)

    async def _review(
        self, unit: UnitOfWork, renewal_id: str, status: RenewalStatus, by: Actor, reason: str = ""
    ) -> tuple[Renewal, Renewal]:
        before = await credentials.find_renewal(unit, known("renewal", renewal_id), to_change=True)
        if before is None:
            raise missing("renewal")
        after = rules.reviewed(before, status, by=by.subject, now=self._log.clock(), reason=reason)
        await credentials.put_renewal(unit, after)
        return before, after


async def _beside_what_is(unit: UnitOfWork, found: Sequence[Renewal]) -> Sequence[ListedRenewal]:
    renewed = await credentials.several(unit, (each.credential_id for each in found))
    names = await providers.names(unit, (each.provider_id for each in renewed.values()))
    return [
        ListedRenewal(
            renewal=each,
            credential=renewed[each.credential_id],
            provider_name=names.get(renewed[each.credential_id].provider_id, ""),
        )
        for each in found
    ]
