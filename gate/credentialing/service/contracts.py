"""Keeps contracts. Runs within the caller's unit of work and never commits."""

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model.changes import with_change
from gate.credentialing.model.contracts import Contract, ContractChange, ContractDraft, ContractFilter, accepted
from gate.credentialing.model.fields import is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest, page_of, position_in
from gate.credentialing.repository import contracts
from gate.credentialing.service.finding import known, missing, payer_of, provider_of
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork


class ContractService:
    """The contracts of one tenant's providers: the unit's."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log

    async def create(self, unit: UnitOfWork, draft: ContractDraft, by: Actor) -> Contract:
        """Keep a contract that was there before.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has no such provider or payer.
            Conflict: there is one of the two already.
        """
        provider, payer = await provider_of(unit, draft.provider_id), await payer_of(unit, draft.payer_id)
        fields = msgspec.structs.asdict(draft)
        contract = accepted(
            Contract(**fields, id=self._log.new_id(), application_id=None, created_at=self._log.clock())
        )
        await contracts.add(unit, contract, is_bookable=provider.is_bookable)
        details = {"provider": provider.id, "payer": payer.id}
        await self._log.record(unit, by, Change(object=f"contract/{contract.id}", after=contract, details=details))
        return contract

    async def update(self, unit: UnitOfWork, contract_id: str, change: ContractChange, by: Actor) -> Contract:
        """Change what is named.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has none of that id.
        """
        before = await contracts.find(unit, known("contract", contract_id))
        if before is None:
            raise missing("contract")
        after = accepted(with_change(before, change))
        await contracts.put(unit, after)
        await self._log.record(unit, by, Change(object=f"contract/{after.id}", before=before, after=after))
        return after

    async def list(self, unit: UnitOfWork, wanted: ContractFilter, request: PageRequest = FIRST) -> Page[Contract]:
        """Contracts, newest first.

        Raises:
            InvalidInput: the page is none.
        """
        (before,) = position_in(request, wanted, parts=1) or ("",)
        limit = request.limit() + 1
        if not all(is_id(named) for named in (wanted.provider_id, wanted.payer_id) if named):
            return Page((), "")
        return page_of(await contracts.listed(unit, wanted, before, limit), request, wanted, lambda each: (each.id,))
