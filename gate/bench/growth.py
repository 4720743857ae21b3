"""How the cost of a claim grows: with the size of its batch, with tenants, with sources, with processes.

No figure has a bound here; the documentation's advice on sizes rests on them (`gate bench growth`).
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from gate.bench.claims import BATCH, PROVIDERS_OF_BATCH, batch, population
from gate.bench.load import Amount, Target, write_bodies
from gate.bench.machine import Cores
from gate.bench.model import Measured, NotMeasured, of_rounds
from gate.bench.processes import processor_seconds
from gate.bench.run import CHECK_CLAIMS, Run, asked, by_turns, need
from gate.bench.site import Gate, gate, token_of

FIGURE: Final = "growth"
_BATCHES: Final = (1, 10, 100, BATCH, 10_000)
_TENANTS: Final = (1, 10, 50)
_CLAIMS_IN_TURN: Final = 20_000
_STREAMS: Final = 2
_ONE_SOURCE: Final = {"GATE_PROVIDER_ENROLLMENT__CAQH_PROVIEW__BASE_URL": ""}
_WORKERS: Final = 2


class _Load(NamedTuple):
    """One way to send the same number of claims."""

    what: str
    tested: Gate
    tokens: Sequence[str]
    """Of different tenants, whose turn it is one after the other."""
    body: Path
    claims: int
    """In a batch."""


async def growth(run: Run) -> list[Measured]:
    """With batches, tenants and sources."""
    place = run.place(FIGURE)
    await run.doubles.know(population(range(PROVIDERS_OF_BATCH)))
    bodies = write_bodies(place / "bodies", "batch", [batch(0, size) for size in _BATCHES])
    of_size = dict(zip(_BATCHES, bodies, strict=True))
    async with AsyncExitStack() as stack:
        two = await stack.enter_async_context(gate(place / "two", run.doubles, run.cores))
        one = await stack.enter_async_context(gate(place / "one", run.doubles, run.cores, **_ONE_SOURCE))
        tokens = [token_of(place / "two", f"bench-{number}") for number in range(max(_TENANTS))]
        many = of_size[BATCH]
        usual = _Load("two sources, one tenant, batches of 1 000", two, (two.token,), many, BATCH)
        loads = [
            *(_Load(f"batches of {size:,}", two, (two.token,), body, size) for size, body in of_size.items()),
            *(_Load(f"{count} tenants by turns", two, tokens[:count], many, BATCH) for count in _TENANTS[1:]),
            _Load("one source", one, (one.token,), many, BATCH),
        ]
        others = [load for load in loads if load.claims != BATCH or load.tokens != usual.tokens]
        return await _by_processor(run, usual, others)


async def _by_processor(run: Run, usual: _Load, others: Sequence[_Load]) -> list[Measured]:
    """The processor's time that a claim takes, of what it usually does."""
    loads = {load.what: load for load in (usual, *others)}
    took: dict[str, list[float]] = {what: [] for what in loads}
    for load in loads.values():
        await _warmed(load)
    for names in by_turns(tuple(loads), run.sizes.growth_rounds):
        for name in names:
            took[name].append(await _processor_time(run, loads[name]))
    return [
        of_rounds(
            FIGURE,
            f"processor time of a claim: {load.what}",
            [other / usually for other, usually in zip(took[load.what], took[usual.what], strict=True)],
            detail=f"{median(took[load.what]) * 1e6:.1f} µs a claim; "
            f"{usual.what}: {median(took[usual.what]) * 1e6:.1f} µs",
        )
        for load in others
    ]


async def _warmed(load: _Load) -> None:
    for token in load.tokens:
        await asked(load.tested.address, CHECK_CLAIMS, load.body.read_bytes(), token)


async def _processor_time(run: Run, load: _Load) -> float:
    """Seconds a claim."""
    calls = max(1, _CLAIMS_IN_TURN // load.claims // len(load.tokens))
    before = processor_seconds(load.tested.process.pid)
    counted = await load.tested.counted()
    for token in load.tokens:
        target = Target(load.tested.address, CHECK_CLAIMS, token)
        await run.loader.send(target, [load.body], Amount(calls, min(_STREAMS, calls)), run.cores.load)
    after = processor_seconds(load.tested.process.pid)
    if before is None or after is None:
        raise NotMeasured("this system does not tell a process's processor time (/proc)")
    decided = (await load.tested.counted()).decided - counted.decided
    need(decided == calls * load.claims * len(load.tokens), f"{decided} claims were decided")
    return (after - before) / decided


async def growth_by_processes(run: Run) -> list[Measured]:
    """Claims a second of several processes on one port, of one process; the load takes its share of the machine."""
    place = run.place(f"{FIGURE}-workers")
    await run.doubles.know(population(range(PROVIDERS_OF_BATCH)))
    [body] = write_bodies(place / "bodies", "batch", [batch(0)])
    rates: dict[int, list[float]] = {1: [], _WORKERS: []}
    async with AsyncExitStack() as stack:
        several = {
            count: await stack.enter_async_context(
                gate(place / str(count), run.doubles, Cores(), options=("--workers", str(count)))
            )
            for count in rates
        }
        for names in by_turns(("1", str(_WORKERS)), run.sizes.growth_rounds + 1):
            for count in map(int, names):
                target = Target(several[count].address, CHECK_CLAIMS, several[count].token)
                sent = await run.loader.send(target, [body] * _WORKERS * 2, Amount(10, _STREAMS), frozenset())
                rates[count].append(sent.calls * BATCH / sent.seconds)
    ratios = [more / one for more, one in zip(rates[_WORKERS][1:], rates[1][1:], strict=True)]
    return [of_rounds(FIGURE, f"claims/s of {_WORKERS} processes, of one", ratios)]
