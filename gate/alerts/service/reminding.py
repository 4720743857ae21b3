"""Comes back to alerts that were put off, and to those that nobody reacted to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from gate.alerts.model.alerts import AlertChange, AlertStatus, ChangeKind
from gate.alerts.repository import alerts, preferences
from gate.alerts.repository.rows import take_turn
from gate.alerts.service.book import AlertBook
from gate.alerts.service.raising import THE_GATE
from gate.persistence.unit_of_work import Database, UnitOfWork

_AT_ONCE: Final = 500


class Reminding:
    """Opens its own units, a few hundred alerts in each."""

    def __init__(self, database: Database, book: AlertBook) -> None:
        self._database = database
        self._book = book

    async def wake(self, tenant: str, now: datetime) -> int:
        """Open what was snoozed until now at the latest; how many.

        Raises:
            StoreUnavailable: the alerts cannot be read or written.
        """
        woken = 0
        while True:
            async with self._database.writing(tenant) as unit:
                await take_turn(unit)
                ids = await alerts.to_wake(unit, now, _AT_ONCE)
                if ids:
                    opened = {"status": AlertStatus.OPEN.value, "opened_at": now, "snoozed_until": None}
                    await alerts.change(unit, ids, **opened, reacted_at=None, escalated_at=None)
                    await self._enter(unit, ids, ChangeKind.WOKEN, now)
            woken += len(ids)
            if len(ids) < _AT_ONCE:
                return woken

    async def escalate(self, tenant: str, now: datetime) -> int:
        """Tell more people of alerts that nobody reacted to for as long as the tenant settled; how many.

        Raises:
            StoreUnavailable: the alerts cannot be read or written.
        """
        escalated = 0
        while True:
            async with self._database.writing(tenant) as unit:
                days = (await preferences.preferences(unit)).escalate_after_days
                if not days:
                    return escalated
                await take_turn(unit)
                ids = await alerts.without_reaction(unit, now - timedelta(days=days), _AT_ONCE)
                if ids:
                    await alerts.change(unit, ids, escalated_at=now)
                    await self._enter(unit, ids, ChangeKind.ESCALATED, now)
            escalated += len(ids)
            if len(ids) < _AT_ONCE:
                return escalated

    async def _enter(self, unit: UnitOfWork, ids: Sequence[str], what: ChangeKind, now: datetime) -> None:
        await self._book.enter(unit, [AlertChange(alert_id=each, what=what, at=now, by=THE_GATE) for each in ids])
