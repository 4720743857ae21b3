"""Looks at every due date there is, page by page, and has the alerts say what is the case."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from gate.alerts.model.due_dates import Charges, ChargesSeen, DueDate, Subject, WatchedDueDates
from gate.alerts.model.kinds import AlertKind
from gate.alerts.repository import alerts
from gate.alerts.service.observer import AlertObserver
from gate.alerts.service.raising import Raised, Raising, unsettled
from gate.alerts.service.reminding import Reminding
from gate.errors import StoreUnavailable
from gate.persistence.unit_of_work import Database

PAGE: Final = 1_000
"""Subjects that are looked at together."""
MONEY_DAYS: Final = 90
_log = structlog.stdlib.get_logger(__name__)


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one scan."""

    looked_at: int
    raised: int
    reopened: int
    closed: int
    woken: int
    """Back from being snoozed."""
    escalated: int
    unavailable: Sequence[AlertKind]
    """Of these kinds it could not be told how they stand: nothing of them was raised or closed."""


class ScanService:
    """Opens its own units: a transaction for each page that changes something.

    A scan that was cut off is simply run again: what it did stays, and nothing is done twice, by however many
    schedulers at once.
    """

    def __init__(  # noqa: PLR0913 - what a scan is made of
        self,
        database: Database,
        watched: Sequence[WatchedDueDates],
        charges: Charges,
        raising: Raising,
        reminding: Reminding,
        observer: AlertObserver,
        *,
        page: int = PAGE,
    ) -> None:
        self._database = database
        self._watched = watched
        self._charges = charges
        self._raising = raising
        self._reminding = reminding
        self._observer = observer
        self._page = page

    async def scan(self, tenant: str, now: datetime) -> ScanResult:
        """Raise what is due, close what is not, wake what was snoozed, escalate what nobody reacted to.

        Raises:
            StoreUnavailable: the alerts themselves cannot be read or written; what was done until then stays.
        """
        did, looked_at = Raised(), 0
        unavailable: list[AlertKind] = []
        for watched in self._watched:
            try:
                async for due_dates in self._due_dates(tenant, watched, now):
                    looked_at += len(due_dates)
                    did += await self._settle(tenant, due_dates, now)
            except _CannotBeTold as error:
                _log.warning("due_dates_unavailable", tenant=tenant, kinds=sorted(watched.kinds), error=str(error))
                unavailable += sorted(watched.kinds)
            for kind in watched.kinds:
                self._observer.due_dates_read(kind.value, are_told=kind not in unavailable)
        reminded = await self._reminding.remind(tenant, now)
        return ScanResult(
            looked_at=looked_at,
            raised=did.raised,
            reopened=did.reopened,
            closed=did.closed,
            woken=reminded.woken,
            escalated=reminded.escalated,
            unavailable=unavailable,
        )

    async def _due_dates(
        self, tenant: str, watched: WatchedDueDates, now: datetime
    ) -> AsyncIterator[Sequence[DueDate]]:
        """First what comes near, then what there are alerts of and was not met on the way."""
        met: set[Subject] = set()
        position, is_more = "", True
        while is_more:
            try:
                page = await watched.approaching(tenant, now, position, self._page)
            except StoreUnavailable as error:
                raise _CannotBeTold from error
            met.update(due.subject for due in page.due_dates)
            yield page.due_dates
            position, is_more = page.next_position, bool(page.next_position)
        after: Subject | None = None
        while True:
            subjects = await self._with_alerts(tenant, watched.kinds, after)
            if others := [subject for subject in subjects if subject not in met]:
                try:
                    present = await watched.present(tenant, now, others)
                except StoreUnavailable as error:
                    raise _CannotBeTold from error
                yield present
            if len(subjects) < self._page:
                return
            after = subjects[-1]

    async def _with_alerts(self, tenant: str, kinds: frozenset[AlertKind], after: Subject | None) -> Sequence[Subject]:
        async with self._database.reading(tenant) as unit:
            return await alerts.subjects_with_alerts(unit, kinds, after, self._page)

    async def _settle(self, tenant: str, due_dates: Sequence[DueDate], now: datetime) -> Raised:
        """Look first without keeping anybody waiting: on most days next to nothing changes."""
        async with self._database.reading(tenant) as unit:
            changing = await unsettled(unit, due_dates)
        if not changing:
            return Raised()
        charges = await self._charges_of(tenant, changing, now)
        async with self._database.writing(tenant) as unit:
            return await self._raising.apply(unit, changing, charges, now)

    async def _charges_of(self, tenant: str, due_dates: Sequence[DueDate], now: datetime) -> ChargesSeen:
        npis = {due.npi for due in due_dates if due.npi}
        return await self._charges.of(tenant, npis, now - timedelta(days=MONEY_DAYS)) if npis else ChargesSeen({})


class _CannotBeTold(Exception):
    """Who keeps the due dates cannot be read at present."""
