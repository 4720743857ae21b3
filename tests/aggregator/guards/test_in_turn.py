"""Turns at one source, for tenants that ask through real flights and guards."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from aggregator.asking import Asking, Urgency, ask_for
from aggregator.breaker import Breaker
from aggregator.cache.memory import MemoryCache
from aggregator.evidence import Evidence, SourceOutcome
from aggregator.guards.guarded import guarded
from aggregator.guards.in_turn import Queue
from aggregator.panel import Panel
from aggregator.resolve import Inquiry, Resolver
from sources.contract import ErrorKind, Query, SourceUnreachable
from sources.records import EnrollmentRecord
from tests.aggregator.fakes import NPI, RULES, FakeSource, ManualClock, caqh, describe


class OrderlySource(FakeSource):
    """Keeps the order in which it was asked."""

    def __init__(self, **limits: float) -> None:
        super().__init__(describe("tmhp_pems", national=False, **({"attempts": 1, "max_concurrency": 1} | limits)))
        self.asked: list[str] = []

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        self.asked.append(query.npi)
        return await super().fetch(query)


class Counterpart:
    """One guarded source, and flights of several tenants that ask it."""

    def __init__(self, clock: ManualClock, **limits: float) -> None:
        self.source = OrderlySource(**limits)
        self.guarded = guarded(self.source)
        self.resolver = Resolver(MemoryCache(), clock=clock)

    def inquiry(self, tenant: str, npi: str, within: float | None = None) -> Inquiry:
        deadline = None if within is None else asyncio.get_running_loop().time() + within
        return Inquiry(npi, Panel.of(tenant, "TX", [self.guarded], RULES), False, deadline)

    def ask(self, tenant: str, npi: str, within: float | None = None) -> "asyncio.Task[Evidence]":
        return asyncio.ensure_future(self.resolver.resolve(self.inquiry(tenant, npi, within)))

    def ask_many(self, tenant: str, npis: Sequence[str], within: float | None = None) -> "asyncio.Task[list[Evidence]]":
        asked = [self.inquiry(tenant, npi, within) for npi in npis]
        return asyncio.ensure_future(self.resolver.resolve_many(asked))


@pytest.fixture
async def busy(clock: ManualClock) -> AsyncIterator[Counterpart]:
    """A source that one call keeps busy until it is let go."""
    counterpart = Counterpart(clock, max_per_second=10_000)
    counterpart.source.hold = asyncio.Event()
    first = counterpart.ask("acme", "1000000000")
    await settle()
    yield counterpart
    counterpart.source.hold.set()
    await first
    await counterpart.resolver.aclose()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def let_go(counterpart: Counterpart) -> None:
    assert counterpart.source.hold is not None
    counterpart.source.hold.set()


def npis(count: int, first: int) -> list[str]:
    return [str(first + number) for number in range(count)]


async def test_a_tenants_batch_does_not_keep_another_tenant_waiting(busy: Counterpart) -> None:
    batch = busy.ask_many("acme", npis(200, 1_100_000_000))
    await settle()
    other = busy.ask("bell", "2000000000")
    await settle()
    let_go(busy)

    await other
    assert busy.source.asked.index("2000000000") <= 3
    assert len(await batch) == 200


async def test_a_single_question_goes_before_a_batch_of_the_same_tenant(busy: Counterpart) -> None:
    batch = busy.ask_many("acme", npis(50, 1_100_000_000))
    await settle()
    single = busy.ask("acme", "2000000000")
    await settle()
    let_go(busy)
    await asyncio.gather(batch, single)

    assert busy.source.asked[1] == "2000000000"


async def test_a_single_question_about_one_of_a_batch_brings_it_forward(busy: Counterpart) -> None:
    wanted = npis(50, 1_100_000_000)
    batch = busy.ask_many("acme", wanted)
    await settle()
    single = busy.ask("acme", wanted[-1])
    await settle()
    let_go(busy)
    await asyncio.gather(batch, single)

    assert busy.source.asked[1] == wanted[-1]
    assert busy.source.calls == 51


async def test_two_batches_share_a_source(busy: Counterpart) -> None:
    one = busy.ask_many("acme", npis(30, 1_100_000_000))
    await settle()
    other = busy.ask_many("bell", npis(30, 2_000_000_000))
    await settle()
    let_go(busy)
    await asyncio.gather(one, other)

    tenants = [npi[0] for npi in busy.source.asked[1:]]
    assert all(abs(tenants[:stop].count("1") - tenants[:stop].count("2")) <= 1 for stop in range(60))


async def test_b6_who_cannot_have_a_turn_in_time_is_told_at_once(clock: ManualClock) -> None:
    counterpart = Counterpart(clock, max_per_second=1)
    await counterpart.ask("acme", "1000000000")
    waiting = [counterpart.ask("acme", npi, within=60) for npi in npis(5, 1_100_000_000)]
    await settle()

    evidence = await asyncio.wait_for(counterpart.ask("acme", NPI, within=3), 0.5)

    assert (evidence.answers[0].outcome, evidence.answers[0].error) == (SourceOutcome.ERROR, ErrorKind.THROTTLED)
    assert counterpart.guarded.health().last_failure is None
    await counterpart.resolver.aclose()
    await asyncio.gather(*waiting)


async def test_who_has_more_time_than_one_who_was_turned_away_waits_for_a_turn(clock: ManualClock) -> None:
    counterpart = Counterpart(clock, max_per_second=5)
    slow = FakeSource(describe("slow", priority=200))
    slow.hold = asyncio.Event()
    panel = Panel.of("acme", "TX", [counterpart.guarded, slow], RULES)
    await asyncio.gather(*(counterpart.ask("bell", npi) for npi in npis(5, 1_000_000_000)))
    others = [counterpart.ask("acme", npi) for npi in npis(2, 1_100_000_000)]
    await settle()
    now = asyncio.get_running_loop().time()
    hurried = asyncio.ensure_future(counterpart.resolver.resolve(Inquiry(NPI, panel, deadline=now + 0.3)))
    await settle()

    patient = await counterpart.resolver.resolve(Inquiry(NPI, panel, deadline=now + 30))

    assert patient.answers[0].outcome is SourceOutcome.FOUND
    assert (await hurried).answers[0].error is ErrorKind.THROTTLED
    await asyncio.gather(*others)
    slow.hold.set()
    await counterpart.resolver.aclose()


async def test_p5_a_thousand_who_are_turned_away_together_are_one_call_of_the_others(clock: ManualClock) -> None:
    counterpart = Counterpart(clock, max_per_second=0.1)
    await counterpart.ask("bell", "1000000000")
    national = caqh([], delay=0.1)
    panel = Panel.of("acme", "TX", [counterpart.guarded, national], RULES)
    loop = asyncio.get_running_loop()

    first = asyncio.ensure_future(counterpart.resolver.resolve(Inquiry(NPI, panel, deadline=loop.time() + 2)))
    await settle()
    answered = await asyncio.gather(
        first, *(counterpart.resolver.resolve(Inquiry(NPI, panel, deadline=loop.time() + 2)) for _ in range(999))
    )

    assert national.calls == 1
    assert {evidence.answers[0].error for evidence in answered} == {ErrorKind.THROTTLED}
    await counterpart.resolver.aclose()


async def test_who_waits_in_vain_leaves_with_the_last_of_its_callers(busy: Counterpart) -> None:
    hurried = busy.ask("acme", NPI, within=0.05)
    await settle()
    patient = busy.ask("acme", NPI, within=0.3)

    assert (await hurried).answers[0].outcome is SourceOutcome.TIMEOUT
    await asyncio.sleep(0.05)
    assert not patient.done()
    assert (await patient).answers[0].outcome in {SourceOutcome.TIMEOUT, SourceOutcome.ERROR}
    await asyncio.sleep(0.02)
    let_go(busy)
    await settle()
    assert NPI not in busy.source.asked


async def test_a_question_that_joins_a_refresh_takes_it_along(busy: Counterpart) -> None:
    refresh = Asking("acme", Urgency.REFRESH)

    async def renew() -> None:
        ask_for(refresh)
        await busy.guarded.fetch(Query(NPI, "TX"))

    renewing = asyncio.ensure_future(renew())
    batch = busy.ask_many("bell", npis(30, 1_100_000_000))
    await settle()
    refresh.joined_by(Urgency.SINGLE, None)
    let_go(busy)
    await asyncio.gather(renewing, batch)

    assert NPI in busy.source.asked[1:3]


async def test_those_who_wait_leave_at_once_when_the_source_breaks(clock: ManualClock) -> None:
    counterpart = Counterpart(clock, breaker_failures=1, max_per_second=10_000)
    counterpart.source.hold = asyncio.Event()
    counterpart.source.answer = SourceUnreachable("refused")
    waiting = [counterpart.ask("acme", npi) for npi in npis(20, 1_100_000_000)]
    await settle()
    let_go(counterpart)
    kinds = [(await each).answers[0].error for each in waiting]

    assert kinds == [ErrorKind.UNREACHABLE] + [ErrorKind.CIRCUIT_OPEN] * 19
    assert counterpart.source.calls == 1


@pytest.mark.parametrize("cancelled", ["while it waits", "before its turn was free", "once it was called"])
async def test_the_turn_of_who_is_cancelled_is_the_next_one_s(cancelled: str) -> None:
    breaker = Breaker(failures=1, seconds=1, changed=lambda _: None)
    queue = Queue(describe("tmhp_pems", max_concurrency=1), breaker, longest_wait=30)
    await queue.enter()
    leaving, next_one = asyncio.ensure_future(queue.enter()), asyncio.ensure_future(queue.enter())
    await settle()

    if cancelled == "once it was called":
        queue.leave()
        leaving.cancel()
    else:
        leaving.cancel()
        if cancelled == "while it waits":
            await settle()
        queue.leave()

    await asyncio.wait_for(next_one, 1)
    await asyncio.gather(leaving, return_exceptions=True)
    assert leaving.cancelled()
