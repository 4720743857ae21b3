"""How many alerts there are, of all tenants: asked when somebody looks at the metrics."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from gate.alerts.repository import pressing
from gate.alerts.service.observer import AlertObserver
from gate.clock import Clock
from gate.errors import StoreUnavailable
from gate.persistence.unit_of_work import Database

_PATIENCE_SECONDS: Final = 0.5
"""Whoever looks waits no longer: what comes later is told at the next look."""
_AGAIN: Final = timedelta(seconds=15)
"""However many look, the database is not asked more often."""
_log = structlog.stdlib.get_logger(__name__)


class AlertStanding:
    """One of a process."""

    def __init__(self, database: Database, observer: AlertObserver, clock: Clock) -> None:
        self._database = database
        self._observer = observer
        self._clock = clock
        self._asking: asyncio.Task[None] | None = None
        self._asked_at: datetime | None = None

    async def look(self) -> None:
        """Have the observer told, if it was not a moment ago. Never raises."""
        now = self._clock()
        is_at_it = self._asking is not None and not self._asking.done()
        if not is_at_it and (self._asked_at is None or now >= self._asked_at + _AGAIN):
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask(), name="alerts-standing")
        if self._asking is not None:
            await asyncio.wait((self._asking,), timeout=_PATIENCE_SECONDS)

    async def aclose(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self) -> None:
        try:
            counts = await pressing.standing(self._database)
        except StoreUnavailable:
            self._observer.alerts_stand(None)
        except Exception as error:  # noqa: BLE001 - a database that is not migrated yet: everything else can be looked at
            _log.warning("alerts_not_counted", error=type(error).__name__)
            self._observer.alerts_stand(None)
        else:
            self._observer.alerts_stand(counts)
