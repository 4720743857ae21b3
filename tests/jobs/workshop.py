"""Jobs on a real database, several workers, and a clock that a test turns."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gate.audit.model import Actor, Via
from gate.jobs.desk import JobDesk
from gate.jobs.history import JobHistory
from gate.jobs.loop import JobLoop
from gate.jobs.model import Job, Run, Schedule, Summary
from gate.jobs.runner import JobRunner
from gate.jobs.schedule import Every
from gate.persistence.unit_of_work import Database
from tests.accounts.people import Recorded

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OLGA = Actor(tenant="acme", subject="olga", via=Via.SESSION)


class Work:
    """What a job does: it notes for when, and may be told to hang or fail."""

    def __init__(self) -> None:
        self.done_at: list[datetime] = []
        self.begun = 0
        self.counts: Summary = {"things": 1}
        self.fails: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.was_asked_to_finish = False

    async def run(self, now: datetime) -> Summary:
        self.begun += 1
        await self.may_end.wait()
        if self.fails is not None:
            raise self.fails
        self.done_at.append(now)
        return self.counts

    def finish(self) -> None:
        self.was_asked_to_finish = True
        self.may_end.set()


class Heard:
    def __init__(self) -> None:
        self.ended: list[tuple[str, str]] = []
        self.overdue: dict[str, float] = {}

    def job_ended(self, job: str, result: str, seconds: float) -> None:
        assert seconds >= 0
        self.ended.append((job, result))

    def job_stands(self, job: str, succeeded_at: datetime | None, overdue_seconds: float) -> None:
        self.overdue[job] = overdue_seconds


class Workshop:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        self.heard = Heard()
        self.trail = Recorded()
        self.work = Work()
        self.job = self.job_of(Every(timedelta(hours=1)))
        self.desk = JobDesk(database, (self.job,), self.trail, self.clock)
        self.kept = JobHistory(database, self.clock)

    def job_of(self, schedule: Schedule, name: str = "scan") -> Job:
        return Job(name=name, title="Looks around.", schedule=schedule, run=self.work.run, finish=self.work.finish)

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def worker(self, name: str, *, lease: float = 30.0) -> JobRunner:
        return JobRunner(self.database, self.clock, self.heard, name, timedelta(seconds=lease))

    def loop(self, name: str, *jobs: Job) -> JobLoop:
        return JobLoop(self.database, jobs or (self.job,), self.worker(name), self.heard, self.clock)

    async def do(self, runner: JobRunner) -> Run | None:
        """What the worker does when it looks."""
        run = await runner.claim(self.job)
        return None if run is None else await runner.perform(self.job, run)

    async def history(self) -> Sequence[Run]:
        return await self.desk.history("scan")
