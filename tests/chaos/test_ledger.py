"""Nothing answered is lost: SIGKILL in the middle of claims, a database that is gone, a drainer that dies."""

import asyncio
import os
import random
import signal
import sqlite3
from collections import Counter
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import grpc
import pytest
from sqlalchemy import text

from gate.persistence.engine import open_engine
from gate.v1 import claim_pb2
from tests.chaos.clients import eventually, metric, texans
from tests.support.callers import Caller, claim
from tests.support.databases import with_driver
from tests.support.gates import GateProcess, gate_process
from tests.support.servers import postgres_server
from tests.support.waiting import until

TEXAS = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
CLAIMS, BATCH, STREAMS, KILLS = 5_000, 50, 4, 10


def decisions_in(database: Path) -> list[str]:
    """All decisions of the ledger, by their ids."""
    connection = sqlite3.connect(database, timeout=10)
    try:
        return [name for (name,) in connection.execute("SELECT decision_id FROM decisions")]
    finally:
        connection.close()


def spool_of(data_dir: Path) -> list[Path]:
    return list((data_dir / "ledger").glob("*.spool"))


def drainers_of(gate: GateProcess) -> list[int]:
    """The processes that `gate` started and that run still."""
    children = Path(f"/proc/{gate._running().pid}/task")
    return [int(pid) for thread in children.iterdir() for pid in (thread / "children").read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text(encoding="utf-8")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Heard:
    """The decisions that reached the caller."""

    def __init__(self, enough: int) -> None:
        self.ids: list[str] = []
        self.is_enough = asyncio.Event()
        self._enough = enough

    async def hear(self, caller: Caller, batches: list[list[claim_pb2.Claim]]) -> None:
        """Ask again and again, and note their ids until the stream breaks."""
        with suppress(grpc.aio.AioRpcError):
            async for response in caller.stream(cycle(batches)):
                self.ids += [result.decision.decision_id for result in response.results]
                if len(self.ids) >= self._enough:
                    self.is_enough.set()


@pytest.mark.timeout(300)
async def test_sigkill_in_the_middle_of_streamed_claims_ten_times(tmp_path: Path) -> None:
    npis = texans("TX PASS", 60)
    claims = [claim(npis[number % len(npis)], correlation_id=str(number)) for number in range(CLAIMS)]
    batches = [claims[start : start + BATCH] for start in range(0, CLAIMS, BATCH)]
    received: list[str] = []
    rounds: list[int] = []
    gate = GateProcess(tmp_path, "--sandbox", environment=TEXAS)
    chance = random.Random(7)
    try:
        for _ in range(KILLS):
            await gate.start()
            drainers = drainers_of(gate)
            heard = Heard(enough=chance.randrange(BATCH, CLAIMS))
            async with gate.caller("acme") as caller:
                streams = [asyncio.create_task(heard.hear(caller, batches[start::STREAMS])) for start in range(STREAMS)]
                await asyncio.wait_for(heard.is_enough.wait(), 60)
                await asyncio.sleep(chance.random() * 0.005)
                await gate.kill()
                await asyncio.gather(*streams)
            received += heard.ids
            rounds.append(len(heard.ids))
            await until(lambda drainers=drainers: not any(map(is_running, drainers)))  # type: ignore[misc]
        await gate.start()
        await until(lambda: len(spool_of(tmp_path)) == 0, seconds=120)
        assert await metric(gate, "enrollment_gate_ledger_damaged_total") == 0
        assert await gate.stop() == 0
    finally:
        await gate.kill()

    kept = decisions_in(tmp_path / "gate.db")
    missing, twice = set(received) - set(kept), [name for name, times in Counter(kept).items() if times > 1]
    print(  # noqa: T201 - the counts are asked for
        f"\n{KILLS} kills, after {rounds}: {len(received)} decisions received, {len(kept)} kept, {len(missing)} "
        f"missing, {len(twice)} twice; {len(kept) - len(received)} were kept whose reply no longer got through"
    )
    assert len(set(received)) == len(received)
    assert (missing, twice) == (set(), [])


async def test_sigterm_drains_the_spool_before_the_process_ends(tmp_path: Path) -> None:
    async with gate_process(tmp_path, "--sandbox", environment=TEXAS) as gate:
        async with gate.caller("acme") as caller:
            given = [(await caller.check(claim())).decision_id for _ in range(20)]
        assert await gate.stop() == 0

    assert set(given) <= set(decisions_in(tmp_path / "gate.db"))
    assert spool_of(tmp_path) == []
    assert "Traceback" not in gate.log


async def test_another_drainer_takes_the_place_of_one_that_dies(tmp_path: Path) -> None:
    async with gate_process(tmp_path, "--sandbox", environment=TEXAS) as gate, gate.caller("acme") as caller:
        given = [(await caller.check(claim())).decision_id]
        await until(lambda: set(given) <= set(decisions_in(tmp_path / "gate.db")))
        (drainer,) = drainers_of(gate)
        assert command_of(drainer).endswith("-m gate.drain")
        os.kill(drainer, signal.SIGINT)  # for the whole terminal; not for it
        os.kill(drainer, signal.SIGKILL)
        given += [(await caller.check(claim())).decision_id]

        await until(lambda: set(given) <= set(decisions_in(tmp_path / "gate.db")), seconds=15)

        assert drainers_of(gate) != [drainer]
        assert "ledger_drainer_ended" in gate.log
        assert sorted(decisions_in(tmp_path / "gate.db")) == sorted(given)


async def test_the_drainer_is_told_nothing_where_others_may_read_it(tmp_path: Path) -> None:
    async with gate_process(tmp_path, environment={"GATE_REDIS_URL": "redis://:planted@127.0.0.1:1/0"}) as gate:
        (drainer,) = drainers_of(gate)

        assert command_of(drainer).endswith("-m gate.drain")
        assert "PATH=" in environment_of(drainer)
        assert "GATE_" not in environment_of(drainer)


async def test_two_processes_share_a_data_directory_and_one_takes_over_what_the_other_left(tmp_path: Path) -> None:
    async with gate_process(tmp_path, "--sandbox", environment=TEXAS) as one:
        other = GateProcess(tmp_path, "--sandbox", environment=TEXAS)
        try:
            await other.start()
            async with one.caller("acme") as here, other.caller("acme") as there:
                given = [(await caller.check(claim())).decision_id for caller in [here, there] * 10]
                os.kill(drainers_of(other)[0], signal.SIGKILL)
                given += [(await there.check(claim())).decision_id for _ in range(10)]
        finally:
            await other.kill()

        await until(lambda: sorted(decisions_in(tmp_path / "gate.db")) == sorted(given), seconds=20)
        await until(lambda: len(spool_of(tmp_path)) == 1)  # its own, which it still writes to


async def until_drained(gate: GateProcess) -> None:
    async def is_drained() -> bool:
        written = await metric(gate, "enrollment_gate_ledger_written_total")
        return written > 0 and await metric(gate, "enrollment_gate_ledger_queued") == 0

    await eventually(is_drained, 30)


async def postgres_decisions(url: str) -> list[str]:
    engine = open_engine(with_driver(url))
    try:
        async with engine.connect() as connection:
            return list(await connection.scalars(text("SELECT decision_id FROM decisions")))
    finally:
        await engine.dispose()


async def test_while_the_database_is_down_claims_are_answered_and_all_of_it_arrives_afterwards(tmp_path: Path) -> None:
    with postgres_server() as postgres:
        url = postgres.create_database("gate")
        async with (
            gate_process(tmp_path, "--sandbox", environment=TEXAS | {"GATE_DATABASE_URL": url}) as gate,
            gate.caller("acme") as caller,
        ):
            given = [(await caller.check(claim())).decision_id]

            async def is_stored() -> bool:  # what waits is told once a second, and may be told from before the answer
                return await postgres_decisions(url) == given

            await eventually(is_stored, 30)
            postgres.kill()
            for _ in range(20):
                given.append((await caller.check(claim())).decision_id)
                await asyncio.sleep(0.1)

            async def is_told() -> bool:
                return await metric(gate, "enrollment_gate_ledger_oldest_queued_seconds") > 1

            await eventually(is_told, 10)

            async def all_wait() -> bool:
                return await metric(gate, "enrollment_gate_ledger_queued") == 20

            await eventually(all_wait, 20)

            postgres.start()

            await until_drained(gate)
            assert sorted(await postgres_decisions(url)) == sorted(given)
            assert await metric(gate, "enrollment_gate_ledger_damaged_total") == 0
