"""Comes back to alerts that were put off, and to those that nobody reacted to."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gate.alerts.model.alerts import AlertChange, AlertStatus, ChangeKind
from gate.alerts.repository import alerts, preferences
from gate.alerts.repository.rows import take_turn
from gate.alerts.service.book import AlertBook
from gate.alerts.service.raising import THE_GATE
from gate.persistence.unit_of_work import Database, UnitOfWork

_AT_ONCE: Final = 500
_Wanted = Callable[[UnitOfWork, datetime], Awaitable[Sequence[str]]]
_Act = Callable[[UnitOfWork, Sequence[str], datetime], Awaitable[None]]


class Reminded(msgspec.Struct, frozen=True):
    """How many alerts somebody is to look at again."""

    woken: int
    escalated: int


class Reminding:
    """Opens its own units, a few hundred alerts in each."""

    def __init__(self, database: Database, book: AlertBook) -> None:
        self._database = database
        self._book = book

    async def remind(self, tenant: str, now: datetime) -> Reminded:
        """Open what was put off until now, and tell more people of what nobody reacted to in the time that was settled.

        Raises:
            StoreUnavailable: the alerts cannot be read or written.
        """
        async with self._database.reading(tenant) as unit:  # mostly there is nothing to do: keep nobody waiting
            to_wake, to_escalate = await _to_wake(unit, now), await _to_escalate(unit, now)
        woken = await self._each(tenant, now, _to_wake, self._wake) if to_wake else 0
        escalated = await self._each(tenant, now, _to_escalate, self._escalate) if to_escalate else 0
        return Reminded(woken, escalated)

    async def _each(self, tenant: str, now: datetime, wanted: _Wanted, act: _Act) -> int:
        done = 0
        while True:
            async with self._database.writing(tenant) as unit:
                await take_turn(unit)
                ids = await wanted(unit, now)
                if ids:
                    await act(unit, ids, now)
            done += len(ids)
            if len(ids) < _AT_ONCE:
                return done

    async def _wake(self, unit: UnitOfWork, ids: Sequence[str], now: datetime) -> None:
        opened = {"status": AlertStatus.OPEN.value, "opened_at": now, "snoozed_until": None}
        await alerts.change(unit, ids, **opened, reacted_at=None, escalated_at=None)
        await self._enter(unit, ids, ChangeKind.WOKEN, now)

    async def _escalate(self, unit: UnitOfWork, ids: Sequence[str], now: datetime) -> None:
        await alerts.change(unit, ids, escalated_at=now)
        await self._enter(unit, ids, ChangeKind.ESCALATED, now)

    async def _enter(self, unit: UnitOfWork, ids: Sequence[str], what: ChangeKind, now: datetime) -> None:
        await self._book.enter(unit, [AlertChange(alert_id=each, what=what, at=now, by=THE_GATE) for each in ids])


async def _to_wake(unit: UnitOfWork, now: datetime) -> Sequence[str]:
    return await alerts.to_wake(unit, now, _AT_ONCE)


async def _to_escalate(unit: UnitOfWork, now: datetime) -> Sequence[str]:
    days = (await preferences.preferences(unit)).escalate_after_days
    return await alerts.without_reaction(unit, now - timedelta(days=days), _AT_ONCE) if days else ()
