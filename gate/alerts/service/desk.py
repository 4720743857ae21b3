"""What people do with alerts. Runs within the caller's unit of work and never commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from gate.alerts.model import acts
from gate.alerts.model.acts import Act, Handled
from gate.alerts.model.alerts import Alert, AlertChange, AlertStatus, ToldChange
from gate.alerts.model.due_dates import Subject
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.pages import AlertCounts, AlertFile, AlertFilter, AlertPage, page_of, position_in
from gate.alerts.model.preferences import is_muted
from gate.alerts.model.telling import described
from gate.alerts.repository import alerts, changes, preferences, pressing
from gate.alerts.repository.rows import take_turn
from gate.alerts.service.book import AlertBook
from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.clock import Clock
from gate.errors import NotFound, PreconditionFailed
from gate.page_tokens import page_size
from gate.persistence.unit_of_work import UnitOfWork

_MOST_CHANGES: Final = 1_000


class AlertDesk:
    """The alerts of one tenant: the unit's."""

    def __init__(self, book: AlertBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def list(
        self, unit: UnitOfWork, wanted: AlertFilter, by: Actor, *, size: int = 0, token: str = ""
    ) -> AlertPage:
        """Alerts, the most overdue first, without those of kinds that the tenant or the caller muted.

        Raises:
            InvalidInput: the filter or the page is none.
        """
        verified, limit = wanted.verified(), page_size(size)
        after = position_in(token, verified)
        without = await self._muted_for(unit, by)
        found = await alerts.listed(unit, verified, without=without, after=after, limit=limit + 1)
        return page_of(found, limit, verified)

    async def get(self, unit: UnitOfWork, alert_id: str) -> AlertFile:
        """One alert with its history.

        Raises:
            NotFound: the tenant has none of that id.
        """
        alert = await _find(unit, alert_id)
        return AlertFile(alert, await changes.of_alert(unit, alert.id, _MOST_CHANGES), described(alert))

    async def counts(self, unit: UnitOfWork, by: Actor) -> AlertCounts:
        """How many alerts there are of kinds that neither the tenant nor the caller muted."""
        return await pressing.counts(unit, await self._muted_for(unit, by))

    async def foremost(self, unit: UnitOfWork, by: Actor, limit: int) -> Sequence[Alert]:
        """The first open alerts that are the caller's, and as many that are nobody's, without muted kinds."""
        return await pressing.first_open(unit, by.subject, await self._muted_for(unit, by), limit)

    async def handled(self, unit: UnitOfWork, subjects: Iterable[Subject], by: Actor) -> set[Subject]:
        """Those of the subjects with a current alert that somebody reacted to, or that is in somebody else's hands."""
        current = await alerts.current_of(unit, subjects)
        return {
            subject
            for subject, raised in current.items()
            if any(each.status is not AlertStatus.OPEN or each.assigned_to not in {"", by.subject} for each in raised)
        }

    async def changes(self, unit: UnitOfWork, after: int, limit: int) -> Sequence[ToldChange]:
        """What happened behind the change of that number."""
        return await changes.after(unit, after, limit)

    async def acknowledge(self, unit: UnitOfWork, alert_id: str, note: str, by: Actor) -> Alert:
        """Say that somebody knows: it is not escalated, and stays until its deadline moves or comes nearer (row R20).

        Raises:
            InvalidInput: the note is none.
            NotFound: as `get`.
            PreconditionFailed: the alert is closed.
        """
        return await self._do(unit, alert_id, acts.acknowledgement(note), by)

    async def snooze(self, unit: UnitOfWork, alert_id: str, until: datetime, note: str, by: Actor) -> Alert:
        """Put it off. The next tier raises an alert of its own, whatever was put off.

        Raises:
            InvalidInput: the instant is past or more than a year ahead, or the note is none.
            NotFound, PreconditionFailed: as `acknowledge`.
        """
        return await self._do(unit, alert_id, acts.snooze(until, note, self._clock()), by)

    async def assign(self, unit: UnitOfWork, alert_id: str, to: str, by: Actor) -> Alert:
        """Give it to somebody; empty: to nobody. Whoever has it gets the alerts of the tiers that follow, too.

        Raises:
            InvalidInput: nobody could be called so.
            NotFound, PreconditionFailed: as `acknowledge`.
        """
        return await self._do(unit, alert_id, acts.assignment(to), by)

    async def take(self, unit: UnitOfWork, alert_id: str, by: Actor) -> Alert:
        """Have the caller be the one who has it, where it is nobody's.

        Raises:
            NotFound, PreconditionFailed: as `acknowledge`; or somebody else has it.
        """
        await take_turn(unit)
        owner = (await _find(unit, alert_id)).assigned_to
        if owner not in {"", by.subject}:
            raise PreconditionFailed(f"{owner} has it in hand")
        return await self.assign(unit, alert_id, by.subject, by)

    async def add_note(self, unit: UnitOfWork, alert_id: str, note: str, by: Actor) -> Alert:
        """Write something into its history; of a closed alert, too.

        Raises:
            InvalidInput: the note is none.
            NotFound: as `get`.
        """
        return await self._do(unit, alert_id, acts.remark(note), by)

    async def acknowledge_several(
        self, unit: UnitOfWork, alert_ids: Sequence[str], note: str, by: Actor
    ) -> Sequence[Handled]:
        """`acknowledge` each of several, in the order named. One that refuses keeps none of the others from it.

        Raises:
            InvalidInput: as `acknowledge`; no alert is named, or too many are. Nothing was done then.
        """
        return await self._do_to_several(unit, alert_ids, acts.acknowledgement(note), by)

    async def snooze_several(
        self, unit: UnitOfWork, alert_ids: Sequence[str], until: datetime, note: str, by: Actor
    ) -> Sequence[Handled]:
        """`snooze` each of several, like `acknowledge_several`.

        Raises:
            InvalidInput: as `snooze` and `acknowledge_several`.
        """
        return await self._do_to_several(unit, alert_ids, acts.snooze(until, note, self._clock()), by)

    async def assign_several(self, unit: UnitOfWork, alert_ids: Sequence[str], to: str, by: Actor) -> Sequence[Handled]:
        """`assign` each of several, like `acknowledge_several`.

        Raises:
            InvalidInput: as `assign` and `acknowledge_several`.
        """
        return await self._do_to_several(unit, alert_ids, acts.assignment(to), by)

    async def _do(self, unit: UnitOfWork, alert_id: str, act: Act, by: Actor) -> Alert:
        (handled,) = await self._do_to_several(unit, [alert_id], act, by)
        if handled.alert is None:
            raise NotFound(handled.refusal)
        if handled.refusal:
            raise PreconditionFailed(handled.refusal)
        return handled.alert

    async def _do_to_several(
        self, unit: UnitOfWork, alert_ids: Sequence[str], act: Act, by: Actor
    ) -> Sequence[Handled]:
        wanted = acts.several(alert_ids)
        await take_turn(unit)
        found = {alert.id: alert for alert in await alerts.several(unit, list(filter(_is_id, wanted)))}
        refusals = {alert_id: acts.refusal_of(act, found.get(alert_id)) for alert_id in wanted}
        handled = await self._enter(unit, [found[each] for each in wanted if not refusals[each]], act, by)
        return [
            Handled(alert_id=each, refusal=refusals[each], alert=handled.get(each, found.get(each))) for each in wanted
        ]

    async def _enter(self, unit: UnitOfWork, handled: Sequence[Alert], act: Act, by: Actor) -> Mapping[str, Alert]:
        """The alerts as they are now, by id; each has an entry of its own in its history and in the audit log."""
        if not handled:
            return {}
        now = self._clock()
        if act.changes:
            await alerts.change(unit, [alert.id for alert in handled], **act.changes)
        if first := [alert.id for alert in handled if alert.is_current and alert.reacted_at is None]:
            await alerts.change(unit, first, reacted_at=now)
        entries = [
            AlertChange(alert_id=alert.id, what=act.what, at=now, by=by.subject, note=act.note) for alert in handled
        ]
        told = await self._book.enter(unit, entries, *(_audited(alert, act, by, now) for alert in handled))
        return {each.alert.id: each.alert for each in told}

    async def _muted_for(self, unit: UnitOfWork, by: Actor) -> Collection[AlertKind]:
        mutes = await preferences.mutes(unit)
        return [kind for kind in AlertKind if is_muted(mutes, kind, by.subject)]


async def _find(unit: UnitOfWork, alert_id: str) -> Alert:
    found = await alerts.find(unit, alert_id) if _is_id(alert_id) else None
    if found is None:
        raise NotFound("there is no such alert")
    return found


def _is_id(text: str) -> bool:
    """What could be none of ours is not looked up."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _audited(alert: Alert, act: Act, by: Actor, now: datetime) -> AuditEvent:
    return AuditEvent(
        actor=by,
        action=AuditAction.ALERT_HANDLED,
        object=f"alert/{alert.id}",
        at=now,
        details={"what": act.what.value, "name": alert.name},
    )
