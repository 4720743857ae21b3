"""The comparison that measurements rest on finds what is there, and says so when it cannot tell."""

import random

from gate.bench.turns import Turns, compared

PAIRS = 80


def drifting(noise: float, seed: int = 1) -> list[float]:
    """How fast a machine is over time: slower and slower, and disturbed."""
    chance = random.Random(seed)
    return [(1 + number / PAIRS) * (1 + chance.expovariate(1 / noise)) for number in range(PAIRS)]


def test_what_is_added_is_found_although_the_machine_grows_slower() -> None:
    off = [each * 100e-6 for each in drifting(0.02)]
    on = [each * 108e-6 for each in drifting(0.02, seed=2)]

    found = compared(off, on)

    assert 1.06 < found.lowest < found.ratio < found.highest < 1.10
    assert found.verdict(0.10) == "within"
    assert found.verdict(0.05) == "over"


def test_a_machine_that_is_too_busy_gives_no_verdict() -> None:
    found = compared(drifting(2), drifting(2, seed=2))

    assert found.verdict(0.01).startswith("undecided")


def test_a_turn_counts_the_answers_between_its_ends_and_nothing_before_the_first() -> None:
    now, is_on, costs = 0.0, False, {False: 1.0, True: 1.5}

    def switch(on: bool) -> None:
        nonlocal is_on
        is_on = on

    turns = Turns(3, PAIRS, lambda: now, switch, lambda: None)
    while not turns.are_over:
        turns.answered()
        now += costs[is_on]

    found = turns.comparison()
    assert (found.off, found.on, found.ratio, found.pairs) == (1.0, 1.5, 1.5, PAIRS)


def test_what_a_turn_leaves_to_be_done_later_is_its_own_cost() -> None:
    now, is_on, left = 0.0, False, 0.0

    def switch(on: bool) -> None:
        nonlocal is_on
        is_on = on

    def finish() -> None:
        nonlocal now, left
        now, left = now + left, 0.0

    turns = Turns(4, PAIRS, lambda: now, switch, finish)
    while not turns.are_over:
        turns.answered()
        now += 1.0
        left += 0.25 if is_on else 0.0

    assert turns.comparison().ratio == 1.25
