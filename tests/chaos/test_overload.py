"""Ten times as much at once as the gate takes on: it answers what it can, refuses the rest, and stays healthy."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count, cycle
from pathlib import Path
from statistics import median, quantiles

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2

from tests.chaos.clients import health_of, metric, texans
from tests.cli.shell import Shell
from tests.support.callers import CALL_SECONDS, Caller, claim, code_of, status_in
from tests.support.gates import GateProcess, gate_process

pytestmark = pytest.mark.timeout(90)

_LIMIT = 40
"""So few that ten times as many callers are not too much for the one process they all live in."""
_TIMES = 10
_NPIS = texans("TX PASS", 6)
_SLOW_MS = 250.0
_RAMP_SECONDS = 0.5
_ALLOWANCE = 0.25
"""Seconds; beside what as many calls that ask for nothing are measured to take here and now (`Knocking`)."""
_LONGEST_FLOOD = 30.0
_ALWAYS_ASKED = {
    "GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX",
    "GATE_PROVIDER_ENROLLMENT__CACHE_TTL_MINUTES": "0",
    "GATE_PROVIDER_ENROLLMENT__MAX_STALE_HOURS": "0",
}


_NUMBERS = count()


class Crowd:
    """So many callers of one tenant, each with one call open at a time; the refused come back when they are told to."""

    def __init__(self, caller: Caller, size: int, claims: int = 0) -> None:
        """`claims` in each call; 0: a check of its own."""
        self._caller = caller
        self._size = size
        self._claims = claims
        self.codes: list[str] = []
        self.answered_after: list[float] = []
        self.refused_after: list[float] = []
        self.refusals: list[grpc.aio.AioRpcError] = []
        self._began = self._ended = 0.0

    @property
    def answers_per_second(self) -> float:
        return len(self.answered_after) / (self._ended - self._began)

    def p90(self) -> float:
        """Seconds that nine of ten answers came within; of the tenth a busy machine decides."""
        return quantiles(self.answered_after, n=10)[-1]

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        self._began = time.perf_counter()
        tasks = [
            # Not all in one instant: what is measured would be how long this process takes to send them.
            asyncio.create_task(self._ask(npi, _RAMP_SECONDS * number / self._size, stop))
            for npi, number in zip(cycle(_NPIS), range(self._size), strict=False)
        ]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            self._ended = time.perf_counter()

    async def _ask(self, npi: str, after: float, stop: asyncio.Event) -> None:
        await asyncio.sleep(after)
        while not stop.is_set():
            began = time.perf_counter()
            try:
                await self._once(npi)
            except grpc.aio.AioRpcError as error:
                self.refused_after.append(time.perf_counter() - began)
                self.refusals.append(error)
                await _pause(retry_seconds(error), stop)
            else:
                self.answered_after.append(time.perf_counter() - began)
                await _pause(self.pause(), stop)

    def pause(self) -> float:
        """Seconds until who was answered asks again."""
        return 0.0

    async def _once(self, npi: str) -> None:
        if not self._claims:
            self.codes.append(code_of(await self._caller.check(claim(npi))))
            return
        # Each asks what nobody asked before: what is ready would be answered faster than a crowd can come together.
        asked = [claim(npi, taxonomy_code=f"{next(_NUMBERS):010}") for _ in range(self._claims)]
        results = await self._caller.check_many(asked)
        assert len(results) == self._claims
        self.codes += {code_of(result.decision) for result in results}


class Knocking(Crowd):
    """A crowd that wants nothing done: how long a call takes where only the calls themselves cost anything.

    Each comes again as late as the refused do. What it is told is how busy this process and this machine are.
    """

    def __init__(self, channel: grpc.aio.Channel, caller: Caller, size: int) -> None:
        super().__init__(caller, size)
        self._channel = channel

    def pause(self) -> float:
        return random.uniform(0.5, 1.5)

    async def _once(self, npi: str) -> None:
        assert await health_of(self._channel, seconds=CALL_SECONDS) == health_pb2.HealthCheckResponse.SERVING


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    if seconds:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def retry_seconds(error: grpc.aio.AioRpcError) -> float:
    """When a refusal says to come back; it must say so."""
    (detail,) = status_in(error).details
    retry = error_details_pb2.RetryInfo()
    assert detail.Unpack(retry)
    return float(retry.retry_delay.ToTimedelta().total_seconds())


async def _stays_healthy(
    gate: GateProcess, seconds: float, is_enough: Callable[[], bool] = lambda: True
) -> list[float]:
    """How long each look at its health took, every one of them green; for so long at least, and until it is enough."""
    looks = []
    began = time.monotonic()
    async with gate.channel() as channel:
        while time.monotonic() < began + seconds or not is_enough():
            assert time.monotonic() < began + _LONGEST_FLOOD
            looked = time.perf_counter()
            assert await health_of(channel) == health_pb2.HealthCheckResponse.SERVING
            for path in ("/readyz", "/healthz", "/health", "/metrics"):
                assert (await gate.page(path)).status == 200
            looks.append(time.perf_counter() - looked)
            await asyncio.sleep(0.1)
    return looks


async def test_ten_times_the_limit_of_slow_checks(tmp_path: Path) -> None:
    environment = _ALWAYS_ASKED | {"GATE_LIMITS__CLAIMS_IN_FLIGHT": str(_LIMIT)}
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate:
        await gate.misbehave({"tmhp_pems": {"kind": "slow", "latency_ms": _SLOW_MS}})
        async with gate.caller("acme") as caller, gate.caller("other") as other, gate.channel() as channel:
            calm, knocking = Crowd(caller, _LIMIT // 2), Knocking(channel, caller, _LIMIT * _TIMES)
            async with calm.asking():
                await asyncio.sleep(1.5)
            async with knocking.asking():
                usual_looks = await _stays_healthy(gate, 1.5)
            flood, neighbour = Crowd(caller, _LIMIT * _TIMES), Crowd(other, _LIMIT // 4)
            async with flood.asking(), neighbour.asking():
                looks = await _stays_healthy(gate, 4, lambda: len(flood.refusals) > _LIMIT * (_TIMES - 2))
            async with (again := Crowd(caller, _LIMIT // 2)).asking():
                await asyncio.sleep(1)

        assert not calm.refusals
        assert not neighbour.refusals, "another tenant's flood is not its business"
        assert not again.refusals, "it recovers at once"
        for crowd in (calm, flood, neighbour, again):
            assert set(crowd.codes) == {"PASS"}
        assert {error.code() for error in flood.refusals} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert all("nothing was done" in (error.details() or "") for error in flood.refusals)
        assert flood.answers_per_second > calm.answers_per_second / 2, "who is let in is served as ever"
        # A refusal does nothing: how long it takes is how long any call takes here and now, in and out of two processes
        # that may have little of a processor. What is let in takes as long as ever beyond that.
        usual, refused = median(calm.answered_after), median(flood.refused_after)
        assert refused < median(flood.answered_after)
        assert refused < 10 * median(knocking.answered_after) + 2
        assert median(flood.answered_after) - refused < 3 * usual + _ALLOWANCE
        assert median(neighbour.answered_after) - refused < 3 * usual + _ALLOWANCE
        assert flood.p90() < 5 * (calm.p90() + knocking.p90() + refused) + _ALLOWANCE
        assert max(looks) < 2 + 2 * max(usual_looks)
        shed = await metric(gate, "enrollment_gate_shed_total")
        assert shed == len(flood.refusals)
        assert await metric(gate, "enrollment_gate_claims_in_flight") == 0
        assert "Traceback" not in gate.log, gate.log


async def test_ten_times_the_limit_of_batches_leaves_time_for_single_checks(tmp_path: Path) -> None:
    batch, at_once = 400, 4
    environment = {
        "GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX",
        "GATE_LIMITS__CLAIMS_IN_FLIGHT": str(batch * at_once),
    }
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate:
        async with gate.caller("acme") as caller, gate.caller("other") as other:
            async with Crowd(caller, at_once, batch).asking(), (calm := Crowd(other, 2)).asking():
                usual_looks = await _stays_healthy(gate, 2)
            flood, single = Crowd(caller, at_once * _TIMES, batch), Crowd(other, 2)
            async with flood.asking(), single.asking():
                looks = await _stays_healthy(gate, 3)

        assert set(flood.codes) == set(single.codes) == {"PASS"}
        assert not single.refusals
        assert {error.code() for error in flood.refusals} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert single.p90() < 4 * calm.p90() + 4 * _ALLOWANCE
        assert max(looks) < 2 + 2 * max(usual_looks)
        assert "Traceback" not in gate.log, gate.log


async def test_check_file_comes_back_until_every_claim_is_checked(tmp_path: Path) -> None:
    # Batches, four at a time, where one alone has room; each claim asks something else, so that a batch takes a while.
    environment = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX", "GATE_LIMITS__CLAIMS_IN_FLIGHT": "500"}
    rows = [
        f"C{number},{npi},TX,2026-03-10,{number:010}" for number, npi in zip(range(6_000), cycle(_NPIS), strict=False)
    ]
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate:
        shell = Shell(tmp_path, gate.environment)
        shell.write("claims.csv", "\n".join(["claim_id,npi,state,dos,taxonomy_code", *rows]))
        ran = await asyncio.to_thread(shell.gate, "check-file", "claims.csv", "--tenant", "acme")

        assert ran.code == 0, ran.err
        assert [result["claim_id"] for result in ran.objects] == [f"C{number}" for number in range(6_000)]
        assert {result["code"] for result in ran.objects} == {"PASS"}
        assert await metric(gate, "enrollment_gate_shed_total", reason="capacity") > 0
