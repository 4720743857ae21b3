"""Keeps providers' credentials and tells which expire. Runs within the caller's unit of work and never commits."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model import credentials as rules
from gate.credentialing.model.changes import with_change
from gate.credentialing.model.credentials import (
    LONGEST_WINDOW,
    Credential,
    CredentialChange,
    CredentialDetail,
    CredentialDraft,
    CredentialFilter,
    ExpiringFilter,
    ListedCredential,
    RenewalFilter,
)
from gate.credentialing.model.fields import Objections, is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest, day_in_token, page_of, position_in
from gate.credentialing.model.tasks import MOST_AT_ONCE
from gate.credentialing.repository import credentials, providers
from gate.credentialing.service.finding import known, missing, provider_of
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import Change, ChangeLog
from gate.errors import FieldViolation, InvalidInput
from gate.page_tokens import LARGEST_PAGE
from gate.persistence.unit_of_work import UnitOfWork


class CredentialService:
    """The credentials of one tenant's providers: the unit's."""

    def __init__(self, log: ChangeLog, payer_service: PayerService) -> None:
        self._log = log
        self._payers = payer_service

    async def create(self, unit: UnitOfWork, draft: CredentialDraft, by: Actor) -> Credential:
        """Begin a record.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has no such provider.
        """
        provider = await provider_of(unit, draft.provider_id)
        fields = msgspec.structs.asdict(draft)
        credential = rules.accepted(
            Credential(**fields, id=self._log.new_id(), snoozed_until=None, created_at=self._log.clock())
        )
        await credentials.add(unit, credential)
        details = {"provider": provider.id, "kind": credential.kind.value}
        await self._log.record(
            unit, by, Change(object=credential_object(credential), after=credential, details=details)
        )
        return credential

    async def get(self, unit: UnitOfWork, credential_id: str, *, to_change: bool = False) -> CredentialDetail:
        """One credential and its renewals, the newest first. `to_change`: nobody else changes it until the unit ends.

        Raises:
            NotFound: the tenant has none of that id.
        """
        (found,) = await self._listed(unit, [await found_credential(unit, credential_id, to_change=to_change)])
        wanted = RenewalFilter(status=None, credential_id=credential_id)
        renewals = await credentials.renewals(unit, wanted, "", LARGEST_PAGE)
        return CredentialDetail(listed=found, renewals=tuple(reversed(renewals)))

    async def update(self, unit: UnitOfWork, credential_id: str, change: CredentialChange, by: Actor) -> Credential:
        """Correct what is named.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has none of that id.
        """
        before = await found_credential(unit, credential_id, to_change=True)
        after = rules.accepted(with_change(before, change))
        if after.expires_on != before.expires_on:
            after = msgspec.structs.replace(after, snoozed_until=None)
        return await self._changed(unit, before, after, by)

    async def assign(self, unit: UnitOfWork, ids: Sequence[str], coordinator: str, by: Actor) -> None:
        """Give credentials to somebody; all of them or none.

        Raises:
            InvalidInput: nobody could be called so; no credential, or too many at once.
            NotFound: the tenant has none of one of the ids.
        """
        objections = Objections()
        objections.line("coordinator", coordinator)
        objections.settle()
        for before in await self._several(unit, ids):
            await self._changed(unit, before, msgspec.structs.replace(before, coordinator=coordinator), by)

    async def snooze(self, unit: UnitOfWork, ids: Sequence[str], until: date | None, by: Actor) -> None:
        """Have the inbox pass over credentials until a day, on which they are back; None: they are back at once.

        Raises:
            InvalidInput: the day is not ahead, or too far; no credential, or too many at once.
            NotFound: the tenant has none of one of the ids.
        """
        end = rules.snooze_end(until, await self._payers.today(unit))
        for before in await self._several(unit, ids):
            await self._changed(unit, before, msgspec.structs.replace(before, snoozed_until=end), by)

    async def archive(self, unit: UnitOfWork, credential_id: str, by: Actor) -> None:
        """Have lists pass over the credential; its renewals stay.

        Raises:
            NotFound: the tenant has none of that id.
        """
        before = await found_credential(unit, credential_id, to_change=True)
        await credentials.archive(unit, before.id, self._log.clock())
        await self._log.record(unit, by, Change(object=credential_object(before), before=before))

    async def list(
        self, unit: UnitOfWork, wanted: CredentialFilter, request: PageRequest = FIRST
    ) -> Page[ListedCredential]:
        """Credentials, newest first.

        Raises:
            InvalidInput: the page is none.
        """
        (before,) = position_in(request, wanted, parts=1) or ("",)
        if wanted.provider_id and not is_id(wanted.provider_id):
            return Page((), "")
        found = await credentials.listed(unit, wanted, before, request.limit() + 1)
        page = page_of(found, request, wanted, lambda each: (each.id,))
        return Page(await self._listed(unit, page.items), page.next_page_token)

    async def expiring(
        self, unit: UnitOfWork, wanted: ExpiringFilter, request: PageRequest = FIRST
    ) -> Page[ListedCredential]:
        """Credentials that expire within some days or have expired, the earliest first (row R31).

        Raises:
            InvalidInput: the page is none, or the days are not between 0 and 1095.
        """
        objections = Objections()
        objections.number("within_days", wanted.within_days, 0, LONGEST_WINDOW)
        objections.settle()
        position = position_in(request, wanted, parts=2)
        after = (day_in_token(position[0]), position[1]) if position is not None else None
        today = await self._payers.today(unit)
        until = today + timedelta(days=wanted.within_days)
        found = await credentials.expiring(
            unit, wanted, today=today, until=until, after=after, limit=request.limit() + 1
        )
        page = page_of(found, request, wanted, lambda each: (str(each.expires_on), each.id))
        return Page(await self._listed(unit, page.items), page.next_page_token)

    async def _several(self, unit: UnitOfWork, ids: Sequence[str]) -> Sequence[Credential]:
        wanted = set(ids)
        if not 1 <= len(wanted) <= MOST_AT_ONCE:
            raise InvalidInput(FieldViolation("ids", f"must name between 1 and {MOST_AT_ONCE} credentials"))
        found = await credentials.find_all(unit, filter(is_id, wanted))
        if len(found) < len(wanted):
            raise missing("credential")
        return found

    async def _changed(self, unit: UnitOfWork, before: Credential, after: Credential, by: Actor) -> Credential:
        await credentials.put(unit, after)
        await self._log.record(unit, by, Change(object=credential_object(after), before=before, after=after))
        return after

    async def _listed(self, unit: UnitOfWork, found: Sequence[Credential]) -> Sequence[ListedCredential]:
        today = await self._payers.today(unit)
        names = await providers.names(unit, (each.provider_id for each in found))
        waiting = await credentials.waiting(unit, (each.id for each in found))
        return [
            rules.listed(each, names.get(each.provider_id, ""), today, is_renewal_waiting=each.id in waiting)
            for each in found
        ]


async def found_credential(unit: UnitOfWork, credential_id: str, *, to_change: bool = False) -> Credential:
    """The credential of that id.

    Raises:
        NotFound: the tenant has none.
    """
    found = await credentials.find(unit, known("credential", credential_id), to_change=to_change)
    if found is None:
        raise missing("credential")
    return found


def credential_object(credential: Credential) -> str:
    """What the audit log calls it."""
    return f"credential/{credential.id}"
