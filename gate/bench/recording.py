"""P7: what ledger, metrics and logs add to warm checks.

One gate answers by turns with them and without (`gate.bench.programs.switched`). What is counted is the processor's
time of the serving process, which is what bounds requests/s and what other processes disturb least. The drainer is a
process of its own, as it is by default, and is not counted. One claim in twenty would be pended, so that every batch
logs a line of them, as batches do in audit mode.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gate.bench.claims import BATCH, PROVIDERS_OF_BATCH, batch, population, single
from gate.bench.load import Amount, Target, write_bodies
from gate.bench.model import Measured, NotMeasured, Unit, at_most
from gate.bench.processes import last_words, program, running
from gate.bench.run import CHECK_CLAIM, CHECK_CLAIMS, Run
from gate.bench.site import keep_off, token_of, variables_of_gate
from gate.bench.turns import Comparison

_MOST: Final = 0.10
_SECONDS: Final = 90.0
_READY_SECONDS: Final = 40.0


class _Case(NamedTuple):
    what: str
    path: str
    bodies: list[bytes]
    amount: Amount
    """Sent again and again, until the turns are over."""
    answers: int
    """Of a turn."""
    claims: int
    """Of an answer."""


async def records(run: Run) -> list[Measured]:
    """P7."""
    singles = [single(number) for number in range(4)]
    cases = [
        _Case("CheckClaim", CHECK_CLAIM, singles, Amount(250, 8), 50, 1),
        # One at a time: batches make way for each other, and a turn would be of parts of several. As many to a turn as
        # are counted together (`gate.checks.recording`).
        _Case("CheckClaims of 1 000", CHECK_CLAIMS, [batch(0)], Amount(10, 1), 10, BATCH),
    ]
    return [await _measured(run, case, number) for number, case in enumerate(cases)]


async def _measured(run: Run, case: _Case, number: int) -> Measured:
    place = run.place(f"P7-{number}")
    data = place / "data"
    pairs = run.sizes.turns if case.claims == 1 else run.sizes.turns // 4
    async with AsyncExitStack() as stack:
        await run.doubles.know(population(range(PROVIDERS_OF_BATCH)))
        variables = variables_of_gate(data, run.doubles)
        command = (*program("switched"), str(case.answers), str(pairs))
        log = place / "gate.log"
        process = await stack.enter_async_context(
            running(command, log, cores=run.cores.server, variables=variables, is_heard=True)
        )
        await _heard(process, log, _READY_SECONDS)
        await keep_off(process, run.cores)
        target = Target(variables["GATE_GRPC_ADDRESS"], case.path, token_of(data))
        bodies = write_bodies(place / "bodies", "body", case.bodies)
        found = msgspec.json.decode(await _under_load(run, process, log, target, bodies, case.amount), type=Comparison)
    return _line(case, found)


async def _under_load(
    run: Run, process: Process, log: Path, target: Target, bodies: Sequence[Path], amount: Amount
) -> bytes:
    """What the process says next, under load until then."""
    next_line = asyncio.create_task(_heard(process, log, _SECONDS))
    try:
        while not next_line.done():
            await run.loader.send(target, bodies, amount, run.cores.load)
        return await next_line
    finally:
        next_line.cancel()


async def _heard(process: Process, log: Path, seconds: float) -> bytes:
    """A line of what the process says."""
    if process.stdout is None:
        raise RuntimeError("a child without its pipe")
    try:
        async with asyncio.timeout(seconds):
            line = await process.stdout.readline()
    except TimeoutError:
        raise NotMeasured(f"the turns were not over within {seconds:.0f} seconds") from None
    if not line:
        raise NotMeasured(f"the gate with switches ended: {last_words(log)}")
    return line


def _line(case: _Case, found: Comparison) -> Measured:
    added = (found.on - found.off) / case.claims * 1e6
    return Measured(
        figure="P7",
        what=f"ledger, metrics and logs, of {case.what} without",
        unit=Unit.SHARE,
        bound=at_most(_MOST),
        value=found.ratio - 1,
        low=found.lowest - 1,
        high=found.highest - 1,
        detail=f"{added:.2f} µs of processor a claim, {found.off * 1e6:,.0f} µs an answer without; not the middle half,"
        f" but where the median of {found.pairs} pairs of turns lies with 95 % confidence",
    )
