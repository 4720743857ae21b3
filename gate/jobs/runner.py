"""Runs one job once, under a lease that is prolonged while it runs."""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from gate.clock import Clock
from gate.errors import GateError, StoreUnavailable
from gate.jobs import repository
from gate.jobs.model import DEPLOYMENT, Job, Run, RunState, Summary, state_after
from gate.jobs.schedule import latest_due
from gate.persistence.unit_of_work import Database, UnitOfWork

LEASE: Final = timedelta(seconds=30)
"""A process that is not heard of for so long is taken for dead."""
_log = structlog.stdlib.get_logger(__name__)
_persistently = retry(
    retry=retry_if_exception_type(StoreUnavailable),
    stop=stop_after_attempt(5),
    wait=wait_exponential(multiplier=0.25, max=4),
    reraise=True,
)


class RunObserver(Protocol):
    """Hears of runs."""

    def job_ended(self, job: str, result: str, seconds: float) -> None:
        """A run ended here: ``succeeded``, ``idle``, ``failed``, or ``lost`` with its lease."""
        ...


def worker_name() -> str:
    """Host and process, and something that tells it from an earlier process of that number."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"


class JobRunner:
    """What one process runs."""

    def __init__(
        self, database: Database, clock: Clock, observer: RunObserver, worker: str, lease: timedelta = LEASE
    ) -> None:
        self._database = database
        self._clock = clock
        self._observer = observer
        self._worker = worker
        self._lease_for = lease

    async def claim(self, job: Job) -> Run | None:
        """Begin what the job is to do now: what is due, else what was ordered or left by a killed process.

        None: nothing, or somebody else is at it.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """

        def wanted(standing: repository.Standing, now: datetime) -> datetime | None:
            due = latest_due(job.schedule, standing.scheduled_for, now)
            return due or next(iter(standing.open_for), None)

        return await self._claim(job, wanted, is_ordered=False)

    async def claim_for(self, job: Job, at: datetime) -> Run | None:
        """Begin a run for that time, which a person ordered. None: it was done, or somebody else is at the job.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        return await self._claim(job, lambda _, __: at, is_ordered=True)

    async def _claim(
        self, job: Job, wanted: Callable[[repository.Standing, datetime], datetime | None], *, is_ordered: bool
    ) -> Run | None:
        now = self._clock()
        async with self._database.writing(DEPLOYMENT) as unit:
            if not await repository.acquire(unit, job.name, self._worker, now, now + self._lease_for):
                return None
            standing = (await repository.standings(unit)).get(job.name, repository.Standing())
            scheduled_for = wanted(standing, now)
            begun = None
            if scheduled_for is not None:
                run = Run(
                    job=job.name,
                    scheduled_for=scheduled_for,
                    is_ordered=is_ordered,
                    state=RunState.RUNNING,
                    worker=self._worker,
                    started_at=now,
                )
                begun = await repository.begin(unit, run)
            if begun is None:
                await repository.release(unit, job.name, self._worker)
            return begun

    async def perform(self, job: Job, run: Run, at: datetime | None = None) -> Run:
        """Do what was begun, as of `at` or now, and keep how it ended.

        Cancelled, it lets go of the job at once, so that another process goes on with it.
        """
        working = asyncio.ensure_future(job.run(at or self._clock()))
        heartbeat = asyncio.create_task(self._prolong(job, working), name=f"lease-{job.name}")
        try:
            ended = await self._outcome(run, working)
        except asyncio.CancelledError:
            with suppress(StoreUnavailable):
                await self._release(job)
            raise
        finally:
            heartbeat.cancel()
            await asyncio.gather(heartbeat, return_exceptions=True)
        if ended.state is not RunState.LOST:
            try:
                await self._keep(ended)
            except StoreUnavailable:
                _log.warning("job_run_not_kept", job=job.name)  # its lease runs out, and it is done again
        seconds = 0.0 if ended.duration is None else ended.duration.total_seconds()
        self._observer.job_ended(job.name, ended.state.value, seconds)
        return ended

    async def _outcome(self, run: Run, working: "asyncio.Future[Summary]") -> Run:
        try:
            summary = await working
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if working.cancelled() and current is not None and not current.cancelling():
                return self._lost(run)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            raise
        except GateError as error:
            return self._failed(run, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is how this run ended
            _log.exception("job_failed", job=run.job)
            return self._failed(run, f"{type(error).__name__}; the service's log tells more")
        counted = dict(summary)
        return msgspec.structs.replace(
            run, state=state_after(counted), summary=counted, error="", finished_at=self._clock()
        )

    def _lost(self, run: Run) -> Run:
        """Nothing is kept of it: whoever has the lease next goes on with this very run."""
        _log.warning("job_lease_lost", job=run.job)
        return msgspec.structs.replace(
            run, state=RunState.LOST, error="its lease was lost; another process goes on", finished_at=self._clock()
        )

    def _failed(self, run: Run, error: str) -> Run:
        _log.warning("job_run_failed", job=run.job, error=error)
        return msgspec.structs.replace(run, state=RunState.FAILED, error=error, finished_at=self._clock())

    async def _prolong(self, job: Job, working: "asyncio.Future[Summary]") -> None:
        """While it runs. It is ended, before another's begins, once the lease is lost or two thirds passed unheard."""
        loop, lease = asyncio.get_running_loop(), self._lease_for.total_seconds()
        heard = loop.time()
        while loop.time() - heard < lease * 2 / 3:
            await asyncio.sleep(lease / 3)
            with suppress(StoreUnavailable):
                async with self._unit() as unit:
                    if not await repository.prolong(unit, job.name, self._worker, self._clock() + self._lease_for):
                        break
                heard = loop.time()
        working.cancel()

    @_persistently
    async def _keep(self, ended: Run) -> None:
        async with self._unit() as unit:
            await repository.end(unit, ended)
            await repository.release(unit, ended.job, self._worker)

    @_persistently
    async def _release(self, job: Job) -> None:
        async with self._unit() as unit:
            await repository.release(unit, job.name, self._worker)

    def _unit(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.writing(DEPLOYMENT)
