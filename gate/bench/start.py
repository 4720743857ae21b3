"""P9: from `exec` to the first 200 at /readyz."""

import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

from gate.bench.model import Measured, Unit, at_most, of_rounds
from gate.bench.processes import environment, output_of
from gate.bench.run import Run, by_turns
from gate.bench.site import started, variables_of_gate

_SECONDS: Final = 30.0
_INTERPRETER: Final = (sys.executable, "-c")
_LIBRARIES: Final = (
    "import aiohttp, alembic, fastapi, grpc.aio, pydantic_settings, redis.asyncio, sqlalchemy.ext.asyncio"
)


async def starts(run: Run) -> list[Measured]:
    """P9, on a data directory that is there, beside an interpreter that only imports the libraries."""
    place = run.place("P9")
    variables = variables_of_gate(place, run.doubles)
    async with started(variables, place):
        pass  # makes what a first start makes

    async def gate_is_ready() -> float:
        began = time.perf_counter()
        async with started(variables, place):
            return time.perf_counter() - began

    async def libraries_are_there() -> float:
        began = time.perf_counter()
        log = place / "libraries.log"
        await output_of((*_INTERPRETER, _LIBRARIES), log, seconds=_SECONDS, variables=environment())
        return time.perf_counter() - began

    takers: dict[str, Callable[[], Awaitable[float]]] = {"gate": gate_is_ready, "libraries": libraries_are_there}
    took: dict[str, list[float]] = defaultdict(list)
    for names in by_turns(tuple(takers), run.sizes.starts):
        for name in names:
            took[name].append(await takers[name]())
    detail = f"{median(took['libraries']):.2f} s for an interpreter that imports the libraries and ends"
    return [
        of_rounds("P9", "exec to ready", took["gate"], unit=Unit.SECONDS, bound=at_most(2), detail=detail),
        of_rounds(
            *("P9", "exec to ready, of importing the libraries alone"),
            [mine / bare for mine, bare in zip(took["gate"], took["libraries"], strict=True)],
        ),
    ]
