"""Where time comes from. Everything that needs the time is given a `Clock`; nothing calls `now` on its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from sources.states import TIME_ZONES

Clock = Callable[[], datetime]
"""The present instant, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def today_in(state: str, now: datetime) -> date:
    """The calendar day in the state's own time zone, by which deadlines are counted (row R19)."""
    return now.astimezone(TIME_ZONES[state]).date()


def first_instant_of(day: date, state: str) -> datetime:
    """When `day` begins in the state's own time zone."""
    return datetime.combine(day, time.min, TIME_ZONES[state])


def day_around(now: datetime, state: str) -> tuple[datetime, datetime]:
    """The first instant of today in the state's own time zone, and of tomorrow; in UTC."""
    return _bounds(today_in(state, now), state)


@lru_cache(maxsize=256)
def _bounds(day: date, state: str) -> tuple[datetime, datetime]:
    begins, ends = (first_instant_of(each, state).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return begins, ends
