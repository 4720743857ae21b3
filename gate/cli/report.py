"""What people see of a file's answers: progress while it runs, and the sum at its end. Goes to standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gate.claimfiles.summary import ERROR, Summary, Tally
from gate.decision.model import DecisionCode

_CENTS: Final = 100
_SECONDS_BETWEEN_LINES: Final = 5.0
_SHORTEST: Final = 1e-3
_LOOK: Final[dict[str, str]] = {
    DecisionCode.PASS: "green",
    DecisionCode.ENROLLMENT_INACTIVE: "red",
    DecisionCode.ENROLLMENT_EXPIRED: "yellow",
    DecisionCode.ENROLLMENT_NOT_FOUND: "red",
    DecisionCode.SOURCE_UNAVAILABLE: "magenta",
    ERROR: "red",
}
_ORDER: Final = [*DecisionCode, ERROR]
_SHORT: Final[dict[str, str]] = {
    DecisionCode.ENROLLMENT_INACTIVE: "INACTIVE",
    DecisionCode.ENROLLMENT_EXPIRED: "EXPIRED",
    DecisionCode.ENROLLMENT_NOT_FOUND: "NOT_FOUND",
    DecisionCode.SOURCE_UNAVAILABLE: "UNAVAILABLE",
}


class Advancing(Protocol):
    """Told how far the file is checked."""

    def __call__(self, bytes_read: int, summary: Summary) -> None:
        """So many bytes of the file were read for the claims that were answered."""
        ...


@contextmanager
def progress_over(size: int | None, *, lines: bool = False) -> Iterator[Advancing]:
    """A progress bar on a terminal. Elsewhere nothing, or with `lines` a line every few seconds.

    `size` is in bytes; None where it is not known.
    """
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        advancing: Advancing = _lines_over(size) if lines else _silently
        yield advancing
        return
    progress = Progress(
        TextColumn("checking"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[claims]:,} claims, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[codes]}"),
        console=console,
        transient=True,
    )
    began = time.monotonic()
    with progress:
        task = progress.add_task("", total=size, claims=0, rate=0.0, codes="")

        def advance(bytes_read: int, summary: Summary) -> None:
            claims = summary.total.claims
            rate = _rate(claims, began)
            progress.update(task, completed=bytes_read, claims=claims, rate=rate, codes=_counts(summary, " "))

        yield advance


def _silently(bytes_read: int, summary: Summary) -> None:
    """Nobody looks."""


def _lines_over(size: int | None) -> Advancing:
    began = time.monotonic()
    said = began

    def advance(bytes_read: int, summary: Summary) -> None:
        nonlocal said
        if time.monotonic() - said < _SECONDS_BETWEEN_LINES:
            return
        said = time.monotonic()
        claims = summary.total.claims
        share = f" ({bytes_read / size:.0%})" if size else ""
        print(
            f"{claims:,} claims{share}, {_rate(claims, began):,.0f}/s: {_counts(summary, ', ', plain=True)}",
            file=sys.stderr,
            flush=True,
        )

    return advance


def _rate(claims: int, began: float) -> float:
    """Claims per second."""
    return claims / max(time.monotonic() - began, _SHORTEST)


def _counts(summary: Summary, between: str, *, plain: bool = False) -> str:
    words = [(code, f"{_SHORT.get(code, code)} {summary.by_code[code].claims:,}") for code in _codes(summary)]
    return between.join(text if plain else look_of(code, text) for code, text in words)


def show_summary(summary: Summary) -> None:
    """Claims and money by code, by state and by what enforcing would do."""
    console = Console(stderr=True, highlight=False)
    console.print(_by_code(summary))
    console.print()
    console.print(_by_state(summary))
    console.print()
    for action, tally in sorted(summary.by_would_action.items()):
        now = summary.by_action.get(action, Tally()).claims
        console.print(f"{action}: {now:,} now, {tally.claims:,} if enforced ({dollars(tally.cents)})")


def _by_code(summary: Summary) -> Table:
    table = Table("answer", "claims", "charges", box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    for code in _codes(summary):
        tally = summary.by_code[code]
        table.add_row(look_of(code, code), f"{tally.claims:,}", dollars(tally.cents))
    table.add_row("together", f"{summary.total.claims:,}", dollars(summary.total.cents), style="bold")
    return table


def _by_state(summary: Summary) -> Table:
    codes = _codes(summary)
    table = Table("state", box=None, header_style="bold", padding=(0, 2, 0, 0))
    for code in codes:
        table.add_column(look_of(code, _SHORT.get(code, code)), justify="right")
    table.add_column("charges", justify="right")
    for state, tally in sorted(summary.by_state.items()):
        counts = [summary.by_state_and_code.get((state, code), Tally()).claims for code in codes]
        table.add_row(state, *(f"{count:,}" if count else "·" for count in counts), dollars(tally.cents))
    return table


def _codes(summary: Summary) -> list[str]:
    """Those that occur, the known ones in their usual order."""
    known = [code for code in _ORDER if code in summary.by_code]
    return known + [code for code in summary.by_code if code not in known]


def dollars(cents: int) -> str:
    """US dollars."""
    return f"${cents / _CENTS:,.2f}"


def look_of(code: str, text: str) -> str:
    """`text` in the colour of the answer `code`."""
    look = _LOOK.get(code)
    return f"[{look}]{text}[/]" if look else text
