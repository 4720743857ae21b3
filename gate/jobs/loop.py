"""Looks every moment which jobs are due, and has them run; beside as many other processes as there are."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from gate.clock import Clock
from gate.errors import StoreUnavailable
from gate.jobs import repository
from gate.jobs.model import DEPLOYMENT, Job, Run
from gate.jobs.runner import JobRunner
from gate.jobs.schedule import latest_due
from gate.persistence.unit_of_work import Database

_PACE_SECONDS: Final = 2.0
_log = structlog.stdlib.get_logger(__name__)


class StandingObserver(Protocol):
    """Hears, every moment, where each job stands."""

    def job_stands(self, job: str, succeeded_at: datetime | None, overdue_seconds: float) -> None:
        """When it last ended well in any process, and for how long it should have done so again."""
        ...


class JobLoop:
    """Runs jobs until it is closed. None of them runs twice at a time, here or anywhere."""

    def __init__(
        self,
        database: Database,
        jobs: Sequence[Job],
        runner: JobRunner,
        observer: StandingObserver,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._runner = runner
        self._observer = observer
        self._clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._is_reachable = True

    def start(self, can_look: Callable[[], bool] = lambda: True) -> None:
        """Begin to look, whenever `can_look` says so: a database that is not migrated yet has no jobs to be found."""
        self._looking = asyncio.create_task(self._look_at_pace(can_look), name="jobs")

    async def aclose(self, patience_seconds: float) -> None:
        """Begin nothing more; end what is under way in good order, and after that time in any. Others go on with it."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for job in self._jobs:
            if job.name in self._running:
                job.finish()
        under_way = list(self._running.values())
        if under_way:
            await asyncio.wait(under_way, timeout=patience_seconds)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def look(self) -> None:
        """Begin whatever is to be done now.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        now = self._clock()
        async with self._database.reading(DEPLOYMENT) as unit:
            standings = await repository.standings(unit)
        for job in self._jobs:
            standing = standings.get(job.name, repository.Standing())
            self._observer.job_stands(job.name, standing.succeeded_at, _overdue(job, standing, now))
            due = latest_due(job.schedule, standing.scheduled_for, now)
            is_wanted = due is not None or standing.open_for
            if is_wanted and standing.leased_until <= now and job.name not in self._running:
                run = await self._runner.claim(job)
                if run is not None:
                    self._running[job.name] = asyncio.create_task(self._perform(job, run), name=f"job-{job.name}")

    async def _perform(self, job: Job, run: Run) -> None:
        try:
            await self._runner.perform(job, run)
        finally:
            del self._running[job.name]

    async def _look_at_pace(self, can_look: Callable[[], bool]) -> None:
        while True:
            await asyncio.sleep(_PACE_SECONDS)
            if not can_look():
                continue
            try:
                await self.look()
            except StoreUnavailable:
                if self._is_reachable:
                    _log.warning("jobs_cannot_be_looked_up")
                self._is_reachable = False
            except Exception:  # noqa: BLE001 - a mistake of ours now; others are due in a moment, too
                _log.exception("jobs_not_looked_up")
            else:
                self._is_reachable = True


def _overdue(job: Job, standing: repository.Standing, now: datetime) -> float:
    """Seconds since it should have ended well once more, or at all; 0 while it need not have."""
    since = standing.succeeded_at or standing.first_for
    if since is None:
        return 0.0
    return max(0.0, (now - job.schedule.next_after(since)).total_seconds())
