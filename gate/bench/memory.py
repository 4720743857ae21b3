"""P8: a million answers in the memory of one process."""

from typing import Final

import msgspec

from gate.bench.model import Measured, Unit, at_most
from gate.bench.processes import environment, output_of, program
from gate.bench.run import Run

_A_MILLION: Final = 1_000_000
_MOST: Final = 1e9
_SECONDS: Final = 240.0


class Filled(msgspec.Struct, frozen=True):
    """What a cache took that was filled."""

    bytes_grown: int
    processor_seconds: float


async def cached_answers(run: Run) -> list[Measured]:
    """P8. Fewer entries than a million are scaled to a million."""
    entries = run.sizes.entries
    command = (*program("filling"), str(entries))
    log = run.place("P8") / "filling.log"
    filled = msgspec.json.decode(await output_of(command, log, seconds=_SECONDS, variables=environment()), type=Filled)
    return [
        Measured(
            figure="P8",
            what="memory of 1 000 000 cached (NPI, state) answers",
            unit=Unit.BYTES,
            bound=at_most(_MOST),
            value=filled.bytes_grown / entries * _A_MILLION,
            detail=f"{filled.bytes_grown / entries:,.0f} bytes an entry of {entries:,}, by what the process grew; "
            f"{filled.processor_seconds / entries * 1e6:.1f} µs to put one",
        )
    ]
