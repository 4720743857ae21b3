"""Who wants to be told of what, and how. Runs within the caller's unit of work and never commits."""

from collections.abc import Sequence

from gate.alerts.model import preferences as rules
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import MailStyle, Mute, NotificationPreferences, PreferencesChange
from gate.alerts.repository import changes, preferences
from gate.alerts.repository.rows import NO_DAY, take_turn
from gate.alerts.service.book import AlertBook
from gate.alerts.service.digests import digest_of
from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.clock import Clock
from gate.persistence.unit_of_work import UnitOfWork


class NotificationDesk:
    """What the tenant and each of its people settled: the unit's tenant."""

    def __init__(self, book: AlertBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

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

    async def preferences(self, unit: UnitOfWork, *, to_change: bool = False) -> NotificationPreferences:
        """Whom the tenant wants to be told. `to_change` keeps everybody else from changing it until the commit."""
        if to_change:
            await take_turn(unit)
        return await preferences.preferences(unit)

    async def settle(self, unit: UnitOfWork, change: PreferencesChange, by: Actor) -> NotificationPreferences:
        """Change whom the tenant wants to be told.

        Raises:
            InvalidInput: naming every field that does not fit.
        """
        before = await self.preferences(unit, to_change=True)
        return await self._keep(unit, before, rules.changed(before, change), by)

    async def choose(self, unit: UnitOfWork, style: MailStyle, by: Actor) -> NotificationPreferences:
        """Have mails for each alert, one a day, or none: the caller, for themselves.

        Raises:
            PreconditionFailed: there is no address for the caller's mails.
            InvalidInput: there are as many recipients as there may be.
        """
        before = await self.preferences(unit, to_change=True)
        return await self._keep(unit, before, rules.chosen(before, by.subject, style), by, own=style.value)

    async def _keep(
        self, unit: UnitOfWork, before: NotificationPreferences, after: NotificationPreferences, by: Actor, **told: str
    ) -> NotificationPreferences:
        if after == before:
            return after
        await preferences.put_preferences(unit, after)
        await self._begin_digests(unit, before, after)
        await self._end_digests(unit, before, after)
        await self._audit(
            unit,
            AuditAction.ALERT_PREFERENCES_CHANGED,
            "alert_preferences",
            by,
            recipients=len(after.recipients),
            escalate_after_days=after.escalate_after_days,
            **told,
        )
        return after

    async def _begin_digests(
        self, unit: UnitOfWork, before: NotificationPreferences, after: NotificationPreferences
    ) -> None:
        """Whoever begins to have digests is told of what is raised from now on."""
        had = {each.person for each in before.recipients if each.style is MailStyle.DIGEST}
        newest = await changes.last_number(unit)
        for recipient in after.recipients:
            if recipient.style is MailStyle.DIGEST and recipient.person not in had:
                await preferences.put_digest(unit, recipient.person, newest, NO_DAY)

    async def _end_digests(
        self, unit: UnitOfWork, before: NotificationPreferences, after: NotificationPreferences
    ) -> None:
        """Whoever wants single mails instead is told at once of what would have been in the next digest."""
        told, newest, now = await preferences.digests(unit), await changes.last_number(unit), self._clock()
        mutes, last = await preferences.mutes(unit), []
        for recipient in after.recipients:
            old = before.recipient(recipient.person)
            if recipient.style is MailStyle.SINGLE and old is not None and old.style is MailStyle.DIGEST:
                span = told[recipient.person][0], newest
                last += await digest_of(unit, recipient, span, mutes, after.day_of(now), now)
        await self._book.send_digests(unit, last)

    async def _audit(self, unit: UnitOfWork, action: AuditAction, what: str, by: Actor, **details: str | int) -> None:
        event = AuditEvent(actor=by, action=action, object=what, at=self._clock(), details=details)
        await self._book.audit(unit, event)
