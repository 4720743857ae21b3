"""What is measured, what it must come to, and what came of it. Pure.

Every figure is a comparison of the gate with something bare in the same run, because absolute times say more about a
machine and its other occupants than about the gate.
"""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median, quantiles
from typing import Final

import msgspec


class NotMeasured(Exception):
    """A figure could not be taken; the message says why, in plain words."""


class Unit(StrEnum):
    """In which a value is told."""

    TIMES = "times"
    SHARE = "share"
    """Of one: told in per cent."""
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"
    BYTES = "bytes"
    CALLS = "calls"


class Direction(StrEnum):
    """On which side of a bound a value must be."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    EXACTLY = "exactly"


class Bound(msgspec.Struct, frozen=True):
    """What a value must come to."""

    direction: Direction
    value: float

    def holds(self, value: float) -> bool:
        """Whether it does."""
        if self.direction is Direction.AT_LEAST:
            return value >= self.value
        return value <= self.value if self.direction is Direction.AT_MOST else value == self.value


class Verdict(StrEnum):
    """Whether a figure is reached."""

    HOLDS = "holds"
    FAILS = "does not hold"
    NOT_MEASURED = "not measured"
    INFORMATION = "for information"


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the table."""

    figure: str
    """P1 … P9, as the documents number them."""
    what: str
    """Unlike every other line's: by figure and this, two runs are compared."""
    unit: Unit = Unit.TIMES
    bound: Bound | None = None
    value: float | None = None
    """The median of `rounds`, unless `what` says otherwise; None: not measured."""
    low: float | None = None
    high: float | None = None
    """Quartiles of `rounds`, unless `detail` says otherwise."""
    rounds: tuple[float, ...] = ()
    detail: str = ""
    """The absolute values behind it; where nothing was measured, why."""

    @property
    def verdict(self) -> Verdict:
        """Whether it is as it must be."""
        if self.value is None:
            return Verdict.NOT_MEASURED
        if self.bound is None:
            return Verdict.INFORMATION
        return Verdict.HOLDS if self.bound.holds(self.value) else Verdict.FAILS


class Quartiles(msgspec.Struct, frozen=True):
    """Where the middle half of some values lies."""

    low: float
    middle: float
    high: float


def quartiles(values: Sequence[float]) -> Quartiles:
    """Of at least one value; of a single one, that value three times."""
    if len(values) == 1:
        return Quartiles(values[0], values[0], values[0])
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Quartiles(low, median(values), high)


_HUNDREDTHS: Final = 100


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` hundredths of `values` do not exceed: the least such one of them."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // _HUNDREDTHS)
    return ordered[max(0, rank - 1)]


def of_rounds(
    figure: str,
    what: str,
    rounds: Sequence[float],
    *,
    unit: Unit = Unit.TIMES,
    bound: Bound | None = None,
    detail: str = "",
) -> Measured:
    """A line whose value is the median of its rounds."""
    found = quartiles(rounds)
    return Measured(
        figure=figure,
        what=what,
        unit=unit,
        bound=bound,
        value=found.middle,
        low=found.low,
        high=found.high,
        rounds=tuple(rounds),
        detail=detail,
    )


def at_least(value: float) -> Bound:
    """A bound from below."""
    return Bound(Direction.AT_LEAST, value)


def at_most(value: float) -> Bound:
    """A bound from above."""
    return Bound(Direction.AT_MOST, value)


def exactly(value: float) -> Bound:
    """A bound on both sides."""
    return Bound(Direction.EXACTLY, value)
