"""Holds contracts against the gate's evidence of Medicaid enrollment."""

from gate.audit.model import Actor
from gate.credentialing.model.paging import FIRST, Page, PageRequest
from gate.credentialing.model.payers import PayerType
from gate.credentialing.model.providers import ProviderFilter
from gate.credentialing.model.reconciliation import (
    NOTHING_HEARD,
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
        wanted = [(each.provider.npi, state) for each in page.items for state in each.states()]
        heard = await self._evidence.standings(tenant, wanted)
        now = self._log.clock()
        known = {whose: as_of(heard.get(whose, NOTHING_HEARD), now) for whose in wanted}
        rows = [mismatch for each in page.items for mismatch in mismatches(each, known)]
        async with self._database.writing(tenant) as unit:
            await self._log.looked(unit, by, "credentialing_reconciliation", providers=len(page.items), found=len(rows))
        return Page(rows, page.next_page_token)

    async def _candidates(self, unit: UnitOfWork, request: PageRequest) -> Page[Candidate]:
        page = await self._providers.list(unit, ProviderFilter(), request)
        today = await self._payers.today(unit)
        held = await contracts.payers_of_providers(unit, (provider.id for provider in page.items), today)
        known = await payers.several(unit, {payer_id for own in held.values() for payer_id in own})
        medicaid = {
            payer.id: MedicaidContract(payer.id, payer.name, payer.state)
            for payer in known.values()
            if payer.payer_type is PayerType.MEDICAID and payer.state
        }
        candidates = [
            Candidate(each, [medicaid[payer_id] for payer_id in held.get(each.id, ()) if payer_id in medicaid])
            for each in page.items
        ]
        return Page(candidates, page.next_page_token)
