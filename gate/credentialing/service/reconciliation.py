"""Holds contracts against the gate's evidence of Medicaid enrollment."""

import asyncio
from collections import defaultdict
from typing import Final

from gate.audit.model import Actor
from gate.credentialing.model.paging import FIRST, Page, PageRequest
from gate.credentialing.model.payers import PayerType
from gate.credentialing.model.providers import ProviderFilter
from gate.credentialing.model.reconciliation import (
    Candidate,
    MedicaidContract,
    MedicaidEvidence,
    Mismatch,
    as_of,
    mismatches,
)
from gate.credentialing.repository import contracts, payers
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.providers import ProviderService
from gate.credentialing.service.records import ChangeLog
from gate.persistence.unit_of_work import Database, UnitOfWork

_ASKED_AT_ONCE: Final = 3
"""Each reads the ledger over a connection of its own, of which a process has few."""


class ReconciliationService:
    """Opens its own units: while evidence is looked up, over other connections, none may be held open."""

    def __init__(
        self,
        database: Database,
        evidence: MedicaidEvidence,
        log: ChangeLog,
        provider_service: ProviderService,
        payer_service: PayerService,
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._log = log
        self._providers = provider_service
        self._payers = payer_service

    async def page(self, tenant: str, by: Actor, request: PageRequest = FIRST) -> Page[Mismatch]:
        """What does not go together for a page of providers, by name. A page without any may be followed by others.

        Who looked is in the audit log before the answer is given.

        Raises:
            InvalidInput: the page is none.
            StoreUnavailable: it cannot be told at present.
        """
        async with self._database.reading(tenant) as unit:
            page = await self._candidates(unit, request)
        turns = asyncio.Semaphore(_ASKED_AT_ONCE)
        found = await asyncio.gather(*(self._of_provider(tenant, each, turns) for each in page.items))
        rows = [mismatch for each in found for mismatch in each]
        async with self._database.writing(tenant) as unit:
            await self._log.looked(unit, by, "credentialing_reconciliation", providers=len(page.items), found=len(rows))
        return Page(rows, page.next_page_token)

    async def _candidates(self, unit: UnitOfWork, request: PageRequest) -> Page[Candidate]:
        page = await self._providers.list(unit, ProviderFilter(), request)
        today = await self._payers.today(unit)
        held = await contracts.of_providers(unit, (provider.id for provider in page.items))
        known = await payers.several(unit, (contract.payer_id for contract in held))
        by_provider: dict[str, list[MedicaidContract]] = defaultdict(list)
        for contract in held:
            payer = known.get(contract.payer_id)
            is_medicaid = payer is not None and payer.payer_type is PayerType.MEDICAID and payer.state
            if payer is not None and is_medicaid and contract.is_in_force(today):
                by_provider[contract.provider_id].append(MedicaidContract(payer.id, payer.name, payer.state))
        return Page([Candidate(each, by_provider[each.id]) for each in page.items], page.next_page_token)

    async def _of_provider(self, tenant: str, candidate: Candidate, turns: asyncio.Semaphore) -> list[Mismatch]:
        known = {}
        for state in candidate.states():
            async with turns:
                heard = await self._evidence.standing(tenant, candidate.provider.npi, state)
            known[state] = as_of(heard, self._log.clock())
        return list(mismatches(candidate, known))
