"""Keeps payers, how credentialing goes with each of them, and what the organisation settled for itself."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model import payers as payer_rules
from gate.credentialing.model import preferences as preference_rules
from gate.credentialing.model import workflows as workflow_rules
from gate.credentialing.model.changes import with_change
from gate.credentialing.model.paging import FIRST, Page, PageRequest, page_of, position_in
from gate.credentialing.model.payers import Payer, PayerChange, PayerDraft, PayerFilter
from gate.credentialing.model.preferences import Preferences, PreferencesChange
from gate.credentialing.model.workflows import Workflow, WorkflowDraft
from gate.credentialing.repository import applications, payers
from gate.credentialing.service.finding import missing, payer_of
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork


class PayerService:
    """The payers of one tenant: the unit's. Runs within the caller's unit of work and never commits."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log

    async def create(self, unit: UnitOfWork, draft: PayerDraft, by: Actor) -> Payer:
        """Begin a record.

        Raises:
            InvalidInput: naming every field that does not fit.
        """
        fields = msgspec.structs.asdict(draft)
        payer = payer_rules.accepted(Payer(**fields, id=self._log.new_id(), created_at=self._log.clock()))
        await payers.add(unit, payer)
        await self._log.record(unit, by, Change(object=f"payer/{payer.id}", after=payer, details={"name": payer.name}))
        return payer

    async def get(self, unit: UnitOfWork, payer_id: str, *, to_change: bool = False) -> Payer:
        """One payer. `to_change`: nobody else changes it until the unit ends.

        Raises:
            NotFound: the tenant has none of that id.
        """
        return await payer_of(unit, payer_id, to_change=to_change)

    async def update(self, unit: UnitOfWork, payer_id: str, change: PayerChange, by: Actor) -> Payer:
        """Change what is named.

        Raises:
            InvalidInput, NotFound: as `create` and `get`.
        """
        before = await payer_of(unit, payer_id, to_change=True)
        after = payer_rules.accepted(with_change(before, change))
        await payers.put(unit, after)
        await self._log.record(unit, by, Change(object=f"payer/{after.id}", before=before, after=after))
        return after

    async def archive(self, unit: UnitOfWork, payer_id: str, by: Actor) -> None:
        """Have lists pass over the payer; what refers to it stays.

        Raises:
            NotFound: the tenant has none of that id.
        """
        payer = await payer_of(unit, payer_id, to_change=True)
        await payers.archive(unit, payer.id, self._log.clock())
        await self._log.record(unit, by, Change(object=f"payer/{payer.id}", before=payer))

    async def list(self, unit: UnitOfWork, wanted: PayerFilter, request: PageRequest = FIRST) -> Page[Payer]:
        """Payers by name.

        Raises:
            InvalidInput: the page is none.
        """
        after = position_in(request, wanted, parts=2)
        found = await payers.listed(unit, wanted, after, request.limit() + 1)
        return page_of(found, request, wanted, lambda payer: (payer.sort_name, payer.id))

    async def workflow(self, unit: UnitOfWork, payer_id: str) -> Workflow:
        """How credentialing goes with the payer.

        Raises:
            NotFound: the tenant has no such payer, or nobody said.
        """
        payer = await payer_of(unit, payer_id)
        found = await payers.workflow(unit, payer.id)
        if found is None:
            raise missing("workflow")
        return found

    async def workflows(self, unit: UnitOfWork, payer_ids: Iterable[str]) -> Mapping[str, Workflow]:
        """How credentialing goes with several payers, by the payer's id; where nobody said, there is none."""
        return await payers.workflows(unit, payer_ids)

    async def put_workflow(self, unit: UnitOfWork, payer_id: str, draft: WorkflowDraft, by: Actor) -> Workflow:
        """Say how credentialing goes with the payer, in place of what was said before.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has no such payer.
        """
        payer = await payer_of(unit, payer_id, to_change=True)
        fields = msgspec.structs.asdict(draft)
        after = workflow_rules.accepted(Workflow(**fields, payer_id=payer.id, updated_at=self._log.clock()))
        before = await payers.workflow(unit, payer.id)
        await payers.put_workflow(unit, after)
        await applications.expect(unit, payer.id, after.typical_approval_days)
        await self._log.record(unit, by, Change(object=f"workflow/{payer.id}", before=before, after=after))
        return after

    async def drop_workflow(self, unit: UnitOfWork, payer_id: str, by: Actor) -> None:
        """Take back how credentialing goes with the payer.

        Raises:
            NotFound: as `workflow`.
        """
        before = await self.workflow(unit, payer_id)
        await payers.drop_workflow(unit, payer_id)
        await applications.expect(unit, payer_id, None)
        await self._log.record(unit, by, Change(object=f"workflow/{payer_id}", before=before))

    async def preferences(self, unit: UnitOfWork) -> Preferences:
        """What the organisation settled for itself."""
        return await payers.preferences(unit)

    async def settle(self, unit: UnitOfWork, change: PreferencesChange, by: Actor) -> Preferences:
        """Change what is named.

        Raises:
            InvalidInput: naming every field that does not fit.
        """
        before = await payers.preferences(unit)
        after = preference_rules.accepted(with_change(before, change))
        await payers.put_preferences(unit, after)
        await self._log.record(unit, by, Change(object="credentialing_preferences", before=before, after=after))
        return after

    async def today(self, unit: UnitOfWork) -> date:
        """The calendar day where the organisation is."""
        return self._log.clock().astimezone((await payers.preferences(unit)).zone).date()
