import pytest

from aggregator.breaker import LONGEST_RETRY_AFTER, Breaker
from aggregator.observers import BreakerState
from tests.aggregator.fakes import ManualMonotonic


class Bench:
    """A breaker that opens after three failures for ten seconds, with its clock and its history."""

    def __init__(self) -> None:
        self.time = ManualMonotonic()
        self.history: list[BreakerState] = []
        self.breaker = Breaker(failures=3, seconds=10, changed=self.history.append, monotonic=self.time)

    def fail(self, times: int = 1, retry_after: float | None = None) -> None:
        for _ in range(times):
            self.breaker.failed(self.permit(), retry_after)

    def permit(self) -> int:
        permit = self.breaker.admit()
        assert permit is not None
        return permit


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_it_opens_after_that_many_failures_in_a_row(bench: Bench) -> None:
    bench.fail(2)
    assert bench.history == []

    bench.fail()

    assert bench.history == [BreakerState.OPEN]
    assert bench.breaker.admit() is None


def test_a_success_between_failures_starts_the_count_again(bench: Bench) -> None:
    bench.fail(2)
    bench.breaker.succeeded(bench.permit())
    bench.fail(2)

    assert bench.breaker.state is BreakerState.CLOSED


def test_after_its_time_a_single_call_finds_out(bench: Bench) -> None:
    bench.fail(3)
    bench.time.advance(9.99)
    assert bench.breaker.admit() is None
    bench.time.advance(0.01)

    probe = bench.breaker.admit()

    assert probe is not None
    assert bench.breaker.state is BreakerState.HALF_OPEN
    assert bench.breaker.admit() is None


def test_a_probe_that_succeeds_closes_it(bench: Bench) -> None:
    bench.fail(3)
    bench.time.advance(10)
    bench.breaker.succeeded(bench.permit())

    assert bench.history == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    bench.fail(2)
    assert bench.breaker.state is BreakerState.CLOSED


def test_a_probe_that_fails_opens_it_for_another_while(bench: Bench) -> None:
    bench.fail(3)
    bench.time.advance(10)
    bench.fail()

    assert bench.breaker.state is BreakerState.OPEN
    bench.time.advance(9.99)
    assert bench.breaker.refuses()


def test_a_probe_that_was_cancelled_lets_the_next_one_through(bench: Bench) -> None:
    bench.fail(3)
    bench.time.advance(10)
    bench.breaker.abandoned(bench.permit())

    assert bench.breaker.admit() is not None


def test_a_call_from_before_it_opened_changes_nothing(bench: Bench) -> None:
    early = [bench.permit(), bench.permit()]
    bench.fail(3)
    bench.time.advance(10)
    probe = bench.permit()

    bench.breaker.succeeded(early[0])
    bench.breaker.failed(early[1])

    assert bench.history == [BreakerState.OPEN, BreakerState.HALF_OPEN]
    bench.breaker.succeeded(probe)
    assert bench.history[2:] == [BreakerState.CLOSED]


def test_a11_it_opens_at_once_and_for_as_long_as_the_upstream_asks(bench: Bench) -> None:
    bench.fail(retry_after=60)

    bench.time.advance(59.9)
    assert bench.breaker.refuses()
    bench.time.advance(0.1)
    assert not bench.breaker.refuses()


def test_a11_an_absurd_retry_after_is_cut(bench: Bench) -> None:
    bench.fail(retry_after=1e9)
    bench.time.advance(LONGEST_RETRY_AFTER)

    assert not bench.breaker.refuses()
