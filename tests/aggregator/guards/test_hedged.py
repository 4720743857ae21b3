"""A second request beside one that is slow: through all guards, and over HTTP to a portal's double."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.guards.guarded import guarded
from aggregator.observers import BreakerState
from gate.checks.connections import AsContracted
from sources.contract import ErrorKind, Query, SourceError, SourceUnreachable
from sources.http import open_session
from sources.records import EnrollmentRecord
from sources.sandbox.faults import Fault, FaultKind
from sources.sandbox.server import start_sandbox
from sources.tmhp_pems.adapter import TmhpPems
from tests.aggregator.fakes import FakeSource, Listener, ManualClock, ManualMonotonic, describe, record

NPI = "1234567893"
QUERY = Query(NPI, "TX")
AFTER = 0.03
SLOW = 5.0
Step = tuple[float, Sequence[EnrollmentRecord] | Exception | None]


class ScriptedSource(FakeSource):
    """Answers each request as its step says: after so long, this."""

    def __init__(self, *script: Step, **limits: float) -> None:
        limits = {"attempts": 1, "hedge_after": AFTER, "breaker_failures": 2} | limits
        super().__init__(describe("tmhp_pems", national=False, **limits))
        self.script = list(script)

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        self.delay, self.answer = self.script[min(self.calls, len(self.script) - 1)]
        answer = self.answer
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        if isinstance(answer, Exception):
            raise answer
        return (record(),) if answer is None else answer


class Bench:
    def __init__(self, *script: Step, **limits: float) -> None:
        self.source = ScriptedSource(*script, **limits)
        self.heard = Listener()
        self.time = ManualMonotonic()
        self.guarded = guarded(self.source, self.heard, ManualClock(), monotonic=self.time)

    async def ask(self) -> ErrorKind | int:
        """How many records there are, or what went wrong."""
        try:
            return len(await asyncio.wait_for(self.guarded.fetch(QUERY), 2))
        except SourceError as error:
            return error.kind


async def test_one_slow_request_then_a_fast_one_is_answered_by_the_second() -> None:
    bench = Bench((SLOW, []), (0, None))

    assert await bench.ask() == 1
    await asyncio.sleep(0)
    assert (bench.source.calls, bench.source.cancelled) == (2, 1)
    assert bench.heard.hedges_won == [True]
    assert [outcome.value for _, outcome, _ in bench.heard.answers] == ["FOUND"]


async def test_a_request_that_is_answered_in_time_stays_alone() -> None:
    bench = Bench((0, None))

    assert await bench.ask() == 1
    assert (bench.source.calls, bench.heard.hedges_won) == (1, [])


async def test_the_first_answer_counts_also_if_it_is_the_first_request_s() -> None:
    bench = Bench((2 * AFTER, None), (SLOW, []))

    assert await bench.ask() == 1
    await asyncio.sleep(0)
    assert (bench.source.calls, bench.source.cancelled, bench.heard.hedges_won) == (2, 1, [False])


async def test_a_failure_of_one_of_them_waits_for_the_other() -> None:
    refused = SourceUnreachable("refused")

    assert await Bench((2 * AFTER, refused), (3 * AFTER, None)).ask() == 1
    assert await Bench((3 * AFTER, None), (0, refused)).ask() == 1


async def test_where_both_fail_the_first_one_s_error_is_told() -> None:
    bench = Bench((3 * AFTER, SourceUnreachable("refused")), (0, ValueError()))

    assert await bench.ask() is ErrorKind.UNREACHABLE


async def test_a_loser_is_not_held_against_the_source() -> None:
    bench = Bench((SLOW, []), (0, None), (SLOW, []), (0, None), (SLOW, []), (0, None))

    assert [await bench.ask() for _ in range(3)] == [1, 1, 1]
    assert bench.heard.breaker == []


async def test_a_second_request_takes_a_turn_and_only_one_that_nobody_needs() -> None:
    alone = Bench((SLOW, []), (0, None), max_concurrency=1)
    alone.source.script[0] = (4 * AFTER, None)
    spent = Bench((4 * AFTER, None), max_per_second=1)

    assert await alone.ask() == 1
    assert await spent.ask() == 1
    assert (alone.source.calls, spent.source.calls) == (1, 1)


async def test_its_turn_is_given_back() -> None:
    bench = Bench((SLOW, []), (0, None), (SLOW, []), (0, None), max_concurrency=4, max_per_second=1000)

    assert [await bench.ask() for _ in range(2)] == [1, 1]
    await asyncio.sleep(0)
    bench.source.script = [(0.01, None)]
    assert await asyncio.wait_for(asyncio.gather(*(bench.ask() for _ in range(9))), 1) == [1] * 9
    assert bench.source.most_at_once == 4


async def test_none_is_sent_to_a_source_that_is_being_probed() -> None:
    bench = Bench((0, SourceUnreachable("refused")), (0, SourceUnreachable("refused")), (3 * AFTER, None))
    await bench.ask()
    await bench.ask()
    bench.time.advance(bench.source.description.breaker_seconds)

    assert await bench.ask() == 1
    assert bench.source.calls == 3
    assert bench.heard.breaker == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]


async def test_none_is_sent_where_the_budget_is_nearly_over() -> None:
    bench = Bench((SLOW, []), (0, None), budget=1.5 * AFTER)

    assert await bench.ask() is ErrorKind.TIMEOUT
    assert bench.source.calls == 1


async def test_whoever_leaves_takes_both_requests_along() -> None:
    bench = Bench((SLOW, []), (SLOW, []))
    asking = asyncio.ensure_future(bench.guarded.fetch(QUERY))
    await asyncio.sleep(2 * AFTER)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await asyncio.sleep(0)

    assert (bench.source.calls, bench.source.cancelled, bench.source.at_once) == (2, 2, 0)


async def test_by_default_no_source_is_asked_twice() -> None:
    bench = Bench((3 * AFTER, None), hedge_after=None)  # type: ignore[arg-type]  # the description's default

    assert await bench.ask() == 1
    assert bench.source.calls == 1
    assert TmhpPems.description.hedge_after is None


steps: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from([0.0, 0.004, 0.012]), st.sampled_from([None, [], SourceUnreachable("refused"), ValueError()])
)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, min_size=2, max_size=2), st.integers(1, 2))
def test_what_is_answered_is_what_one_request_alone_would_have_been(script: list[Step], attempts: int) -> None:
    """A source that knows one thing, and now and then fails: asked twice it says the same, or fails less often."""
    known = next((answer for _, answer in script if not isinstance(answer, Exception)), None)
    script = [(delay, answer if isinstance(answer, Exception) else known) for delay, answer in script]

    plain = asyncio.run(Bench(*script, hedge_after=None, attempts=attempts).ask())  # type: ignore[arg-type]
    hedged = asyncio.run(Bench(*script, hedge_after=0.002, attempts=attempts).ask())

    if isinstance(plain, ErrorKind):
        assert hedged in {plain, 1 if known is None else 0}
    else:
        assert hedged == plain


@pytest.mark.parametrize("hedge_after", [None, 0.1])
async def test_a_portal_that_is_slow_now_and_then_is_asked_on_another_connection(hedge_after: float | None) -> None:
    portal = await start_sandbox()
    portal.sandbox.replace_faults({"tmhp_pems": Fault(FaultKind.SLOW, share=0.5, latency_ms=2000)})
    connection = portal.connections["tmhp_pems"].model_copy(update={"hedge_after": hedge_after})
    async with open_session() as session:
        source = guarded(AsContracted(TmhpPems(session, connection), connection))
        started = time.monotonic()
        records = await source.fetch(QUERY)
        took = time.monotonic() - started
    calls = portal.sandbox.calls()["tmhp_pems"]
    await portal.stop()

    assert {each.source for each in records} == {"tmhp_pems"}
    assert (calls, took < 1.5) == ((1, False) if hedge_after is None else (2, True))
