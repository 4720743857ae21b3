"""Whole processes on one PostgreSQL: `gate serve --role jobs`, twice, and kill -9 of one in the middle."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from gate.jobs.model import DEPLOYMENT, Run, RunState
from gate.jobs.repository import history
from gate.outbox.message import OutgoingMessage
from gate.outbox.outbox import Outbox
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.delivery.receivers import Mailbox
from tests.support.databases import POSTGRESQL, migrated_database
from tests.support.gates import GateProcess
from tests.support.waiting import until

RECIPIENTS = 12
LETTERS = 60


class Site:
    """Two processes that run jobs, one database, one mail server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.mailbox = Mailbox()
        self.engine = open_engine(url)
        self.database = Database(self.engine)
        environment = {
            "GATE_DATABASE_URL": url.replace("+asyncpg", ""),
            "GATE_JOBS__LEASE_SECONDS": "3",
            "GATE_DELIVERY__PACE_SECONDS": "1",
            "GATE_DELIVERY__EMAIL__HOST": "127.0.0.1",
            "GATE_DELIVERY__EMAIL__PORT": str(self.mailbox.port),
            "GATE_DELIVERY__EMAIL__SECURITY": "none",
            "GATE_DELIVERY__EMAIL__SENDER": "gate@payer.example",
        }
        self.processes = [
            GateProcess(folder / name, "--role", "jobs", environment=environment) for name in ("one", "two")
        ]

    async def leave(self, key: str, recipient: str) -> None:
        message = OutgoingMessage(
            key=key,
            channel="email",
            topic="alert.raised",
            subject=key,
            recipient=recipient,
            body={"text": "It is past due."},
            not_before=datetime.now(UTC),
        )
        async with self.database.writing("acme") as unit:
            await Outbox(lambda: datetime.now(UTC)).add(unit, [message])

    async def runs(self, job: str) -> list[Run]:
        async with self.database.reading(DEPLOYMENT) as unit:
            return list(await history(unit, job, before=None, limit=1000))

    async def under_way(self) -> list[Run]:
        return [run for run in await self.runs("deliver-outbox") if run.state is RunState.RUNNING]

    async def arrived(self, letters: int, seconds: float = 60) -> None:
        await until(lambda: len(self.mailbox.messages) >= letters, seconds)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        site = Site(tmp_path, await migrated_database(POSTGRESQL, tmp_path))
        stack.push_async_callback(site.engine.dispose)
        await site.mailbox.start()
        stack.push_async_callback(site.mailbox.stop)
        for process in site.processes:
            stack.push_async_callback(process.kill)
        await asyncio.gather(*(process.start() for process in site.processes))
        yield site


async def test_two_processes_run_each_job_once_and_stop_in_good_order(site: Site) -> None:
    for number in range(LETTERS):
        await site.leave(f"k{number:02}", f"{number % RECIPIENTS}@clinic.example")

    await site.arrived(LETTERS)
    await asyncio.sleep(3)  # whatever would be sent twice

    assert [await process.stop() for process in site.processes] == [0, 0]
    assert set(Counter(str(mail["Subject"]) for mail in site.mailbox.messages).values()) == {1}
    assert len(site.mailbox.messages) == LETTERS
    for job in ("ledger-retention", "outbox-retention", "job-history"):
        (run,) = await site.runs(job)
        assert (run.attempts, run.state) == (1, RunState.IDLE)
    delivering = await site.runs("deliver-outbox")
    assert len(delivering) >= 3
    assert {run.attempts for run in delivering} == {1}
    ended = [(run.started_at, run.finished_at) for run in reversed(delivering)]
    for (_, before), (after, _) in pairwise(ended):
        assert before is not None
        assert after is not None
        assert before <= after, "never two at a time"


async def test_what_a_killed_process_was_at_the_other_goes_on_with(site: Site) -> None:
    site.mailbox.hangs = True
    await site.leave("in the middle", "ann@clinic.example")
    await until(lambda: site.mailbox.is_busy)
    (killed,) = await site.under_way()
    os.kill(int(killed.worker.split("/")[1]), signal.SIGKILL)
    site.mailbox.hangs = False

    async with site.engine.begin() as connection:  # as if the time had passed for which letters are taken on
        await connection.execute(text("UPDATE outbox_messages SET due_at = now()"))
    await site.arrived(1)

    async with asyncio.timeout(30):
        while await site.under_way():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.1)
    later = [run for run in await site.runs("deliver-outbox") if run.scheduled_for >= killed.scheduled_for]
    assert len({run.worker for run in later} - {killed.worker}) == 1
    assert {run.state for run in later if run.worker == killed.worker} <= {RunState.LOST}
