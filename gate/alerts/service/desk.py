"""What people do with alerts. Runs within the caller's unit of work and never commits."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gate.alerts.model import preferences as preference_rules
from gate.alerts.model import texts
from gate.alerts.model.alerts import Alert, AlertChange, AlertStatus, ChangeKind, ToldChange
from gate.alerts.model.due_dates import Subject
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.pages import (
    AlertCounts,
    AlertFile,
    AlertFilter,
    AlertPage,
    page_of,
    position_in,
)
from gate.alerts.model.preferences import MailStyle, Mute, NotificationPreferences, PreferencesChange, is_muted
from gate.alerts.model.telling import described
from gate.alerts.repository import alerts, changes, preferences, pressing
from gate.alerts.repository.rows import NO_DAY, take_turn
from gate.alerts.service.book import AlertBook
from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.clock import Clock
from gate.errors import FieldViolation, InvalidInput, NotFound, PreconditionFailed
from gate.page_tokens import page_size
from gate.persistence.unit_of_work import UnitOfWork

_LONGEST_SNOOZE: Final = timedelta(days=365)
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
        kept = texts.note("note", note)
        return await self._handle(
            unit, alert_id, ChangeKind.ACKNOWLEDGED, by, kept, status=AlertStatus.ACKNOWLEDGED.value, snoozed_until=None
        )

    async def snooze(self, unit: UnitOfWork, alert_id: str, until: datetime, note: str, by: Actor) -> Alert:
        """Put it off. The next tier raises an alert of its own, whatever was put off.

        Raises:
            InvalidInput: the instant is past or more than a year ahead, or the note is none.
            NotFound, PreconditionFailed: as `acknowledge`.
        """
        now = self._clock()
        if until.tzinfo is None or not now < until <= now + _LONGEST_SNOOZE:
            raise InvalidInput(FieldViolation("until", "must be an instant within the next 365 days"))
        kept = texts.note("note", note)
        return await self._handle(
            unit, alert_id, ChangeKind.SNOOZED, by, kept, status=AlertStatus.SNOOZED.value, snoozed_until=until
        )

    async def assign(self, unit: UnitOfWork, alert_id: str, to: str, by: Actor) -> Alert:
        """Give it to somebody; empty: to nobody. Whoever has it gets the alerts of the tiers that follow, too.

        Raises:
            InvalidInput: nobody could be called so.
            NotFound, PreconditionFailed: as `acknowledge`.
        """
        person = texts.line("assigned_to", to)
        return await self._handle(unit, alert_id, ChangeKind.ASSIGNED, by, person, assigned_to=person)

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
        kept = texts.note("note", note, required=True)
        return await self._handle(unit, alert_id, ChangeKind.NOTED, by, kept)

    async def mute(self, unit: UnitOfWork, kind: AlertKind, by: Actor, *, for_all: bool) -> Sequence[Mute]:
        """Hear no more of a kind: the caller, or the whole tenant. Its alerts are still raised, and can be asked for.

        Returns:
            All that are in force.
        """
        person = "" if for_all else by.subject
        muted = Mute(kind=kind, person=person, muted_by=by.subject, muted_at=self._clock())
        if await preferences.add_mute(unit, muted):
            await self._audit(unit, AuditAction.ALERT_KIND_MUTED, f"alert_kind/{kind.value}", by, person=person)
        return await preferences.mutes(unit)

    async def unmute(self, unit: UnitOfWork, kind: AlertKind, by: Actor, *, for_all: bool) -> Sequence[Mute]:
        """Hear of a kind again.

        Returns:
            All that are in force.
        """
        person = "" if for_all else by.subject
        if await preferences.remove_mute(unit, kind, person):
            await self._audit(unit, AuditAction.ALERT_KIND_UNMUTED, f"alert_kind/{kind.value}", by, person=person)
        return await preferences.mutes(unit)

    async def mutes(self, unit: UnitOfWork) -> Sequence[Mute]:
        """All that are in force."""
        return await preferences.mutes(unit)

    async def preferences(self, unit: UnitOfWork) -> NotificationPreferences:
        """Whom the tenant wants to be told."""
        return await preferences.preferences(unit)

    async def settle(self, unit: UnitOfWork, change: PreferencesChange, by: Actor) -> NotificationPreferences:
        """Change whom the tenant wants to be told.

        Raises:
            InvalidInput: naming every field that does not fit.
        """
        await take_turn(unit)
        before = await preferences.preferences(unit)
        after = preference_rules.changed(before, change)
        await preferences.put_preferences(unit, after)
        had = {each.person for each in before.recipients if each.style is MailStyle.DIGEST}
        newest = await changes.last_number(unit)
        for recipient in after.recipients:
            if recipient.style is MailStyle.DIGEST and recipient.person not in had:
                await preferences.put_digest(unit, recipient.person, newest, NO_DAY)
        if after != before:
            await self._audit(
                unit,
                AuditAction.ALERT_PREFERENCES_CHANGED,
                "alert_preferences",
                by,
                recipients=len(after.recipients),
                escalate_after_days=after.escalate_after_days,
            )
        return after

    async def _handle(
        self, unit: UnitOfWork, alert_id: str, what: ChangeKind, by: Actor, note: str, **values: object
    ) -> Alert:
        await take_turn(unit)
        alert = await _find(unit, alert_id)
        if values and not alert.is_current:
            raise PreconditionFailed(f"the alert is closed: {alert.status.value}")
        now = self._clock()
        if alert.is_current:
            values["reacted_at"] = alert.reacted_at or now
        if values:
            await alerts.change(unit, [alert.id], **values)
        event = AuditEvent(
            actor=by,
            action=AuditAction.ALERT_HANDLED,
            object=f"alert/{alert.id}",
            at=now,
            details={"what": what.value, "name": alert.name},
        )
        entry = AlertChange(alert_id=alert.id, what=what, at=now, by=by.subject, note=note)
        (told,) = await self._book.enter(unit, [entry], event)
        return told.alert

    async def _muted_for(self, unit: UnitOfWork, by: Actor) -> Collection[AlertKind]:
        mutes = await preferences.mutes(unit)
        return [kind for kind in AlertKind if is_muted(mutes, kind, by.subject)]

    async def _audit(self, unit: UnitOfWork, action: AuditAction, what: str, by: Actor, **details: str | int) -> None:
        event = AuditEvent(actor=by, action=action, object=what, at=self._clock(), details=details)
        await self._book.audit(unit, event)


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
