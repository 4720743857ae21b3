"""Forgetting messages long after they arrived; until then a message of the same key is not sent again."""

from datetime import datetime, timedelta
from typing import Final

from gate.clock import Clock
from gate.outbox import repository
from gate.persistence.unit_of_work import Database

_AT_ONCE: Final = 500
"""Rows deleted in one transaction: others who write wait for a moment only."""


class OutboxRetention:
    """Deletes messages delivered or discarded long ago. Those that wait, and dead letters, stay."""

    def __init__(self, database: Database, clock: Clock, keep_for: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._keep_for = keep_for

    async def apply(self) -> int:
        """Delete them for all tenants; how many there were. May be interrupted and run again.

        Raises:
            StoreUnavailable: the database cannot be reached; what was deleted by then stays deleted.
        """
        before = self._clock() - self._keep_for
        return sum([await self._forget(tenant, before) for tenant in await repository.all_tenants(self._database)])

    async def _forget(self, tenant: str, before: datetime) -> int:
        total = 0
        while True:
            async with self._database.writing(tenant) as unit:
                deleted = await repository.forget(unit, before, _AT_ONCE)
            total += deleted
            if deleted < _AT_ONCE:
                return total
