"""Which three things come first."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.today.model import THREE, Matter, MatterKind, NextThings, Pressure, next_things

TODAY = date(2026, 3, 10)
KINDS = list(MatterKind)


def matter(kind: MatterKind, number: int = 0, days: int | None = 0, **more: object) -> Matter:
    due_on = None if days is None else TODAY + timedelta(days=days)
    fields = {"kind": kind, "id": f"{number:03}", "about": "", "whom": "", "due_on": due_on, "days": days, **more}
    return Matter(**fields)  # type: ignore[arg-type]  # whatever a test wants


@st.composite
def matters(draw: st.DrawFn) -> Matter:
    kind, number = draw(st.sampled_from(KINDS)), draw(st.integers(0, 4))
    is_of_record = kind is MatterKind.ALERT and draw(st.booleans())
    return matter(
        kind,
        number,
        draw(st.none() | st.integers(-3, 3)),
        is_missed=draw(st.booleans()) and kind is MatterKind.ALERT,
        is_waiting=draw(st.booleans()),
        record=f"deadline/{draw(st.integers(0, 4)):03}" if is_of_record else "",
    )


ANY = st.lists(matters(), max_size=12, unique_by=lambda each: (each.kind, each.id))


def kinds_of(found: NextThings) -> list[MatterKind]:
    return [each.kind for each in found.matters]


@given(ANY)
def test_three_at_most_and_no_thing_twice(every: list[Matter]) -> None:
    found = next_things(every).matters

    assert len(found) == min(THREE, len({each.name for each in every}))
    assert len({each.name for each in found}) == len(found)


@given(ANY, st.randoms())
def test_in_whatever_order_they_were_read_the_same_come_first(every: list[Matter], random: Random) -> None:
    shuffled = random.sample(every, len(every))

    assert next_things(shuffled) == next_things(every)


@given(ANY)
def test_nothing_that_is_left_out_presses_more_than_what_is_shown(every: list[Matter]) -> None:
    shown = next_things(every).matters
    names = {each.name for each in shown}

    assert all(one.pressure <= other.pressure for one, other in pairwise(shown))
    for left_out in every:
        if left_out.name not in names:
            assert left_out.pressure >= shown[-1].pressure


@given(ANY)
def test_of_what_presses_alike_no_kind_comes_twice_while_another_is_left_out(every: list[Matter]) -> None:
    shown = next_things(every).matters
    left_out = [each for each in every if each.name not in {one.name for one in shown}]

    for pressure in {each.pressure for each in shown}:
        kinds = [each.kind for each in shown if each.pressure is pressure]
        if len(set(kinds)) < len(kinds):
            assert {each.kind for each in left_out if each.pressure is pressure} <= set(kinds)


@given(ANY)
def test_something_is_due_where_anything_is(every: list[Matter]) -> None:
    is_due = any(each.pressure is not Pressure.COMING for each in every)

    assert next_things(every).is_anything_due is is_due


@pytest.mark.parametrize(
    ("fields", "pressure"),
    [
        ({"days": -1}, Pressure.PAST_DUE),
        ({"days": 0}, Pressure.DUE_TODAY),
        ({"days": 1}, Pressure.COMING),
        ({"days": 5, "is_waiting": True}, Pressure.WAITING),
        ({"days": -5, "is_waiting": True}, Pressure.PAST_DUE),
        ({"days": None, "is_missed": True}, Pressure.PAST_DUE),
        ({"days": None}, Pressure.WAITING),
    ],
)
def test_how_a_matter_presses(fields: dict[str, object], pressure: Pressure) -> None:
    assert matter(MatterKind.ALERT, **fields).pressure is pressure  # type: ignore[arg-type]  # fields by name


def test_two_hundred_missed_alerts_hide_no_missed_task() -> None:
    alerts = [matter(MatterKind.ALERT, number, -200 + number) for number in range(200)]
    task = matter(MatterKind.TASK, days=-1)

    assert kinds_of(next_things([*alerts, task])) == [MatterKind.ALERT, MatterKind.TASK, MatterKind.ALERT]


def test_what_is_missed_comes_before_another_kind_of_what_only_comes() -> None:
    alerts = [matter(MatterKind.ALERT, number, -3) for number in range(3)]

    assert kinds_of(next_things([*alerts, matter(MatterKind.TASK, days=1)])) == [MatterKind.ALERT] * 3


def test_an_alert_and_the_record_it_was_raised_for_are_one_thing() -> None:
    record = matter(MatterKind.DEADLINE, 7, -3)
    alert = matter(MatterKind.ALERT, 1, -3, record="deadline/007")
    of_another = matter(MatterKind.ALERT, 2, -2, record="deadline/008")

    assert next_things([record, alert, of_another]).matters == [alert, of_another]
    assert next_things([record, matter(MatterKind.ALERT, 1, 5, record="deadline/007")]).matters == [record]


def test_missed_on_a_day_that_nobody_knows_is_the_most_overdue() -> None:
    unknown: Sequence[Matter] = [matter(MatterKind.ALERT, 9, None, is_missed=True)]

    assert next_things([matter(MatterKind.ALERT, 1, -900), *unknown]).matters[0] == unknown[0]
