"""Jobs as people see them: what there is, how it went, and having one run at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.errors import NotFound, PreconditionFailed
from gate.jobs import repository
from gate.jobs.model import DEPLOYMENT, Job, Run
from gate.jobs.schedule import comes_no_more_often
from gate.persistence.unit_of_work import Database

PAGE: Final = 50
"""Runs told at a time."""


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job and where it stands."""

    name: str
    title: str
    schedule: str
    next_due: datetime
    last_run: Run | None
    succeeded_at: datetime | None
    """When it last ended well; one with nothing to do did, too."""


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """A job, and how its last run ended."""

    name: str
    title: str
    run: Run | None
    """None: it never ran, or its first run is under way."""


class JobDesk:
    """Opens units of its own: jobs are the deployment's, and no tenant's unit sees them."""

    def __init__(self, database: Database, jobs: Sequence[Job], trail: AuditTrail, clock: Clock) -> None:
        self._database = database
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._trail = trail
        self._clock = clock

    def job(self, name: str) -> Job:
        """The job of that name.

        Raises:
            NotFound: there is none.
        """
        if name not in self._jobs:
            raise NotFound("there is no such job")
        return self._jobs[name]

    async def overview(self) -> Sequence[JobView]:
        """Every job, in the order in which they are registered.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        now = self._clock()
        views = []
        async with self._database.reading(DEPLOYMENT) as unit:
            standings = await repository.standings(unit)
            for job in self._jobs.values():
                last = await repository.history(unit, job.name, before=None, limit=1)
                standing = standings.get(job.name, repository.Standing())
                views.append(
                    JobView(
                        name=job.name,
                        title=job.title,
                        schedule=str(job.schedule),
                        next_due=job.schedule.next_after(now),
                        last_run=last[0] if last else None,
                        succeeded_at=standing.succeeded_at,
                    )
                )
        return views

    async def last_runs(self, pace: timedelta) -> Sequence[LastRun]:
        """Of every job that does not come more often than at that pace, in the order in which they are registered.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        now = self._clock()
        async with self._database.reading(DEPLOYMENT) as unit:
            return [
                LastRun(name=job.name, title=job.title, run=await repository.last_ended(unit, job.name))
                for job in self._jobs.values()
                if comes_no_more_often(job.schedule, pace, now)
            ]

    async def history(self, name: str, *, before: datetime | None = None, limit: int = PAGE) -> Sequence[Run]:
        """The job's runs, newest first, from the one before that time.

        Raises:
            NotFound: there is no such job.
            StoreUnavailable: the database cannot be reached.
        """
        job = self.job(name)
        async with self._database.reading(DEPLOYMENT) as unit:
            return await repository.history(unit, job.name, before=before, limit=limit)

    async def order(self, name: str, actor: Actor) -> None:
        """Have a job run once, as soon as a process that runs jobs looks.

        Raises:
            NotFound: there is no such job.
            PreconditionFailed: it is ordered or under way already.
            StoreUnavailable: the database cannot be reached.
        """
        job = self.job(name)
        now = self._clock()
        # On record first, in the log of who orders it: it is done for all tenants and in nobody's unit.
        async with self._database.writing(actor.tenant) as unit:
            event = AuditEvent(actor=actor, action=AuditAction.JOB_ORDERED, object=f"job/{job.name}", at=now)
            await self._trail.record(unit, event)
        async with self._database.writing(DEPLOYMENT) as unit:
            if not await repository.order(unit, job.name, now):
                raise PreconditionFailed("it is under way already")
