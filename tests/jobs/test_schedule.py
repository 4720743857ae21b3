"""When a job is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.jobs.model import Schedule
from gate.jobs.schedule import Cron, Every, latest_due

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
instants = st.integers(0, 15 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
schedules: st.SearchStrategy[Schedule] = st.sampled_from(
    [
        Every(timedelta(seconds=5)),
        Every(timedelta(minutes=7)),
        Cron("15 0 * * *", "America/New_York"),
        Cron("30 23 * * *", "America/Chicago"),
        Cron("5 * * * *"),
        Cron("0 6 * * 1"),
    ]
)


@given(schedules, instants)
def test_the_next_time_is_later_and_the_same_from_anywhere_before_it(schedule: Schedule, instant: datetime) -> None:
    following = schedule.next_after(instant)

    assert following > instant
    assert schedule.next_after(instant + (following - instant) / 2) == following
    assert schedule.next_after(following) > following


@given(schedules, instants, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_what_is_due_is_the_last_time_that_came_since(schedule: Schedule, last: datetime, since: timedelta) -> None:
    now = last + since
    due = latest_due(schedule, last, now)

    if due is None:
        assert schedule.next_after(last) > now
    else:
        assert last < due <= now < schedule.next_after(due)


@given(schedules, instants)
def test_a_job_that_never_ran_is_due(schedule: Schedule, now: datetime) -> None:
    due = latest_due(schedule, None, now)

    assert due is not None
    assert due <= now < schedule.next_after(due)


@given(schedules, instants, st.integers(0, 10_000_000))
def test_nothing_is_due_twice(schedule: Schedule, last: datetime, seconds: int) -> None:
    now = last + timedelta(seconds=seconds)
    due = latest_due(schedule, last, now)

    assert due is None or latest_due(schedule, due, now) is None


def test_years_that_were_missed_are_one_time() -> None:
    now = datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC)

    due = latest_due(Every(timedelta(seconds=5)), datetime(2020, 1, 1, tzinfo=UTC), now)

    assert due == datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_midnight_is_the_zone_s_midnight_in_winter_and_in_summer() -> None:
    midnight = Cron("15 0 * * *", "America/New_York")

    assert midnight.next_after(datetime(2026, 1, 10, 0, tzinfo=UTC)) == datetime(2026, 1, 10, 5, 15, tzinfo=UTC)
    assert midnight.next_after(datetime(2026, 7, 10, 0, tzinfo=UTC)) == datetime(2026, 7, 10, 4, 15, tzinfo=UTC)


def test_what_falls_into_the_hour_that_is_skipped_is_done_all_the_same() -> None:
    at_half_past_two = Cron("30 2 * * *", "America/New_York")

    that_night = at_half_past_two.next_after(datetime(2026, 3, 7, 12, tzinfo=UTC))

    assert that_night == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert at_half_past_two.next_after(that_night) == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)


def test_weekdays_are_counted_as_crontab_counts_them() -> None:
    sunday = Cron("0 6 * * 0").next_after(datetime(2026, 3, 10, tzinfo=UTC))
    workday = Cron("0 6 * * 1-5").next_after(datetime(2026, 3, 13, 7, tzinfo=UTC))

    assert (sunday.strftime("%A"), workday.strftime("%A")) == ("Sunday", "Monday")


@pytest.mark.parametrize("expression", ["", "* * *", "61 * * * *", "0 0 * * * *", "x * * * *"])
def test_what_is_no_cron_expression_is_refused_when_it_is_written(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Cron(expression)


def test_people_read_what_was_written() -> None:
    assert str(Every(timedelta(minutes=5))) == "every 5 min"
    assert str(Every(timedelta(seconds=5))) == "every 5 s"
    assert str(Cron("15 0 * * *", "America/Chicago")) == "15 0 * * * America/Chicago"
