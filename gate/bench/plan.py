"""Which figures there are, and how a run goes through them."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import grpc

from gate.bench.cold import cold_answers, single_flights
from gate.bench.draining import growth_of_ledger
from gate.bench.files import claim_files
from gate.bench.growth import growth, growth_by_processes
from gate.bench.load import best_loader
from gate.bench.machine import shared_out, this_machine
from gate.bench.memory import cached_answers
from gate.bench.model import Measured, NotMeasured
from gate.bench.recording import records
from gate.bench.report import Report
from gate.bench.run import QUICK, Run, Sizes
from gate.bench.shared_cache import shared_hits
from gate.bench.site import portals
from gate.bench.start import starts
from gate.bench.wire import batches, single_checks
from gate.clock import system_clock

FIGURES: Final = {
    "P1": "warm CheckClaim",
    "P2": "warm CheckClaims of 1 000",
    "P3": "Redis-only hit",
    "P4": "cold answer",
    "P5": "1 000 concurrent checks of one cold key",
    "P6": "837P file through the server",
    "P7": "ledger, metrics and logs",
    "P8": "memory",
    "P9": "start to ready",
}
GROWTH: Final = "growth"
"""What is measured only where it is asked for by name."""
_NAMES: Final = {**FIGURES, GROWTH: "how the cost of a claim grows"}
_LONGEST_SECONDS: Final = 300.0


class _Measurement(NamedTuple):
    figures: frozenset[str]
    """Those it has lines for."""
    take: Callable[[Run], Awaitable[list[Measured]]]


_MEASUREMENTS: Final = (
    _Measurement(frozenset({"P1"}), single_checks),
    _Measurement(frozenset({"P2"}), batches),
    _Measurement(frozenset({"P3"}), shared_hits),
    _Measurement(frozenset({"P4"}), cold_answers),
    _Measurement(frozenset({"P5"}), single_flights),
    _Measurement(frozenset({"P6", "P8"}), claim_files),
    _Measurement(frozenset({"P7"}), records),
    _Measurement(frozenset({"P8"}), cached_answers),
    _Measurement(frozenset({"P9"}), starts),
    _Measurement(frozenset({GROWTH}), growth),
    _Measurement(frozenset({GROWTH}), growth_by_processes),
    _Measurement(frozenset({GROWTH}), growth_of_ledger),
)


def sizes_of(*, quick: bool, rounds: int | None) -> Sizes:
    """How much is measured; `rounds` of every comparison that has some."""
    sizes = QUICK if quick else Sizes()
    return sizes if rounds is None else sizes.in_rounds(rounds)


async def measured(wanted: Collection[str], sizes: Sizes, *, quick: bool, begins: Callable[[str], None]) -> Report:
    """A run of these figures, which starts what it needs and ends it; `begins` hears what it is at.

    A figure that cannot be taken is a line that says why.
    """
    machine, taken_at, began = this_machine(), system_clock(), time.monotonic()
    loader = best_loader()
    figures: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as folder:
        cores = shared_out()
        async with portals(Path(folder), cores) as doubles:
            run = Run(Path(folder), sizes, cores, loader, doubles)
            for measurement in _MEASUREMENTS:
                if asked := sorted(measurement.figures & set(wanted)):
                    begins(", ".join(f"{figure} {_NAMES[figure]}" for figure in asked))
                    figures += [line for line in await _taken(measurement, asked, run) if line.figure in asked]
    return Report(
        taken_at=taken_at,
        seconds=round(time.monotonic() - began, 1),
        quick=quick,
        load=loader.name,
        machine=machine,
        figures=tuple(sorted(figures, key=lambda line: line.figure)),
    )


async def _taken(measurement: _Measurement, asked: Iterable[str], run: Run) -> list[Measured]:
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            return await measurement.take(run)
    except TimeoutError:
        why = f"it took longer than {_LONGEST_SECONDS:.0f} seconds"
    except grpc.aio.AioRpcError as refusal:
        why = f"{refusal.code().name}: {refusal.details()}"
    except (NotMeasured, OSError, aiohttp.ClientError) as trouble:
        why = str(trouble) or type(trouble).__name__
    return [Measured(figure=figure, what=_NAMES[figure], detail=f"not measured: {why}") for figure in asked]
