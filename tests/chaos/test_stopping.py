"""SIGTERM and Ctrl-C under load: calls in flight are finished, no new ones are taken, exit code 0."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.chaos.clients import AT_ONCE, calls_of, checking, eventually, texans
from tests.support.callers import claim, code_of
from tests.support.gates import GateProcess, gate_process

_TEXAS = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
_PATIENT = _TEXAS | {"GATE_DRAIN_SECONDS": "5"}
_SLOW_SECONDS = 1.5


@pytest_asyncio.fixture
async def gate(tmp_path: Path) -> AsyncIterator[GateProcess]:
    """Begun as an operator begins it."""
    async with gate_process(tmp_path, "--sandbox", environment=_PATIENT, from_nothing=True) as running:
        yield running


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=lambda ending: ending.name)
async def test_calls_in_flight_are_finished_and_no_new_ones_taken(ending: signal.Signals, gate: GateProcess) -> None:
    slow = texans("TX PASS", 12)
    await gate.misbehave({"tmhp_pems": {"kind": "slow", "latency_ms": _SLOW_SECONDS * 1000}})
    async with gate.caller("acme") as caller, gate.channel() as channel:
        heard = asyncio.create_task(_hears_that_it_stops(channel))
        in_flight = [asyncio.create_task(caller.check(claim(npi))) for npi in slow]
        await eventually(partial(_were_asked, gate, len(slow)), 5)

        stopping = asyncio.create_task(gate.stop(ending))
        assert await asyncio.wait_for(heard, 5) == health_pb2.HealthCheckResponse.NOT_SERVING
        readiness = await gate.page("/readyz")
        assert (readiness.status, "stopping" in readiness.text) == (503, True)

        assert [code_of(decision) for decision in await asyncio.gather(*in_flight)] == ["PASS"] * len(slow)
        assert await stopping == 0
    with pytest.raises(aiohttp.ClientConnectionError):
        await gate.page("/healthz")
    assert "Traceback" not in gate.log


async def test_whoever_asks_meanwhile_is_answered_or_told_to_go_elsewhere(tmp_path: Path) -> None:
    npis = texans("TX PASS", 6)
    async with (
        gate_process(tmp_path, "--sandbox", environment=_PATIENT) as gate,
        gate.caller("acme") as caller,
        checking(caller, npis) as pipeline,
    ):
        await pipeline.asked_about(npis)
        assert await gate.stop() == 0
        answered = len(pipeline.answers)
        await asyncio.sleep(0.3)
    assert answered == len(pipeline.answers)
    assert {answer.code for answer in pipeline.answers} == {"PASS"}
    refusals = Counter(error.code() for error in pipeline.refusals)
    # What arrives in the very moment of closing the library cancels, without having handed it to the gate.
    assert refusals[grpc.StatusCode.CANCELLED] <= AT_ONCE
    assert set(refusals) <= {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}
    assert "Traceback" not in gate.log


async def test_a_source_that_never_answers_does_not_keep_the_process(tmp_path: Path) -> None:
    async with gate_process(tmp_path, "--sandbox", environment=_TEXAS | {"GATE_DRAIN_SECONDS": "0.5"}) as gate:
        await gate.misbehave({"tmhp_pems": {"kind": "timeout"}})
        async with gate.caller("acme") as caller:
            hanging = asyncio.create_task(caller.check(claim()))
            await eventually(partial(_were_asked, gate, 1), 5)
            began = time.monotonic()
            assert await gate.stop() == 0
            assert time.monotonic() - began < 12  # of which most is what a busy machine adds to a second and a half
            with pytest.raises(grpc.aio.AioRpcError):
                await hanging
        assert "Traceback" not in gate.log


async def _were_asked(gate: GateProcess, calls: int) -> bool:
    return (await calls_of(gate.sandbox_url))["tmhp_pems"] >= calls


async def _hears_that_it_stops(channel: grpc.aio.Channel) -> int:
    """The first status a watching load balancer hears that is not "serving"."""
    stub: Any = health_pb2_grpc.HealthStub(channel)  # the types know it without its methods
    async for answer in stub.Watch(health_pb2.HealthCheckRequest(service="gate.v1.EnrollmentGate")):
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            return int(answer.status)
    raise AssertionError("nothing was heard")
