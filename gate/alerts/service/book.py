"""What every service here does alike: number a change, keep it, and have it told."""

from collections.abc import Sequence
from typing import Protocol

from gate.alerts.model.alerts import AlertChange, ToldChange
from gate.alerts.model.telling import Audience, messages_about
from gate.alerts.repository import changes, preferences
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

    def __init__(self, outbox: Outbox, trail: AuditTrail) -> None:
        self._outbox = outbox
        self._trail = trail

    async def enter(
        self, unit: UnitOfWork, entries: Sequence[AlertChange], *audited: AuditEvent
    ) -> Sequence[ToldChange]:
        """Keep the changes and what is to be told of them. The caller has taken a turn, and does nothing more."""
        kept = await changes.append(unit, entries)
        told = await changes.with_alerts(unit, kept)
        if told:
            audience = Audience(await preferences.preferences(unit), await preferences.mutes(unit))
            await self._outbox.add(unit, list(messages_about(told, audience)))
        await self._trail.record(unit, *audited)
        return told

    async def send(self, unit: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
        """Have these told."""
        await self._outbox.add(unit, messages)

    async def audit(self, unit: UnitOfWork, event: AuditEvent) -> None:
        """Record an act that changes no alert."""
        await self._trail.record(unit, event)
