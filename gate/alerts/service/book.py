"""What every service here does alike: number a change, keep it, and have it told."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from gate.alerts.model.alerts import AlertChange, ToldChange
from gate.alerts.model.telling import Audience, messages_about
from gate.alerts.repository import changes, preferences
from gate.alerts.service.observer import AlertObserver
from gate.audit.model import AuditEvent
from gate.audit.trail import AuditTrail
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import UnitOfWork


class Outbox(Protocol):
    """Where messages are left for whoever delivers them."""

    async def add(self, unit: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
        """Keep them in the unit's own transaction; one whose channel and key are kept already stays as it is."""
        ...


class AlertBook:
    """Enters changes of alerts, within the unit that makes them."""

    def __init__(self, outbox: Outbox, trail: AuditTrail, observer: AlertObserver) -> None:
        self._outbox = outbox
        self._trail = trail
        self._observer = observer

    async def enter(
        self, unit: UnitOfWork, entries: Sequence[AlertChange], *audited: AuditEvent
    ) -> Sequence[ToldChange]:
        """Keep the changes and what is to be told of them. The caller has taken a turn, and does nothing more."""
        kept = await changes.append(unit, entries)
        told = await changes.with_alerts(unit, kept)
        if told:
            audience = Audience(await preferences.preferences(unit), await preferences.mutes(unit))
            await self._outbox.add(unit, list(messages_about(told, audience)))
            self._count(unit, told)
        await self._trail.record(unit, *audited)
        return told

    async def send_digests(self, unit: UnitOfWork, digests: Sequence[OutgoingMessage]) -> None:
        """Have these sent."""
        if not digests:
            return
        await self._outbox.add(unit, digests)

        async def count() -> None:
            self._observer.digests_written(len(digests))

        unit.after_commit(count)

    async def audit(self, unit: UnitOfWork, event: AuditEvent) -> None:
        """Record an act that changes no alert."""
        await self._trail.record(unit, event)

    def _count(self, unit: UnitOfWork, told: Sequence[ToldChange]) -> None:
        sorts = Counter((each.alert.kind, each.alert.urgency, each.change.what) for each in told)

        async def count() -> None:
            for (kind, urgency, what), changes_of_sort in sorts.items():
                self._observer.alerts_changed(kind.value, urgency.value, what.value, changes_of_sort)

        unit.after_commit(count)
