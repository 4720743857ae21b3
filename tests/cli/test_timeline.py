"""Periods drawn on one scale."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from gate.cli.timeline import WIDTH, Period, Scale, bar, marker

DAY = date(2026, 3, 10)
periods = st.builds(lambda first, last: Period(min(first, last), max(first, last)), st.dates(), st.dates()) | st.builds(
    Period, st.dates(), st.none()
)


@given(st.lists(periods, min_size=1, max_size=6), st.dates(date(1966, 1, 1), date(2100, 1, 1)))
def test_whatever_the_periods_every_bar_fits_and_covers_the_day_where_the_period_does(
    known: list[Period], day: date
) -> None:
    scale = Scale(known, day)
    marked = marker(day, scale, "service").index("▲")
    for period in known:
        drawn = bar(period, scale)
        assert len(drawn) == WIDTH
        if period.first_day <= day <= (period.last_day or date.max):
            assert drawn[marked] != " "


def test_what_goes_on_beyond_the_scale_is_an_arrow() -> None:
    open_ended, ancient = Period(date(2025, 1, 1), None), Period(date(1990, 1, 1), date(2026, 12, 31))
    scale = Scale([open_ended, ancient], DAY)

    assert bar(open_ended, scale).strip()[0] == "├"
    assert bar(open_ended, scale).endswith("▶")
    assert bar(ancient, scale).strip()[0] == "◀"
    assert bar(ancient, scale).strip()[-1] == "┤"
