"""The history of runs, and forgetting what is old of it."""

from datetime import timedelta
from typing import Final

from gate.clock import Clock
from gate.jobs import repository
from gate.jobs.model import DEPLOYMENT
from gate.persistence.unit_of_work import Database

_KEPT: Final = timedelta(days=90)
_IDLE_KEPT: Final = timedelta(hours=6)
"""Of a run with nothing to do nobody needs to know for long: some jobs look every few seconds."""


class JobHistory:
    """All runs of all jobs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget(self) -> int:
        """Delete old runs but the last of each job; how many there were.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        now = self._clock()
        async with self._database.writing(DEPLOYMENT) as unit:
            return await repository.forget(unit, ended_before=now - _KEPT, idle_before=now - _IDLE_KEPT)
