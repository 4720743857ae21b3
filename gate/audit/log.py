"""The audit log: the trail whose entries are chained."""

from typing import Protocol

from gate.audit import repository
from gate.audit.chain import Anchor, linked
from gate.audit.model import AuditEvent
from gate.clock import Clock
from gate.persistence.unit_of_work import UnitOfWork


class HeadObserver(Protocol):
    """Hears what chains end with."""

    def appended(self, head: Anchor) -> None:
        """An entry was committed; of those that were committed together, the last."""
        ...


class AuditLog:
    """An `AuditTrail`. One tenant's writers append one after the other; tenants do not wait for each other."""

    def __init__(self, heads: HeadObserver, clock: Clock) -> None:
        self._heads = heads
        self._clock = clock

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        """Append within the caller's transaction: what is rolled back was never recorded, and the other way round.

        Best the last thing that a unit does: until it ends, nobody else can record anything for its tenant.

        Raises:
            ValueError: an event of another tenant than the unit's, or of an instant without a time zone.
        """
        if any(event.actor.tenant != unit.tenant for event in events):
            raise ValueError("an event of another tenant was about to be recorded")
        if not events:
            return
        await repository.take_turn(unit.session, unit.tenant)
        # A statement of its own, after the wait: it has to see what was committed meanwhile.
        before = await repository.head(unit.session, unit.tenant)
        entries = linked(events, sequence=before.sequence, previous_hash=before.hash)
        await repository.append(unit.session, entries)
        last = entries[-1]
        head = Anchor(tenant=unit.tenant, sequence=last.sequence, hash=last.hash, at=self._clock())

        async def tell() -> None:
            self._heads.appended(head)

        unit.after_commit(tell)

    async def anchor(self, unit: UnitOfWork) -> Anchor:
        """What the tenant's chain ends with now; entry 0 where nothing was recorded yet."""
        head = await repository.head(unit.session, unit.tenant)
        return Anchor(tenant=unit.tenant, sequence=head.sequence, hash=head.hash, at=self._clock())
