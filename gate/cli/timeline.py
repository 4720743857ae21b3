"""Periods of enrollment drawn on one scale, with the date of service marked."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

WIDTH: Final = 44
_EARLIEST: Final = timedelta(days=3 * 365)
_LATEST: Final = timedelta(days=2 * 365)
"""How far around the date of service the scale reaches; what lies beyond is cut off and shown so."""
_MARGIN: Final = timedelta(days=30)


class Period(NamedTuple):
    """Both days are covered; None: open-ended."""

    first_day: date
    last_day: date | None


class Scale:
    """Which day is drawn in which column."""

    def __init__(self, periods: Sequence[Period], day: date) -> None:
        ends = [period.last_day or day for period in periods]
        self.first = max(min([day, *(period.first_day for period in periods)]), day - _EARLIEST) - _MARGIN
        self.last = min(max([day, *ends, *(period.first_day for period in periods)]), day + _LATEST) + _MARGIN

    def column(self, day: date) -> int:
        """From 0 to `WIDTH` - 1; days beyond the scale are at its ends."""
        share = (day - self.first).days / (self.last - self.first).days
        return round(min(max(share, 0.0), 1.0) * (WIDTH - 1))


def bar(period: Period, scale: Scale) -> str:
    """One period: ``├──┤`` with both its days, an arrow where it goes on beyond the scale."""
    begins = "◀" if period.first_day < scale.first else "├"
    goes_on = period.last_day is None or period.last_day > scale.last
    start, end = scale.column(period.first_day), WIDTH - 1 if goes_on else scale.column(period.last_day or scale.last)
    if start == end:
        return f"{'':<{start}}│".ljust(WIDTH)
    return f"{'':<{start}}{begins}{'─' * (end - start - 1)}{'▶' if goes_on else '┤'}".ljust(WIDTH)


def marker(day: date, scale: Scale, words: str) -> str:
    """The date of service below the bars."""
    return f"{'':<{scale.column(day)}}▲ {day} {words}"
