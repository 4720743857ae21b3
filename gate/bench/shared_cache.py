"""P3: a warm check whose provider only Redis knows, against a bare echo and one GET."""

import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from statistics import median
from typing import Any, NamedTuple

from gate.bench.claims import STATE, claim, npi, population, single
from gate.bench.model import Measured, Unit, at_most, of_rounds
from gate.bench.redis_server import redis_server
from gate.bench.run import CHECK_CLAIM, ECHO_GET, Run, asked, by_turns, echo, need
from gate.bench.site import TENANT, Gate, channel_to, gate
from gate.v1 import decision_pb2, enrollment_gate_pb2

_BATCH = 500
_KEYS_IN_ROUND = 100
_WRITTEN_AFTER = 30.0
_WARM_UP = 20
_MOST = 0.9


class _Times(NamedTuple):
    """Seconds that one key took each."""

    gate: float
    echo: float
    get: float
    is_hit: bool
    """Whether Redis answered in time; where it did not, the gate went on without it, and asked the portals."""


async def shared_hits(run: Run) -> list[Measured]:
    """P3.

    One gate asks the portals about every provider and fills Redis; another one, which has never been asked, is asked
    once about each. Its calls alternate with those of the bare echo, which also makes the GET: so all three go over the
    same connections, between the same processors.
    """
    place = run.place("P3")
    keys = run.sizes.cached_keys + _WARM_UP
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(redis_server(place, run.cores.load))
        await run.doubles.know(population(range(keys)))
        async with gate(place / "first", run.doubles, run.cores, GATE_REDIS_URL=url) as first:
            reply = await _filled(first, keys)
        # Its end writes what was still on the way to Redis.
        second = await stack.enter_async_context(gate(place / "second", run.doubles, run.cores, GATE_REDIS_URL=url))
        bare = await stack.enter_async_context(echo(place, reply, run.cores, url))
        times = (await _timed(second, bare.address, keys))[_WARM_UP:]
    hits = [each for each in times if each.is_hit]
    need(len(hits) >= len(times) * _MOST, f"Redis answered in time for {len(hits)} of {len(times)} keys only")
    return _measured(hits)


async def _filled(first: Gate, keys: int) -> bytes:
    """Ask about all of them; the answer about one."""
    async with first.channel() as channel:
        ask: Any = channel.unary_unary("/gate.v1.EnrollmentGate/CheckClaims")
        for begin in range(0, keys, _BATCH):
            claims = [claim(number, number) for number in range(begin, min(keys, begin + _BATCH))]
            request = enrollment_gate_pb2.CheckClaimsRequest(claims=claims).SerializeToString()
            await ask(request, metadata=first.metadata, timeout=_WRITTEN_AFTER)
    return await asked(first.address, CHECK_CLAIM, single(0), first.token)


async def _timed(second: Gate, bare_address: str, keys: int) -> list[_Times]:
    async with channel_to(second.address) as to_gate, channel_to(bare_address) as to_bare:
        check: Any = to_gate.unary_unary(CHECK_CLAIM)
        same: Any = to_bare.unary_unary(CHECK_CLAIM)
        get: Any = to_bare.unary_unary(ECHO_GET)
        hits: set[int] = set()

        async def of_gate(number: int) -> float:
            took, answer = await _call(check, single(number), second)
            decision = enrollment_gate_pb2.CheckClaimResponse.FromString(answer).decision
            if decision.freshness == decision_pb2.FRESHNESS_REDIS:
                hits.add(number)
            return took

        async def of_echo(number: int) -> float:
            return (await _call(same, single(number), second))[0]

        async def of_get(number: int) -> float:
            _, answer = await _call(get, f"enrollment:{TENANT}:{npi(number)}:{STATE}".encode(), second)
            return float(struct.unpack("d", answer)[0])

        takers: dict[str, Callable[[int], Awaitable[float]]] = {"gate": of_gate, "echo": of_echo, "get": of_get}
        times = []
        for number, names in enumerate(by_turns(tuple(takers), keys)):
            took = {name: await takers[name](number) for name in names}
            times.append(_Times(**took, is_hit=number in hits))
        return times


async def _call(call: Any, message: bytes, caller: Gate) -> tuple[float, bytes]:  # noqa: ANN401 - generic in stubs only
    began = time.perf_counter()
    answer: bytes = await call(message, metadata=caller.metadata)
    return time.perf_counter() - began, answer


def _measured(times: list[_Times]) -> list[Measured]:
    rounds = [times[begin : begin + _KEYS_IN_ROUND] for begin in range(0, len(times), _KEYS_IN_ROUND)]
    ratios = [_added(some) / median(each.get for each in some) for some in rounds]
    gate_ms, echo_ms, get_ms = (median(each[column] for each in times) * 1000 for column in range(3))
    detail = f"medians: gate {gate_ms:.3f} ms, echo {echo_ms:.3f} ms, one GET {get_ms:.3f} ms, of {len(times)} keys"
    return [
        of_rounds("P3", "Redis-only hit, added to a bare echo, of one GET", ratios, bound=at_most(2), detail=detail),
        of_rounds(
            "P3",
            "Redis-only hit, added to a bare echo",
            [_added(some) * 1000 for some in rounds],
            unit=Unit.MILLISECONDS,
        ),
    ]


def _added(times: list[_Times]) -> float:
    return median(each.gate for each in times) - median(each.echo for each in times)
