"""The guards together, around one source."""

import asyncio
import time
from datetime import date

import msgspec
import pytest

from aggregator.evidence import SourceOutcome
from aggregator.guards.guarded import GuardedSource, guarded
from aggregator.guards.health import SourceStatus
from aggregator.observers import BreakerState
from sources.contract import (
    EnrollmentSource,
    ErrorKind,
    Query,
    SourceCircuitOpen,
    SourceDataError,
    SourceError,
    SourceNotConfigured,
    SourceNotImplemented,
    SourceThrottled,
    SourceUnexpected,
    SourceUnreachable,
)
from sources.records import EnrollmentRecord
from tests.aggregator.fakes import (
    NPI,
    START,
    FakeSource,
    Listener,
    ManualClock,
    ManualMonotonic,
    describe,
    error_of,
    record,
)

QUERY = Query(NPI, "TX")
COUNTED = [
    ErrorKind.UNREACHABLE,
    ErrorKind.TIMEOUT,
    ErrorKind.THROTTLED,
    ErrorKind.MALFORMED,
    ErrorKind.CREDENTIALS,
    ErrorKind.UNEXPECTED,
]
NOT_COUNTED = [ErrorKind.DATA_ERROR, ErrorKind.UNMAPPED_STATUS, ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED]


class Bench:
    """A source that can be told what to do, its guards, and those who watch."""

    def __init__(self, *, longest_wait: float = 30.0, **limits: float) -> None:
        limits = {"attempts": 1, "breaker_failures": 3} | limits
        self.source = FakeSource(describe("tmhp_pems", national=False, **limits))
        self.time = ManualMonotonic()
        self.clock = ManualClock()
        self.heard = Listener()
        self.guarded: GuardedSource = guarded(
            self.source, self.heard, self.clock, longest_wait=longest_wait, monotonic=self.time
        )

    async def ask(self, times: int = 1) -> list[ErrorKind | None]:
        return [await self._ask() for _ in range(times)]

    async def ask_at_once(self, times: int) -> list[ErrorKind | None]:
        return await asyncio.gather(*(self._ask() for _ in range(times)))

    async def _ask(self) -> ErrorKind | None:
        try:
            await self.guarded.fetch(QUERY)
        except SourceError as error:
            return error.kind
        return None


def test_a_guarded_source_is_a_source() -> None:
    bench = Bench()

    assert isinstance(bench.guarded, EnrollmentSource)
    assert bench.guarded.description is bench.source.description


def test_a_guarded_source_tells_its_connections_apart() -> None:
    source = Bench().source

    assert guarded(source, identity="5f2a90c1d3e4").identity == "5f2a90c1d3e4"
    assert guarded(source).identity == ""


async def test_a_clean_answer_passes_and_is_reported() -> None:
    bench = Bench()

    assert await bench.guarded.fetch(QUERY) == (record(),)
    assert bench.heard.answers == [("tmhp_pems", SourceOutcome.FOUND, None)]


async def test_an_empty_answer_is_reported_as_such() -> None:
    bench = Bench()
    bench.source.answer = []

    assert await bench.ask() == [None]
    assert bench.heard.answers == [("tmhp_pems", SourceOutcome.EMPTY, None)]


async def test_a13_a_slow_attempt_is_a_timeout() -> None:
    bench = Bench(attempt_timeout=0.02)
    bench.source.delay = 5

    assert await bench.ask() == [ErrorKind.TIMEOUT]
    assert bench.heard.answers == [("tmhp_pems", SourceOutcome.TIMEOUT, ErrorKind.TIMEOUT)]
    assert bench.source.cancelled == 1


async def test_attempts_never_outlast_the_budget() -> None:
    bench = Bench(attempts=50, attempt_timeout=0.05, budget=0.2)
    bench.source.delay = 5

    started = time.monotonic()

    assert await bench.ask() == [ErrorKind.TIMEOUT]
    assert time.monotonic() - started < 1.0
    assert bench.source.calls <= 4


async def test_the_error_that_happened_is_told_where_no_time_is_left_to_try_again() -> None:
    bench = Bench(attempts=2, budget=0.3, breaker_failures=100)
    bench.source.answer, bench.source.delay = SourceUnreachable("refused"), 0.28

    # The wait is drawn at random; a short one leaves time to begin again, and too little to end.
    assert (await bench.ask_at_once(10)).count(ErrorKind.UNREACHABLE) >= 4


async def test_a_connection_that_failed_is_tried_again() -> None:
    bench = Bench(attempts=3)
    bench.source.answer = SourceUnreachable("refused")

    assert await bench.ask() == [ErrorKind.UNREACHABLE]
    assert bench.source.calls == 3


@pytest.mark.parametrize("kind", sorted(set(ErrorKind) - {ErrorKind.UNREACHABLE, ErrorKind.TIMEOUT}))
async def test_what_would_be_the_same_the_next_moment_is_not_tried_again(kind: ErrorKind) -> None:
    bench = Bench(attempts=3)
    bench.source.answer = error_of(kind)

    assert await bench.ask() == [kind]
    assert bench.source.calls == 1


async def test_overlapping_calls_have_their_own_attempts() -> None:
    bench = Bench(attempts=3, breaker_failures=100)
    bench.source.answer = SourceUnreachable("refused")

    assert await bench.ask_at_once(10) == [ErrorKind.UNREACHABLE] * 10
    assert bench.source.calls == 30


@pytest.mark.parametrize("kind", COUNTED)
async def test_failures_of_the_upstream_open_the_breaker(kind: ErrorKind) -> None:
    bench = Bench()
    bench.source.answer = error_of(kind)

    assert await bench.ask(5) == [kind] * 3 + [ErrorKind.CIRCUIT_OPEN] * 2
    assert bench.source.calls == 3
    assert bench.heard.breaker == [BreakerState.OPEN]


@pytest.mark.parametrize("kind", NOT_COUNTED)
async def test_failures_about_one_provider_or_about_us_do_not(kind: ErrorKind) -> None:
    bench = Bench()
    bench.source.answer = error_of(kind)

    assert await bench.ask(5) == [kind] * 5
    assert bench.heard.breaker == []


async def test_a11_a_throttling_upstream_is_left_alone_for_as_long_as_it_says() -> None:
    bench = Bench()
    bench.source.answer = SourceThrottled("slow down", retry_after=7)

    assert await bench.ask(2) == [ErrorKind.THROTTLED, ErrorKind.CIRCUIT_OPEN]
    bench.time.advance(6.9)
    assert await bench.ask() == [ErrorKind.CIRCUIT_OPEN]
    bench.time.advance(0.1)
    bench.source.answer = None
    assert await bench.ask() == [None]


async def test_a_broken_source_is_probed_by_one_call_and_comes_back() -> None:
    bench = Bench()
    bench.source.answer = SourceUnreachable("refused")
    await bench.ask(3)
    bench.time.advance(bench.source.description.breaker_seconds)
    bench.source.answer, bench.source.delay = None, 0.02

    assert sorted(map(str, await bench.ask_at_once(5))) == ["CIRCUIT_OPEN"] * 4 + ["None"]
    assert await bench.ask() == [None]


async def test_a_cancelled_probe_does_not_leave_the_source_refused_for_good() -> None:
    bench = Bench()
    bench.source.answer = SourceUnreachable("refused")
    await bench.ask(3)
    bench.time.advance(bench.source.description.breaker_seconds)
    bench.source.answer, bench.source.delay = None, 5
    probe = asyncio.ensure_future(bench.guarded.fetch(QUERY))
    await asyncio.sleep(0.01)

    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)

    bench.source.delay = 0
    assert await bench.ask() == [None]


async def test_no_more_calls_at_once_than_the_source_bears() -> None:
    bench = Bench(max_concurrency=4)
    bench.source.delay = 0.01

    assert await bench.ask_at_once(20) == [None] * 20
    assert bench.source.most_at_once == 4


async def test_no_more_calls_a_second_than_the_source_bears() -> None:
    bench = Bench(max_per_second=20)
    started = time.monotonic()

    assert await bench.ask_at_once(26) == [None] * 26
    assert time.monotonic() - started > 0.2


async def test_waiting_for_a_turn_is_not_held_against_the_upstream() -> None:
    bench = Bench(max_concurrency=1, breaker_failures=1, longest_wait=0.02)
    bench.source.hold = asyncio.Event()
    first = asyncio.ensure_future(bench.guarded.fetch(QUERY))

    assert await bench.ask_at_once(5) == [ErrorKind.THROTTLED] * 5
    bench.source.hold.set()
    await first

    assert bench.heard.breaker == []
    assert bench.guarded.health().last_failure is None


async def test_a_rate_so_low_that_its_turn_does_not_come_is_our_own_limit() -> None:
    bench = Bench(max_per_second=0.5, longest_wait=0.02)

    assert await bench.ask(2) == [None, ErrorKind.THROTTLED]


async def test_those_who_queue_leave_when_the_source_breaks() -> None:
    bench = Bench(max_concurrency=1, breaker_failures=2)
    bench.source.answer = SourceUnreachable("refused")

    kinds = await bench.ask_at_once(50)

    assert kinds == [ErrorKind.UNREACHABLE] * 2 + [ErrorKind.CIRCUIT_OPEN] * 48
    assert bench.source.calls == 2


async def test_those_who_queue_do_not_use_up_turns_of_a_source_that_broke() -> None:
    bench = Bench(max_concurrency=1, max_per_second=2, breaker_failures=1)
    bench.source.answer = SourceUnreachable("refused")
    started = time.monotonic()

    assert (await bench.ask_at_once(50))[1:] == [ErrorKind.CIRCUIT_OPEN] * 49
    assert time.monotonic() - started < 1


async def test_nobody_queues_behind_the_call_that_finds_out_whether_a_source_is_back() -> None:
    bench = Bench(max_concurrency=1, breaker_failures=1)
    bench.source.answer = SourceUnreachable("refused")
    await bench.ask()
    bench.time.advance(bench.source.description.breaker_seconds)
    bench.source.answer, bench.source.hold = None, asyncio.Event()
    probe = asyncio.ensure_future(bench.guarded.fetch(QUERY))
    await asyncio.sleep(0.01)

    assert await asyncio.wait_for(bench.ask(5), 1) == [ErrorKind.CIRCUIT_OPEN] * 5
    bench.source.hold.set()
    assert await probe == (record(),)


async def test_a_caller_that_leaves_gives_its_slot_back() -> None:
    bench = Bench(max_concurrency=1)
    bench.source.hold = asyncio.Event()
    leaving = [asyncio.ensure_future(bench.guarded.fetch(QUERY)) for _ in range(3)]
    await asyncio.sleep(0)
    for call in leaving:
        call.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    bench.source.hold = None

    assert await bench.ask() == [None]


async def test_a16_a_foreign_exception_is_unexpected_and_its_text_stays_inside() -> None:
    bench = Bench()
    bench.source.answer = ValueError("payload: Jane Doe, 1980-01-01")

    with pytest.raises(SourceUnexpected) as raised:
        await bench.guarded.fetch(QUERY)

    assert str(raised.value) == "tmhp_pems: the adapter raised ValueError"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(record(npi="1093817465"), id="another-provider"),
        pytest.param(record(state="CA"), id="another-state"),
        pytest.param(record(source="caqh_proview"), id="another-source"),
        pytest.param(record(verified_at=START.replace(tzinfo=None)), id="no-time-zone"),
        pytest.param(msgspec.structs.replace(record(), end=date(2024, 12, 31)), id="D21-inverted"),
    ],
)
async def test_a_record_that_cannot_be_right_is_a_data_error(wrong: EnrollmentRecord) -> None:
    bench = Bench()
    bench.source.answer = [wrong]

    with pytest.raises(SourceDataError):
        await bench.guarded.fetch(QUERY)


@pytest.mark.parametrize("attributes", [{"note": "half a pair: \ud83d"}, {"\ud83d": "as a name"}])
async def test_a_record_that_nobody_can_store_is_a_data_error(attributes: dict[str, str]) -> None:
    bench = Bench()
    bench.source.answer = [msgspec.structs.replace(record(), attributes=attributes)]

    with pytest.raises(SourceDataError) as raised:
        await bench.guarded.fetch(QUERY)

    assert str(raised.value) == "tmhp_pems: a record holds text that cannot be encoded"


async def test_what_is_not_a_record_is_unexpected() -> None:
    bench = Bench()
    bench.source.answer = ["ACTIVE"]  # type: ignore[list-item]  # what an untyped adapter may return

    assert await bench.ask() == [ErrorKind.UNEXPECTED]


class TestHealth:
    async def test_nobody_asked_yet(self) -> None:
        assert Bench().guarded.health().status is SourceStatus.UNKNOWN

    async def test_up_after_a_clean_answer(self) -> None:
        bench = Bench()
        await bench.ask()

        health = bench.guarded.health()

        assert (health.status, health.breaker) == (SourceStatus.UP, BreakerState.CLOSED)
        assert (health.last_success, health.last_failure, health.last_error) == (START, None, None)

    async def test_degraded_then_down_then_up_again(self) -> None:
        bench = Bench(breaker_failures=2)
        seen = []
        bench.source.answer = SourceUnreachable("refused")
        for answer in (bench.source.answer, bench.source.answer, None):
            bench.source.answer = answer
            await bench.ask()
            seen.append(bench.guarded.health().status)
            if seen[-1] is SourceStatus.DOWN:
                bench.time.advance(bench.source.description.breaker_seconds)
        bench.clock.advance(60)

        assert seen == [SourceStatus.DEGRADED, SourceStatus.DOWN, SourceStatus.UP]
        assert bench.guarded.health().last_error is ErrorKind.UNREACHABLE

    async def test_one_providers_bad_record_does_not_degrade_the_source(self) -> None:
        bench = Bench()
        bench.source.answer = SourceDataError("no effective date")
        await bench.ask()

        health = bench.guarded.health()

        assert (health.status, health.last_error) == (SourceStatus.UP, ErrorKind.DATA_ERROR)

    async def test_calls_that_were_refused_do_not_move_the_last_failure(self) -> None:
        bench = Bench(breaker_failures=1)
        bench.source.answer = SourceUnreachable("refused")
        await bench.ask()
        bench.clock.advance(5)

        with pytest.raises(SourceCircuitOpen):
            await bench.guarded.fetch(QUERY)

        assert bench.guarded.health().last_failure == START

    async def test_not_configured(self) -> None:
        bench = Bench()
        bench.source.answer = SourceNotConfigured("no base URL")
        await bench.ask()

        assert bench.guarded.health().status is SourceStatus.NOT_CONFIGURED

    async def test_a17_not_implemented(self) -> None:
        bench = Bench(implemented=False)
        bench.source.answer = SourceNotImplemented("a stub")

        assert bench.guarded.health().status is SourceStatus.NOT_IMPLEMENTED
