"""A pipeline that goes on asking while servers come and go, and remembers every answer."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from statistics import quantiles
from typing import Any, NamedTuple

import aiohttp
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from gate.v1 import decision_pb2
from sources.sandbox.population import default_population
from tests.support.callers import Caller, claim, code_of, freshness_of
from tests.support.gates import Doors

AT_ONCE = 2
"""Calls under way at a time."""
_PAUSE_SECONDS = 0.05
"""Forty calls a second are as likely to meet a fault as a hundred, and leave the processor to other tests."""
_LOOK_SECONDS = 0.05


class Answer(NamedTuple):
    npi: str
    decision: decision_pb2.Decision
    seconds: float

    @property
    def code(self) -> str:
        return code_of(self.decision)


class Pipeline:
    """Everything that was answered and refused since it began."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.refusals: list[grpc.aio.AioRpcError] = []

    def codes(self, since: int = 0) -> dict[str, set[str]]:
        """The codes given to each NPI, from the answer with this number on."""
        codes: dict[str, set[str]] = {}
        for answer in self.answers[since:]:
            codes.setdefault(answer.npi, set()).add(answer.code)
        return codes

    def freshness(self, since: int = 0) -> Counter[str]:
        return Counter(freshness_of(answer.decision) for answer in self.answers[since:])

    def p95(self) -> float:
        """Seconds that nineteen of twenty answers came within."""
        return quantiles((answer.seconds for answer in self.answers), n=20)[-1]

    def slowest(self) -> float:
        """Seconds that the slowest answer took."""
        return max(answer.seconds for answer in self.answers)

    async def asked_about(self, npis: Sequence[str], seconds: float = 20.0) -> None:
        """Wait until each has been answered about."""

        async def all_were() -> bool:
            return self.codes().keys() >= set(npis)

        await eventually(all_were, seconds)

    async def run(self, caller: Caller, npis: Sequence[str]) -> None:
        for npi in cycle(npis):
            began = time.perf_counter()
            try:
                decision = await caller.check(claim(npi))
            except grpc.aio.AioRpcError as error:
                self.refusals.append(error)
            else:
                self.answers.append(Answer(npi, decision, time.perf_counter() - began))
            await asyncio.sleep(_PAUSE_SECONDS)


@asynccontextmanager
async def checking(caller: Caller, npis: Sequence[str]) -> AsyncIterator[Pipeline]:
    """Checks run until the end of the block; each NPI is asked about again and again."""
    pipeline = Pipeline()
    share = -(-len(npis) // AT_ONCE)
    tasks = [
        asyncio.create_task(pipeline.run(caller, npis[start : start + share])) for start in range(0, len(npis), share)
    ]
    try:
        yield pipeline
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended


async def codes_of(caller: Caller, npis: Sequence[str]) -> dict[str, set[str]]:
    """Each provider's code now."""
    return {npi: {code_of(await caller.check(claim(npi)))} for npi in npis}


def texans(note: str, most: int) -> list[str]:
    """Providers of the bundled population whose note begins so."""
    providers = default_population().providers.values()
    return [str(provider.npi) for provider in providers if provider.note.startswith(note)][:most]


async def metric(gate: Doors, name: str, **labels: str) -> float:
    """The sum of the samples of that name with these labels; 0 where there is none."""
    families = text_string_to_metric_families((await gate.page("/metrics")).text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def eventually(holds: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Wait until what `holds` tells is true."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_LOOK_SECONDS)


async def calls_of(sandbox_url: str) -> dict[str, int]:
    """Requests each portal's double has received."""
    async with aiohttp.ClientSession(sandbox_url) as session, session.get("/sandbox/calls") as response:
        calls: dict[str, int] = await response.json()
    return calls


async def health_of(channel: grpc.aio.Channel, *, seconds: float = 5.0) -> int:
    """What the standard health check of the whole server says."""
    stub: Any = health_pb2_grpc.HealthStub(channel)  # the types know it without its methods
    return int((await stub.Check(health_pb2.HealthCheckRequest(), timeout=seconds)).status)
