"""What a decision costs after its answer: on its way from the spool to the database, and there."""

import asyncio
import time
from pathlib import Path
from typing import Final, NamedTuple

from gate.bench.claims import BATCH, PROVIDERS_OF_BATCH, batch, population
from gate.bench.growth import FIGURE
from gate.bench.load import Amount, Target, write_bodies
from gate.bench.machine import Cores, children
from gate.bench.model import Measured, Unit
from gate.bench.processes import processor_seconds
from gate.bench.run import CHECK_CLAIMS, Run, asked, need
from gate.bench.site import Gate, gate

_BATCHES: Final = 40
_SECONDS: Final = 45.0
_LOOK_SECONDS: Final = 0.5


class _State(NamedTuple):
    drained: int
    processor: float
    """Seconds the drainer has used."""


async def growth_of_ledger(run: Run) -> list[Measured]:
    """Of decisions given in batches; the drainer has the machine for itself once they are."""
    place = run.place(f"{FIGURE}-ledger")
    await run.doubles.know(population(range(PROVIDERS_OF_BATCH)))
    [body] = write_bodies(place / "bodies", "batch", [batch(0)])
    async with gate(place / "data", run.doubles, Cores()) as tested:
        await asked(tested.address, CHECK_CLAIMS, batch(0), tested.token)
        begun = await _after(tested, BATCH)
        target = Target(tested.address, CHECK_CLAIMS, tested.token)
        await run.loader.send(target, [body], Amount(_BATCHES, 2), frozenset())
        ended = await _after(tested, (_BATCHES + 1) * BATCH)
        stored = await asyncio.to_thread(_size, place / "data")
    decisions, used = ended.drained - begun.drained, ended.processor - begun.processor
    need(decisions > 0 and used > 0, "the drainer has brought nothing to the database")
    return [
        Measured(
            figure=FIGURE,
            what="a decision in the database (SQLite)",
            unit=Unit.BYTES,
            value=stored / ended.drained,
            detail=f"of {ended.drained:,} decisions, evidence, observations and audit entries included",
        ),
        Measured(
            figure=FIGURE,
            what="a decision brought there, processor time of the drainer",
            unit=Unit.MILLISECONDS,
            value=used / decisions * 1000,
            detail=f"{decisions / used:,.0f} decisions in a second of one processor",
        ),
    ]


async def _after(tested: Gate, decisions: int) -> _State:
    """Once so many have reached the database, or time is up."""
    last = time.monotonic() + _SECONDS
    while True:
        drained = (await tested.counted()).drained
        used = sum(processor_seconds(child) or 0.0 for child in children(tested.process.pid))
        if drained >= decisions or time.monotonic() > last:
            return _State(drained, used)
        await asyncio.sleep(_LOOK_SECONDS)


def _size(data: Path) -> int:
    return sum(file.stat().st_size for file in data.glob("gate.db*"))
