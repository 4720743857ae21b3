"""P4 and P5: providers that nobody has asked about yet."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple

from gate.bench.claims import PORTALS, population, single
from gate.bench.model import Measured, Unit, at_most, exactly, percentile, quartiles
from gate.bench.run import CHECK_CLAIM, Run, need
from gate.bench.site import Gate, Portals, channel_to, gate
from gate.v1 import decision_pb2, enrollment_gate_pb2

_LATENCY_MS: Final = {"tmhp_pems": 20.0, "caqh_proview": 35.0}
_WARM_UP: Final = 8
_ROUNDS: Final = 8
_CONCURRENT: Final = 1000
_CHANNELS: Final = 8
_FLIGHT_LATENCY_MS: Final = 250.0
_CALL_SECONDS: Final = 30.0
_HIGH: Final = 99


class _Cold(NamedTuple):
    """What the gate took beside its sources, in milliseconds."""

    beside_sources: float
    """The caller's time less that of the slowest source that was waited for, as the gate measured it."""
    beside_latency: float
    """The caller's time less what that source was told to take: HTTP and the double's own work count as the gate's."""


async def cold_answers(run: Run) -> list[Measured]:
    """P4.

    Half of the providers the state's portal knows, so that CAQH, which takes longer, is not waited for; the other half
    CAQH alone knows, so that both are.
    """
    place = run.place("P4")
    keys = run.sizes.cold_keys
    known, nationally = range(keys // 2), range(keys // 2, keys)
    order = [number for pair in zip(known, nationally, strict=False) for number in pair]
    async with AsyncExitStack() as stack:
        await run.doubles.know(population(known, only_nationally=nationally))
        tested = await stack.enter_async_context(gate(place / "data", run.doubles, run.cores))
        await run.doubles.answer_after(_LATENCY_MS)
        took = (await _asked(tested, order))[_WARM_UP:]
    beside, beyond = ([each[field] for each in took] for field in (0, 1))
    size = -(-len(took) // _ROUNDS)
    highest = [percentile(beside[begin : begin + size], _HIGH) for begin in range(0, len(beside), size)]
    spread = quartiles(highest)
    return [
        Measured(
            figure="P4",
            what="cold answer less the slowest source waited for, p99",
            unit=Unit.MILLISECONDS,
            bound=at_most(5),
            value=percentile(beside, _HIGH),
            low=spread.low,
            high=spread.high,
            rounds=tuple(highest),
            detail=f"median {percentile(beside, 50):.2f} ms, {len(took)} keys, one after the other; "
            f"the middle half is of {len(highest)} rounds' own p99",
        ),
        Measured(
            figure="P4",
            what="cold answer less the latency scripted for that source, p99",
            unit=Unit.MILLISECONDS,
            value=percentile(beyond, _HIGH),
            detail=f"median {percentile(beyond, 50):.2f} ms; the call over HTTP and the double's own work included",
        ),
    ]


async def _asked(tested: Gate, order: list[int]) -> list[_Cold]:
    took = []
    async with tested.channel() as channel:
        ask: Any = channel.unary_unary(CHECK_CLAIM)
        await channel.channel_ready()
        for number in order:
            began = time.perf_counter()
            answer = await ask(single(number), metadata=tested.metadata, timeout=_CALL_SECONDS)
            took.append(_beside(answer, (time.perf_counter() - began) * 1000))
    return took


def _beside(answer: bytes, milliseconds: float) -> _Cold:
    decision = enrollment_gate_pb2.CheckClaimResponse.FromString(answer).decision
    need(decision.freshness == decision_pb2.FRESHNESS_LIVE, "a provider nobody had asked about was known")
    waited_for = [each for each in decision.sources if each.outcome != decision_pb2.SOURCE_OUTCOME_SKIPPED]
    slowest = max(waited_for, key=lambda each: each.latency_ms)
    return _Cold(milliseconds - slowest.latency_ms, milliseconds - _LATENCY_MS[slowest.source])


async def single_flights(run: Run) -> list[Measured]:
    """P5."""
    place = run.place("P5")
    async with AsyncExitStack() as stack:
        # CAQH alone knows them, so both are waited for.
        await run.doubles.know(population(range(0), only_nationally=range(run.sizes.flights)))
        tested = await stack.enter_async_context(gate(place / "data", run.doubles, run.cores))
        await run.doubles.answer_after(dict.fromkeys(PORTALS, _FLIGHT_LATENCY_MS))
        calls = [await _flown(tested, run.doubles, number) for number in range(run.sizes.flights)]
    highest = [max(by_portal.values()) for by_portal in calls]
    lowest = [min(by_portal.values()) for by_portal in calls]
    found = max(highest) if min(lowest) == 1 else min(lowest)
    rounds = tuple(float(each) for each in highest)
    return [
        Measured(
            figure="P5",
            what="1 000 concurrent checks of one cold key, calls to each source",
            unit=Unit.CALLS,
            bound=exactly(1),
            value=float(found),
            rounds=rounds,
            detail=f"the furthest from 1 in {len(calls)} keys; calls by portal: {calls[-1]}",
        )
    ]


async def _flown(tested: Gate, doubles: Portals, number: int) -> dict[str, int]:
    """Calls to each portal of the state, when all ask about that provider at the same time."""
    await doubles.forget_calls()
    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(channel_to(tested.address)) for _ in range(_CHANNELS)]
        await asyncio.gather(*(channel.channel_ready() for channel in channels))
        asks: list[Any] = [channel.unary_unary(CHECK_CLAIM) for channel in channels]
        await asyncio.gather(
            *(
                asks[each % _CHANNELS](single(number), metadata=tested.metadata, timeout=_CALL_SECONDS)
                for each in range(_CONCURRENT)
            )
        )
    return {portal: calls for portal, calls in (await doubles.calls()).items() if portal in PORTALS}
