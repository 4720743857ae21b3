"""Jobs of the service itself. Those of other rooms are made where they are wired, of the same `Job`."""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from gate.jobs.history import JobHistory
from gate.jobs.model import Job, Summary
from gate.jobs.schedule import Cron, Every
from gate.ledger.retention import Retention
from gate.outbox import repository
from gate.outbox.dispatcher import Dispatcher
from gate.outbox.retention import OutboxRetention
from gate.persistence.unit_of_work import Database


class BacklogObserver(Protocol):
    """Hears what waits."""

    def stands(self, due: int, oldest_seconds: float, dead: int) -> None:
        """Messages that could be sent, for how long the oldest could have been, and how many were given up."""
        ...


def deliver_outbox(dispatcher: Dispatcher, database: Database, observer: BacklogObserver, pace: timedelta) -> Job:
    """Send what waits in the outbox."""

    async def look(now: datetime) -> None:
        due, oldest, dead = await repository.backlog(database, now)
        observer.stands(due, 0.0 if oldest is None else (now - oldest).total_seconds(), dead)

    async def run(now: datetime) -> Summary:
        await look(now)
        tally = await dispatcher.drain()
        await look(now)
        return msgspec.structs.asdict(tally)

    return Job(
        name="deliver-outbox",
        title="Sends mails, webhooks and events that wait.",
        schedule=Every(pace),
        run=run,
        finish=dispatcher.finish,
    )


def ledger_retention(retention: Retention) -> Job:
    """Let go of decisions that were kept for long enough."""

    async def run(_: datetime) -> Summary:
        done = [await retention.apply(tenant) for tenant in await retention.tenants()]
        return {
            "decisions": sum(each.decisions for each in done),
            "evidence": sum(each.evidence for each in done),
        }

    return Job(
        name="ledger-retention",
        title="Deletes decisions that were kept for long enough, and evidence that nobody refers to any more.",
        schedule=Cron("20 3 * * *"),
        run=run,
    )


def outbox_retention(retention: OutboxRetention) -> Job:
    """Forget messages that were delivered long ago."""

    async def run(_: datetime) -> Summary:
        return {"messages": await retention.apply()}

    return Job(
        name="outbox-retention",
        title="Forgets messages that were delivered long ago.",
        schedule=Cron("40 3 * * *"),
        run=run,
    )


def job_history(history: JobHistory) -> Job:
    """Forget runs of long ago."""

    async def run(_: datetime) -> Summary:
        return {"runs": await history.forget()}

    return Job(
        name="job-history",
        title="Forgets runs of long ago, sooner those with nothing to do.",
        schedule=Cron("10 * * * *"),
        run=run,
    )
