"""Keeps providers. Runs within the caller's unit of work and never commits."""

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model.changes import with_change
from gate.credentialing.model.paging import FIRST, Page, PageRequest, page_of, position_in
from gate.credentialing.model.providers import Provider, ProviderChange, ProviderDraft, ProviderFilter, accepted
from gate.credentialing.repository import providers
from gate.credentialing.service.finding import provider_of
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork


class ProviderService:
    """The providers of one tenant: the unit's."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log

    async def create(self, unit: UnitOfWork, draft: ProviderDraft, by: Actor) -> Provider:
        """Begin a record.

        Raises:
            InvalidInput: naming every field that does not fit.
            Conflict: there is one with this NPI already.
        """
        fields = msgspec.structs.asdict(draft)
        provider = accepted(Provider(**fields, id=self._log.new_id(), created_at=self._log.clock()))
        await providers.add(unit, provider)
        await self._log.record(
            unit, by, Change(object=_object(provider), after=provider, details={"npi": provider.npi})
        )
        return provider

    async def get(self, unit: UnitOfWork, provider_id: str, *, to_change: bool = False) -> Provider:
        """One provider. `to_change`: nobody else changes it until the unit ends.

        Raises:
            NotFound: the tenant has none of that id.
        """
        return await provider_of(unit, provider_id, to_change=to_change)

    async def update(self, unit: UnitOfWork, provider_id: str, change: ProviderChange, by: Actor) -> Provider:
        """Change what is named.

        Raises:
            InvalidInput, NotFound, Conflict: as `create` and `get`.
        """
        before = await provider_of(unit, provider_id, to_change=True)
        after = accepted(with_change(before, change))
        await providers.put(unit, after)
        await self._log.record(unit, by, Change(object=_object(after), before=before, after=after))
        return after

    async def archive(self, unit: UnitOfWork, provider_id: str, by: Actor) -> None:
        """Have lists pass over the provider; what refers to it stays.

        Raises:
            NotFound: the tenant has none of that id.
        """
        provider = await provider_of(unit, provider_id, to_change=True)
        await providers.archive(unit, provider.id, self._log.clock())
        await self._log.record(unit, by, Change(object=_object(provider), before=provider))

    async def list(self, unit: UnitOfWork, wanted: ProviderFilter, request: PageRequest = FIRST) -> Page[Provider]:
        """Providers by name.

        Raises:
            InvalidInput: the page is none.
        """
        after = position_in(request, wanted, parts=2)
        found = await providers.listed(unit, wanted, after, request.limit() + 1)
        return page_of(found, request, wanted, lambda provider: (provider.sort_name, provider.id))


def _object(provider: Provider) -> str:
    return f"provider_record/{provider.id}"
