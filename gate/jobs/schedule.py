"""When jobs are due: every so often, or as cron says in a time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from gate.jobs.model import Schedule

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPANS: Final = tuple(timedelta(days=days) for days in (1 / 24, 1, 8, 32, 366))
_CRON_FIELDS: Final = 5
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Every:
    """At whole multiples of a pace since 1970, so that all processes mean the same instants."""

    def __init__(self, pace: timedelta) -> None:
        self._pace = pace

    def next_after(self, instant: datetime) -> datetime:
        """See `Schedule`."""
        return _EPOCH + ((instant - _EPOCH) // self._pace + 1) * self._pace

    def __str__(self) -> str:
        """As people read it."""
        seconds = round(self._pace.total_seconds())
        return f"every {seconds // 60} min" if seconds % 60 == 0 else f"every {seconds} s"


class Cron:
    """Five fields as in crontab, by the clocks of a time zone.

    In the night in which an hour is skipped, what falls into it is done an hour later; what falls into the hour that
    comes twice is due twice.
    """

    def __init__(self, expression: str, zone: str = "UTC") -> None:
        """Raises ValueError for an expression that is none."""
        self._expression = expression
        self._zone = zone
        _ = self._trigger

    @cached_property
    def _trigger(self) -> CronTrigger:
        fields = self._expression.split()
        if len(fields) != _CRON_FIELDS:
            raise ValueError("write five fields: minute, hour, day, month, weekday")
        minute, hour, day, month, weekday = fields
        # The library counts weekdays from Monday, crontab from Sunday.
        named = "".join(_WEEKDAYS[int(each)] if each.isdecimal() else each for each in weekday)
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=named, timezone=ZoneInfo(self._zone)
        )

    def next_after(self, instant: datetime) -> datetime:
        """See `Schedule`."""
        local = (instant + timedelta(microseconds=1)).astimezone(ZoneInfo(self._zone))
        found: datetime | None = self._trigger.get_next_fire_time(None, local)
        if found is None:
            raise ValueError(f"{self._expression} never comes")
        return found.astimezone(UTC)

    def __str__(self) -> str:
        """As people read it."""
        return f"{self._expression} {self._zone}"


def latest_due(schedule: Schedule, last: datetime | None, now: datetime) -> datetime | None:
    """The last time up to now for which a job is to run that ran last for `last` (None: never).

    However many times were missed, they are caught up with once. None: it is not due.
    """
    if last is not None and schedule.next_after(last) > now:
        return None
    for span in _SPANS:
        since = now - span if last is None else max(last, now - span)
        if times := list(_times(schedule, since, now)):
            return times[-1]
        if since == last:
            break
    return None


def comes_no_more_often(schedule: Schedule, pace: timedelta, now: datetime) -> bool:
    """Whether the next two times lie that far apart."""
    first = schedule.next_after(now)
    return schedule.next_after(first) - first >= pace


def _times(schedule: Schedule, since: datetime, until: datetime) -> Iterator[datetime]:
    at = schedule.next_after(since)
    while at <= until:
        yield at
        at = schedule.next_after(at)
