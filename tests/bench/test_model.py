"""What a figure comes to, and whether that is enough."""

from math import ceil
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.bench.model import Measured, Verdict, at_least, at_most, exactly, of_rounds, percentile, quartiles

values = st.lists(st.floats(min_value=0.001, max_value=1000), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("bound", "reached", "missed"),
    [(at_least(0.85), 0.85, 0.8499), (at_most(5), 5, 5.01), (exactly(1), 1, 2), (exactly(1), 1, 0)],
)
def test_a_bound_itself_is_reached_and_what_lies_beyond_is_not(bound: object, reached: float, missed: float) -> None:
    def verdict(value: float) -> Verdict:
        return Measured(figure="P1", what="it", value=value, bound=bound).verdict  # type: ignore[arg-type]  # of the table

    assert (verdict(reached), verdict(missed)) == (Verdict.HOLDS, Verdict.FAILS)


def test_what_could_not_be_measured_neither_holds_nor_fails() -> None:
    assert Measured(figure="P3", what="it", bound=at_most(2)).verdict is Verdict.NOT_MEASURED


def test_what_must_come_to_nothing_in_particular_is_information() -> None:
    assert Measured(figure="P2", what="it", value=0.3).verdict is Verdict.INFORMATION


@given(values)
def test_no_more_than_a_quarter_of_the_rounds_lie_on_either_side_and_the_value_is_their_median(
    rounds: list[float],
) -> None:
    line = of_rounds("P1", "it", rounds)

    assert line.value == median(rounds)
    assert line.low is not None
    assert line.high is not None
    quarter = ceil(len(rounds) / 4)
    assert min(rounds) <= line.low <= line.value <= line.high <= max(rounds)
    assert sum(each < line.low for each in rounds) <= quarter
    assert sum(each > line.high for each in rounds) <= quarter


def test_one_round_has_no_spread() -> None:
    found = quartiles([0.9])

    assert (found.low, found.middle, found.high) == (0.9, 0.9, 0.9)


def test_one_disturbed_round_of_nine_moves_the_value_by_nothing() -> None:
    calm = [0.9] * 9

    assert of_rounds("P1", "it", [*calm[1:], 0.1]).value == of_rounds("P1", "it", calm).value


@given(values, st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed_and_no_smaller_one_is(
    found: list[float], share: int
) -> None:
    value = percentile(found, share)

    assert value in found
    assert sum(each <= value for each in found) * 100 >= share * len(found)
    assert sum(each < value for each in found) * 100 < share * len(found)


def test_the_99th_of_a_hundred_values_leaves_one_out() -> None:
    assert percentile([float(number) for number in range(1, 101)], 99) == 99
