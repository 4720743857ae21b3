"""The database killed, frozen, locked, restarted or not there yet while checks run (row C20)."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2

from gate.v1 import decision_pb2, enrollment_gate_pb2
from tests.chaos.clients import checking, codes_of, eventually, health_of, texans
from tests.support.callers import Caller, action_of, claim
from tests.support.gates import GateProcess, gate_process
from tests.support.servers import PostgresServer, postgres_server

pytestmark = pytest.mark.timeout(110)

_AUDIT = decision_pb2.GATE_MODE_AUDIT
_STALE_SECONDS = 20.0
"""Ten after the last good read, and what the read before it may have taken."""
_REFUSED_SECONDS = 8.0
"""A database that hangs is given up after two seconds at each step."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest_asyncio.fixture
async def gate(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[GateProcess]:
    url = postgres.create_database(f"gate_{time.monotonic_ns()}")
    async with gate_process(tmp_path, "--sandbox", environment={"GATE_DATABASE_URL": url}) as running:
        yield running


def _npis() -> list[str]:
    kinds = ("TX PASS", "TX D13 ENROLLMENT_INACTIVE", "ENROLLMENT_NOT_FOUND")
    return [npi for kind in kinds for npi in texans(kind, 8)]


async def test_checks_go_on_with_the_last_known_configuration(gate: GateProcess, postgres: PostgresServer) -> None:
    async with gate.caller("acme") as caller, gate.caller("newcomer") as newcomer:
        await caller.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        before = await codes_of(caller, _npis())
        assert (await newcomer.check(claim())).detail == "NOT_CONFIGURED"

        async with checking(caller, _npis()) as pipeline:
            postgres.kill()
            await _is_refused(caller)
            await _shows_no_providers_file(caller)
            await eventually(partial(_is_stale, caller), _STALE_SECONDS)
            # Nobody knows any more whether this tenant was configured meanwhile: "not configured" would let it pass.
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await newcomer.check(claim())
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
            assert (await gate.page("/readyz")).status == 200

            postgres.start()
            await eventually(partial(_is_current, caller), _STALE_SECONDS)
            assert (await newcomer.check(claim())).detail == "NOT_CONFIGURED"

        assert not pipeline.refusals
        assert pipeline.codes() == before
        assert {answer.decision.config_version for answer in pipeline.answers} == {1}
        assert {action_of(answer.decision) for answer in pipeline.answers if answer.code != "PASS"} == {
            "PEND_REVIEW",
            "PEND_MANUAL_VERIFICATION",
        }
        await _takes_effect(caller)
    assert "Traceback" not in gate.log


async def _shows_no_providers_file(caller: Caller) -> None:
    """Row U2: every read is audited, and one that cannot be is not answered."""
    request = enrollment_gate_pb2.LookupProviderRequest(npi="1234567893", states=["TX"])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await caller.gate.LookupProvider(request, metadata=caller.metadata, timeout=_REFUSED_SECONDS)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_database_that_hangs_holds_nothing_up(gate: GateProcess, postgres: PostgresServer) -> None:
    async with gate.caller("acme") as caller:
        await caller.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        before = await codes_of(caller, _npis())
        postgres.freeze()
        try:
            async with checking(caller, _npis()) as pipeline:
                await asyncio.gather(*(_is_refused(caller) for _ in range(3)))
        finally:
            postgres.thaw()
        assert not pipeline.refusals
        assert pipeline.codes() == before
        assert pipeline.p95() < 0.25
        await eventually(partial(_is_current, caller), _STALE_SECONDS)
        await _takes_effect(caller)
    assert "Traceback" not in gate.log


async def test_a_gate_that_starts_first_is_ready_once_the_database_is(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create_database(f"gate_{time.monotonic_ns()}")
    postgres.stop()
    gate = GateProcess(tmp_path, "--sandbox", environment={"GATE_DATABASE_URL": url})
    try:
        await gate.start(until_ready=False)
        await eventually(partial(_is_alive, gate), 30)
        unready = await gate.page("/readyz")
        assert unready.status == 503
        assert "configurations were not read" in unready.text
        async with gate.caller("acme") as caller, gate.channel() as channel:
            assert await health_of(channel) == health_pb2.HealthCheckResponse.NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await caller.check(claim())
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE

            postgres.start()
            await gate.becomes_ready()
            await eventually(partial(_serves, channel), 5)
            await caller.configure(enabled_states=["TX"])
            assert (await caller.check(claim())).config_version == 1
        assert await gate.stop() == 0
        assert "Traceback" not in gate.log
    finally:
        await gate.kill()
        if not postgres.is_running:
            postgres.start()


async def test_a_locked_sqlite_refuses_changes_and_no_checks(tmp_path: Path) -> None:
    async with gate_process(tmp_path, "--sandbox") as gate, gate.caller("acme") as caller:
        await caller.configure(enabled_states=["TX"])
        before = await codes_of(caller, _npis())
        with closing(sqlite3.connect(tmp_path / "gate.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with checking(caller, _npis()) as pipeline:
                await _is_refused(caller)
            other.execute("ROLLBACK")
        assert not pipeline.refusals
        assert pipeline.codes() == before
        await _takes_effect(caller)
    assert "Traceback" not in gate.log


async def _is_refused(caller: Caller) -> None:
    """A switch of mode says soon that it cannot be stored."""
    began = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await caller.set_mode(_AUDIT)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE, refused.value
    assert time.monotonic() - began < _REFUSED_SECONDS


async def _takes_effect(caller: Caller) -> None:
    """The same switch once the database is back."""
    switched = await caller.set_mode(_AUDIT)
    decision = await caller.check(claim())
    assert (decision.mode, decision.config_version) == (_AUDIT, switched.change.config_version)


async def _is_stale(caller: Caller) -> bool:
    return (await caller.check(claim())).config_stale


async def _is_current(caller: Caller) -> bool:
    return not await _is_stale(caller)


async def _is_alive(gate: GateProcess) -> bool:
    try:
        return (await gate.page("/healthz")).status == 200
    except OSError:
        return False


async def _serves(channel: grpc.aio.Channel) -> bool:
    return await health_of(channel) == health_pb2.HealthCheckResponse.SERVING
