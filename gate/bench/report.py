"""A run as a table, as JSON, and beside an earlier run. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gate.bench.machine import Machine
from gate.bench.model import Direction, Measured, Unit, Verdict

COLUMNS: Final = ("", "what", "measured", "middle half", "must be", "verdict")
CHANGE_COLUMNS: Final = ("", "what", "earlier", "now", "change", "verdict")
_SIGNS: Final = {Direction.AT_LEAST: "≥", Direction.AT_MOST: "≤", Direction.EXACTLY: "="}
_MEGABYTE: Final = 1e6
_NOTHING: Final = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run, as it is kept."""

    taken_at: datetime
    """When it began, UTC."""
    seconds: float
    """How long it took."""
    quick: bool
    """With small sizes, which say less."""
    load: str
    """What made the load."""
    machine: Machine
    figures: tuple[Measured, ...]


def to_json(report: Report) -> bytes:
    """As `from_json` reads it."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def from_json(written: bytes) -> Report:
    """A report that `to_json` wrote.

    Raises:
        ValueError: it is none.
    """
    return msgspec.json.decode(written, type=Report)


def table(figures: Iterable[Measured]) -> list[tuple[str, ...]]:
    """A row for each line, under `COLUMNS`."""
    return [
        (
            each.figure,
            each.what,
            _told(each.value, each.unit),
            _spread(each),
            _bound(each),
            each.verdict.value,
        )
        for each in figures
    ]


def details(figures: Iterable[Measured]) -> list[str]:
    """What stands behind the rows: absolute values, and reasons where nothing was measured."""
    return [f"{each.figure}  {each.what}: {each.detail}" for each in figures if each.detail]


def changes(report: Report, earlier: Report) -> list[tuple[str, ...]]:
    """A row for each line of either run, under `CHANGE_COLUMNS`; figures that were not asked for now are left out."""
    now = {(each.figure, each.what): each for each in report.figures}
    asked = {figure for figure, _ in now}
    before = {(each.figure, each.what): each for each in earlier.figures if each.figure in asked}
    return [_change(before.get(key), now.get(key)) for key in [*now, *(key for key in before if key not in now)]]


def remarks_on(report: Report, earlier: Report) -> list[str]:
    """What a reader of `changes` should know."""
    remarks = [f"earlier: {earlier.taken_at:%Y-%m-%d %H:%M} UTC on {earlier.machine.told}"]
    if not report.machine.is_like(earlier.machine):
        remarks.append("taken on different machines: ratios may be compared, absolute values may not")
    if report.quick != earlier.quick:
        remarks.append("one of them was quick: it measured less, and says less")
    if report.load != earlier.load:
        remarks.append(f"the load was made by {earlier.load} then, by {report.load} now")
    return remarks


def are_reached(figures: Iterable[Measured]) -> bool:
    """Whether no figure fails; one that was not measured does not."""
    return all(each.verdict is not Verdict.FAILS for each in figures)


def _change(before: Measured | None, now: Measured | None) -> tuple[str, ...]:
    some = now or before
    if some is None:
        raise ValueError("a change needs one of them")
    earlier = before.value if before is not None else None
    present = now.value if now is not None else None
    verdicts = _verdicts([each.verdict for each in (before, now) if each is not None])
    values = (_told(earlier, some.unit), _told(present, some.unit), _by(earlier, present, some))
    return (some.figure, some.what, *values, verdicts)


def _by(earlier: float | None, present: float | None, of: Measured) -> str:
    if earlier is None or present is None:
        return _NOTHING
    if of.unit is Unit.SHARE:
        return f"{(present - earlier) * 100:+.1f} points"
    return f"{present / earlier - 1:+.1%}" if earlier else _NOTHING


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    first, last = verdicts[0], verdicts[-1]
    return last.value if first is last else f"{first.value} → {last.value}"


def _told(value: float | None, unit: Unit) -> str:
    return _NOTHING if value is None else _TELLING[unit](value)


def _times(value: float) -> str:
    """With as many digits as mean something."""
    return f"{value:,.0f} ×" if value >= _LARGE else f"{value:.3f} ×"


_LARGE: Final = 100
_TELLING: Final[dict[Unit, Callable[[float], str]]] = {
    Unit.TIMES: _times,
    Unit.SHARE: "{:+.1%}".format,
    Unit.MILLISECONDS: "{:.2f} ms".format,
    Unit.SECONDS: "{:.2f} s".format,
    Unit.BYTES: lambda value: f"{value / _MEGABYTE:,.0f} MB" if value >= _MEGABYTE else f"{value:,.0f} bytes",
    Unit.CALLS: "{:g}".format,
}


def _spread(each: Measured) -> str:
    if each.low is None or each.high is None:
        return _NOTHING
    return f"{_told(each.low, each.unit)} … {_told(each.high, each.unit)}"


def _bound(each: Measured) -> str:
    if each.bound is None:
        return _NOTHING
    return f"{_SIGNS[each.bound.direction]} {_told(each.bound.value, each.unit)}"
