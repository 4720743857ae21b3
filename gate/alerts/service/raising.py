"""Raises and closes alerts for what is known of due dates. Runs within the caller's unit and never commits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import uuid_utils

from gate.alerts.model.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from gate.alerts.model.due_dates import ChargesSeen, DueDate
from gate.alerts.model.kinds import effect_of, tier_name, urgency_of
from gate.alerts.model.settling import Settlement, settle
from gate.alerts.repository import alerts
from gate.alerts.repository.rows import take_turn
from gate.alerts.service.book import AlertBook
from gate.audit.model import AuditAction, AuditEvent, the_gate
from gate.persistence.unit_of_work import UnitOfWork

THE_GATE: Final = "gate"
_CHANGE_OF: Final = {
    AlertStatus.SUPERSEDED: ChangeKind.SUPERSEDED,
    AlertStatus.RENEWED: ChangeKind.RENEWED,
    AlertStatus.ENDED: ChangeKind.ENDED,
}


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts were changed in which way."""

    raised: int = 0
    reopened: int = 0
    closed: int = 0

    def __add__(self, other: "Raised") -> "Raised":
        """Both together."""
        return Raised(
            raised=self.raised + other.raised,
            reopened=self.reopened + other.reopened,
            closed=self.closed + other.closed,
        )


async def unsettled(unit: UnitOfWork, due_dates: Sequence[DueDate]) -> Sequence[DueDate]:
    """Those that may change alerts. Only current alerts are looked at, and nobody is kept waiting."""
    current = await alerts.current_of(unit, (due.subject for due in due_dates))
    return [due for due in due_dates if not settle(due, current.get(due.subject, ())).is_nothing]


class Raising:
    """The alerts of one tenant: the unit's."""

    def __init__(self, book: AlertBook) -> None:
        self._book = book

    async def apply(
        self, unit: UnitOfWork, due_dates: Sequence[DueDate], charges: ChargesSeen, now: datetime
    ) -> Raised:
        """Have the alerts say what is the case. Whoever else does the same meanwhile waits, and finds it done."""
        await take_turn(unit)
        known = await alerts.all_of(unit, (due.subject for due in due_dates))
        settled = [(due, settle(due, known.get(due.subject, ()))) for due in due_dates]
        entries = [*await _closed(unit, settled, now), *await _reopened(unit, settled, now)]
        closed = sum(entry.what is not ChangeKind.REOPENED for entry in entries)
        raised = [_alert(due, found, charges, now) for due, found in settled if found.tier is not None]
        kept = await alerts.add(unit, raised)
        entries += (_entry(alert.id, ChangeKind.RAISED, now) for alert in raised if alert.id in kept)
        did = Raised(raised=len(kept), reopened=len(entries) - closed - len(kept), closed=closed)
        if entries:
            await self._book.enter(unit, entries, _audited(unit, did, now))
        return did


async def _closed(
    unit: UnitOfWork, settled: Iterable[tuple[DueDate, Settlement]], now: datetime
) -> Sequence[AlertChange]:
    by_status: dict[AlertStatus, list[str]] = defaultdict(list)
    for _, found in settled:
        for closing in found.closings:
            by_status[closing.status].append(closing.alert.id)
    for status, ids in by_status.items():
        await alerts.change(unit, ids, status=status.value, closed_at=now, snoozed_until=None)
    return [_entry(each, _CHANGE_OF[status], now) for status, ids in by_status.items() for each in ids]


async def _reopened(
    unit: UnitOfWork, settled: Iterable[tuple[DueDate, Settlement]], now: datetime
) -> Sequence[AlertChange]:
    ids = [found.reopened.id for _, found in settled if found.reopened is not None]
    if ids:
        opened = {"status": AlertStatus.OPEN.value, "closed_at": None, "opened_at": now}
        await alerts.change(unit, ids, **opened, reacted_at=None, escalated_at=None)
    return [_entry(each, ChangeKind.REOPENED, now) for each in ids]


def _alert(due: DueDate, found: Settlement, charges: ChargesSeen, now: datetime) -> Alert:
    tier = found.tier
    if tier is None:
        raise ValueError("there is no tier to raise an alert for")
    return Alert(
        id=str(uuid_utils.uuid7()),
        name=tier_name(due.kind, tier),
        kind=due.kind,
        key=due.key,
        due_on=due.due_on,
        tier=tier,
        urgency=urgency_of(tier, due.rungs),
        effect=effect_of(due.kind, tier, due.rungs, pends_past_due=due.pends_past_due),
        status=AlertStatus.OPEN,
        npi=due.npi,
        state=due.state,
        provider=due.provider,
        about=due.about,
        source=due.source,
        verified_at=due.verified_at,
        charge_cents=charges.at_risk(due.npi, due.state),
        raised_at=now,
        opened_at=now,
        assigned_to=(found.heir_of.assigned_to if found.heir_of is not None else "") or due.owner,
    )


def _entry(alert_id: str, what: ChangeKind, now: datetime) -> AlertChange:
    return AlertChange(alert_id=alert_id, what=what, at=now, by=THE_GATE)


def _audited(unit: UnitOfWork, did: Raised, now: datetime) -> AuditEvent:
    return AuditEvent(
        actor=the_gate(unit.tenant),
        action=AuditAction.ALERTS_SCANNED,
        object="alerts",
        at=now,
        details=msgspec.structs.asdict(did),
    )
