"""Comparing two ways of working on a machine that does other things besides: by turns, neighbour with neighbour."""

from collections.abc import Callable
from math import ceil, floor, sqrt
from statistics import median, quantiles
from typing import Final, NamedTuple

_DISCARDED: Final = 4
"""Turns before the first that counts: what is fetched once is fetched then."""


class Comparison(NamedTuple):
    """How long an answer took with something switched off and on, in seconds of the processor."""

    off: float
    on: float
    pairs: int
    ratio: float
    """The median of those of neighbouring turns, on by off."""
    quarter: float
    three_quarters: float
    lowest: float
    """Of what the median may be, with 95 % confidence."""
    highest: float

    def verdict(self, most: float) -> str:
        """Whether no more than that share is added."""
        if self.highest <= 1 + most:
            return "within"
        return "over" if self.lowest > 1 + most else "undecided: the machine is too busy"


def compared(off: list[float], on: list[float]) -> Comparison:
    """Of as many turns of each kind; those with the same number were neighbours."""
    ratios = sorted(there / without for there, without in zip(on, off, strict=True))
    quarter, _, three_quarters = quantiles(ratios, n=4)
    # Of so many values, so many lie on either side of the true median in nineteen of twenty cases.
    reach = 1.96 * sqrt(len(ratios)) / 2
    middle = len(ratios) / 2
    return Comparison(
        off=median(off),
        on=median(on),
        pairs=len(ratios),
        ratio=median(ratios),
        quarter=quarter,
        three_quarters=three_quarters,
        lowest=ratios[max(0, floor(middle - reach))],
        highest=ratios[min(len(ratios) - 1, ceil(middle + reach))],
    )


class Turns:
    """Switches off, on, on, off and so on after so many answers, and notes how much time each turn took."""

    def __init__(
        self,
        answers: int,
        pairs: int,
        clock: Callable[[], float],
        switch: Callable[[bool], None],
        finish: Callable[[], None],
    ) -> None:
        """Turns should be short: what disturbs the machine for longer than a pair of them disturbs both alike.

        `finish` does what a turn left to be done later, so that it is timed with the turn.
        """
        self._finish = finish
        self._answers = answers
        self._turns = 2 * pairs
        self._clock = clock
        self._switch = switch
        self._left = 0
        self._number = -_DISCARDED - 1
        self._began = 0.0
        self._took: dict[bool, list[float]] = {True: [], False: []}

    @property
    def are_over(self) -> bool:
        return self._number >= self._turns

    def answered(self) -> None:
        """To be called once for every answer, at the same point of its making."""
        if self._left:
            self._left -= 1
            return
        self._finish()
        now = self._clock()
        if 0 <= self._number < self._turns:
            self._took[_is_on(self._number)].append((now - self._began) / self._answers)
        self._number += 1
        self._left = self._answers - 1
        self._switch(_is_on(self._number))
        self._began = self._clock()

    def comparison(self) -> Comparison:
        return compared(self._took[False], self._took[True])


def _is_on(number: int) -> bool:
    """Pairs begin by turns with the one and the other, so that what drifts favours neither."""
    return number % 4 in {1, 2}
