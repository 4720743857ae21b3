"""`gate bench`: this installation against bare counterparts."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gate.cli.ending import stop
from gate.cli.tables import show_table

if TYPE_CHECKING:
    from gate.bench.report import Report


class ExitCode(IntEnum):
    """How the command ends."""

    REACHED = 0
    """Every figure that was measured holds."""
    NOT_REACHED = 1
    """Some do not."""
    FAILED = 2
    """A file cannot be used, or a figure does not exist."""


def bench(
    figures: Annotated[
        list[str] | None, typer.Argument(help="P1 … P9, or growth; without any, P1 to P9.", show_default=False)
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help="How often gate and counterpart take turns.", min=1, max=1000)
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Also write the run to this file, as JSON.", dir_okay=False)
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="Show what changed since the run in this file.", exists=True, dir_okay=False),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes: to see that everything works, too little to judge by.")
    ] = False,
) -> None:
    """Measure this installation against bare counterparts, in one run, and say which figures hold.

    Starts all it needs on free ports of 127.0.0.1, with data of its own, and ends it; no running gate is touched. The
    figures are described in docs/performance.md. Exit code: 0 every figure that was measured holds, 1 some do not.
    """
    from gate.bench.plan import FIGURES, GROWTH, measured, sizes_of
    from gate.bench.report import are_reached, to_json

    wanted = figures or [*FIGURES]
    if unknown := [figure for figure in wanted if figure not in {*FIGURES, GROWTH}]:
        stop(f"there is no figure {', '.join(unknown)}, only {', '.join((*FIGURES, GROWTH))}")
    earlier = _earlier(compare)
    sizes = sizes_of(quick=quick, rounds=rounds)
    try:
        report = asyncio.run(_until_stopped(measured(wanted, sizes, quick=quick, begins=_tell)))
    except asyncio.CancelledError:
        stop("stopped before the end; nothing is left running")
    _show(report)
    if earlier is not None:
        _show_changes(report, earlier)
    if json is not None:
        try:
            json.write_bytes(to_json(report))
        except OSError as error:
            stop(f"{json}: {error.strerror}")
    if not are_reached(report.figures):
        raise typer.Exit(ExitCode.NOT_REACHED)


async def _until_stopped(work: Coroutine[Any, Any, "Report"]) -> "Report":
    """A run that SIGTERM ends as Ctrl-C does, with all that it started."""
    running = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


def _earlier(path: Path | None) -> "Report | None":
    from gate.bench.report import from_json

    if path is None:
        return None
    try:
        return from_json(path.read_bytes())
    except (OSError, ValueError):
        stop(f"{path}: no run that `gate bench --json` wrote")


def _tell(what: str) -> None:
    print(f"measuring {what} …", file=sys.stderr, flush=True)


def _show(report: "Report") -> None:
    from gate.bench.report import COLUMNS, details, table

    show_table(COLUMNS, table(report.figures))
    print()
    for line in details(report.figures):
        print(line)
    machine = report.machine
    print(f"\n{machine.told}; load of the minute before {machine.load_average}; load made by {report.load}")
    print(f"{report.seconds:.0f} s{', quick: too little to judge by' if report.quick else ''}")


def _show_changes(report: "Report", earlier: "Report") -> None:
    from gate.bench.report import CHANGE_COLUMNS, changes, remarks_on

    print()
    show_table(CHANGE_COLUMNS, changes(report, earlier))
    for remark in remarks_on(report, earlier):
        print(remark)
