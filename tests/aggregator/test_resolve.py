"""What a caller gets: from memory, from Redis, and from sources that answer, fail, hang or are slow."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cache.memory import MemoryCache
from aggregator.evidence import Evidence, Freshness, SourceOutcome
from aggregator.guards.guarded import guarded
from aggregator.knowledge import CacheRules
from aggregator.panel import Panel
from aggregator.resolve import Inquiry, Resolver
from sources.contract import EnrollmentSource, ErrorKind, SourceDataError, SourceUnreachable
from sources.records import EnrollmentRecord, EnrollmentStatus
from tests.aggregator.fakes import (
    KEY,
    NPI,
    RULES,
    FakeSource,
    Listener,
    ManualClock,
    caqh,
    describe,
    error_of,
    record,
    texas,
    until,
)

DOWN = SourceUnreachable("refused")


class Desk:
    """A resolver with a panel of two sources, asked by tests."""

    def __init__(self, clock: ManualClock, rules: CacheRules = RULES) -> None:
        self.clock = clock
        self.cache = MemoryCache(clock=clock)
        self.resolver = Resolver(self.cache, clock=clock)
        self.texas = texas()
        self.caqh = caqh([])
        self.panel = self.panel_with(rules)

    def panel_with(self, rules: CacheRules, tenant: str = "acme") -> Panel:
        return Panel.of(tenant, "TX", [self.texas, self.caqh], rules)

    async def ask(self, *, fresh: bool = False, within: float | None = None) -> Evidence:
        deadline = None if within is None else asyncio.get_running_loop().time() + within
        return await self.resolver.resolve(Inquiry(NPI, self.panel, fresh, deadline))

    async def idle(self) -> None:
        """Wait until no flight is under way."""
        await until(lambda: not self.resolver._tasks)

    @property
    def calls(self) -> tuple[int, int]:
        return self.texas.calls, self.caqh.calls


@pytest.fixture
async def desk(clock: ManualClock) -> AsyncIterator[Desk]:
    desk = Desk(clock)
    yield desk
    await desk.resolver.aclose()


def outcomes(evidence: Evidence) -> list[SourceOutcome]:
    return [answer.outcome for answer in evidence.answers]


def freshness(evidence: Evidence) -> list[Freshness]:
    return [answer.freshness for answer in evidence.answers]


async def asked_once(desk: Desk) -> None:
    await desk.ask()
    await desk.idle()


class TestWhoDecides:
    async def test_a1_the_states_source_decides(self, desk: Desk) -> None:
        desk.texas.answer = [record(status=EnrollmentStatus.TERMINATED)]
        desk.caqh.answer = None

        chosen = (await desk.ask()).chosen()

        assert chosen is not None
        assert chosen.source == "tmhp_pems"

    async def test_a14_the_states_source_decides_even_if_it_is_slower(self, desk: Desk) -> None:
        desk.texas.delay = 0.05
        desk.caqh.answer = None

        chosen = (await desk.ask()).chosen()

        assert chosen is not None
        assert chosen.source == "tmhp_pems"

    async def test_a2_the_national_source_decides_where_the_state_knows_nobody(self, desk: Desk) -> None:
        desk.texas.answer, desk.caqh.answer = [], None

        evidence = await desk.ask()

        assert outcomes(evidence) == [SourceOutcome.EMPTY, SourceOutcome.FOUND]

    async def test_a3_the_national_source_decides_where_the_state_is_down(self, desk: Desk) -> None:
        desk.texas.answer, desk.caqh.answer = DOWN, None

        evidence = await desk.ask()

        assert outcomes(evidence) == [SourceOutcome.ERROR, SourceOutcome.FOUND]
        assert evidence.answers[0].error is ErrorKind.UNREACHABLE

    async def test_a13_a_source_beyond_its_budget_loses_to_a_lower_priority(self, clock: ManualClock) -> None:
        slow = FakeSource(describe("tmhp_pems", attempt_timeout=5, attempts=1, budget=0.05), delay=5)
        panel = Panel.of("acme", "TX", [guarded(slow), guarded(caqh())], RULES)

        evidence = await Resolver(MemoryCache(), clock=clock).resolve(Inquiry(NPI, panel))

        assert outcomes(evidence) == [SourceOutcome.TIMEOUT, SourceOutcome.FOUND]

    async def test_a16_a_source_that_raises_anything_does_not_cost_the_others(self, desk: Desk) -> None:
        desk.texas.answer, desk.caqh.answer = ZeroDivisionError(), None

        evidence = await desk.ask()

        assert outcomes(evidence) == [SourceOutcome.ERROR, SourceOutcome.FOUND]
        assert evidence.answers[0].error is ErrorKind.UNEXPECTED

    async def test_c7_without_sources_there_are_no_answers(self, desk: Desk) -> None:
        panel = Panel.of("acme", "NY", [desk.texas], RULES)

        assert (await desk.resolver.resolve(Inquiry(NPI, panel))).answers == ()

    async def test_sources_are_asked_at_the_same_time(self, desk: Desk) -> None:
        desk.texas.answer = []
        desk.texas.delay = desk.caqh.delay = 0.1
        started = time.monotonic()

        await desk.ask()

        assert time.monotonic() - started < 0.18


class TestEarlyReturn:
    async def test_nobody_waits_for_a_source_that_could_not_change_the_answer(self, desk: Desk) -> None:
        desk.caqh.delay = 5

        evidence = await asyncio.wait_for(desk.ask(), 1)

        assert outcomes(evidence) == [SourceOutcome.FOUND, SourceOutcome.SKIPPED]

    async def test_r24_what_a_slow_national_source_says_is_there_the_next_time(self, desk: Desk) -> None:
        desk.caqh.answer, desk.caqh.delay = None, 0.03
        await asked_once(desk)

        evidence = await desk.ask()

        assert outcomes(evidence) == [SourceOutcome.FOUND, SourceOutcome.FOUND]
        assert desk.calls == (1, 1)

    async def test_r24_what_a_slow_source_used_to_say_is_shown_meanwhile(self, desk: Desk) -> None:
        desk.caqh.answer = None
        await asked_once(desk)
        desk.clock.advance(RULES.ttl)
        desk.caqh.delay = 5

        evidence = await desk.ask()

        assert freshness(evidence) == [Freshness.LIVE, Freshness.STALE]
        assert evidence.answers[1].error is None


class TestRemembering:
    async def test_k1_a_known_provider_needs_no_call(self, desk: Desk) -> None:
        await asked_once(desk)

        evidence = await desk.ask()

        assert desk.calls == (1, 1)
        assert freshness(evidence) == [Freshness.MEMORY, Freshness.MEMORY]

    async def test_k1_a_fresh_answer_that_settles_it_needs_no_call_to_the_others(self, desk: Desk) -> None:
        desk.caqh.answer = DOWN
        await asked_once(desk)

        evidence = await desk.ask()

        assert desk.calls == (1, 1)
        assert outcomes(evidence) == [SourceOutcome.FOUND, SourceOutcome.SKIPPED]

    async def test_only_sources_without_a_fresh_answer_are_asked(self, desk: Desk) -> None:
        desk.texas.answer = DOWN
        await asked_once(desk)
        desk.texas.answer = None

        evidence = await desk.ask()

        assert desk.calls == (2, 1)
        assert freshness(evidence) == [Freshness.LIVE, Freshness.MEMORY]

    async def test_evidence_of_a_known_provider_is_one_object_until_something_changes(self, desk: Desk) -> None:
        await asked_once(desk)
        first = desk.resolver.peek(NPI, desk.panel)
        assert first is not None
        assert desk.resolver.peek(NPI, desk.panel) is first
        assert await desk.ask() is first

        await desk.ask(fresh=True)
        await desk.idle()

        assert desk.resolver.peek(NPI, desk.panel) is not first

    async def test_nothing_is_told_at_once_about_an_unknown_provider(self, desk: Desk) -> None:
        assert desk.resolver.peek(NPI, desk.panel) is None

    async def test_k3_a_proven_absence_needs_no_call_for_the_shorter_time(self, desk: Desk) -> None:
        desk.texas.answer = []
        await asked_once(desk)
        desk.clock.advance(RULES.negative_ttl * 0.79)
        await desk.ask()
        assert desk.calls == (1, 1)

        desk.clock.advance(RULES.negative_ttl * 0.21)
        await desk.ask()

        assert desk.calls == (2, 2)

    async def test_k4_at_its_very_end_an_answer_is_a_miss(self, desk: Desk) -> None:
        await asked_once(desk)
        known = desk.cache.peek(KEY)
        assert known is not None
        end = known.knowledge.answers[1].fresh_until(RULES, KEY.spread())

        desk.clock.now = end.replace(microsecond=end.microsecond - 1)
        assert desk.resolver.peek(NPI, desk.panel) is not None
        desk.clock.now = end
        assert desk.resolver.peek(NPI, desk.panel) is None

    async def test_k5_without_a_time_to_live_everybody_asks(self, desk: Desk) -> None:
        desk.panel = desk.panel_with(CacheRules(ttl=0))
        await asked_once(desk)

        evidence = await desk.ask()

        assert desk.calls == (2, 2)
        assert freshness(evidence)[0] is Freshness.LIVE
        assert len(desk.cache) == 0

    async def test_k5_a_tenant_that_turns_caching_off_is_not_answered_from_before(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.panel = desk.panel_with(CacheRules(ttl=0))
        desk.texas.answer = DOWN

        assert outcomes(await desk.ask())[0] is SourceOutcome.ERROR

    @pytest.mark.parametrize("kind", ErrorKind)
    async def test_k6_no_kind_of_error_is_remembered(self, desk: Desk, kind: ErrorKind) -> None:
        desk.texas.answer = desk.caqh.answer = error_of(kind)

        await asked_once(desk)
        await asked_once(desk)

        assert desk.calls == (2, 2)
        assert len(desk.cache) == 0

    async def test_a4_an_unconfirmed_absence_is_checked_again_on_recovery(self, desk: Desk) -> None:
        desk.texas.answer = DOWN
        assert outcomes(await desk.ask()) == [SourceOutcome.ERROR, SourceOutcome.EMPTY]
        desk.texas.answer = None

        assert outcomes(await desk.ask()) == [SourceOutcome.FOUND, SourceOutcome.EMPTY]

    async def test_k7_tenants_share_nothing(self, desk: Desk) -> None:
        await asked_once(desk)
        other = desk.panel_with(RULES, tenant="other")

        assert desk.resolver.peek(NPI, other) is None
        await desk.resolver.resolve(Inquiry(NPI, other))

        assert desk.texas.calls == 2

    async def test_k10_a_fresh_answer_asks_everybody_and_refills(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.texas.answer = [record(status=EnrollmentStatus.SUSPENDED)]

        fresh = await desk.ask(fresh=True)
        await desk.idle()
        after = await desk.ask()

        assert desk.calls == (2, 2)
        assert freshness(fresh)[0] is Freshness.LIVE
        assert after.answers[0].records[0].status is EnrollmentStatus.SUSPENDED
        assert freshness(after)[0] is Freshness.MEMORY

    async def test_k15_a_lowered_time_to_live_reaches_what_is_remembered(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(120)
        assert desk.resolver.peek(NPI, desk.panel) is not None
        desk.panel = desk.panel_with(CacheRules(ttl=60, negative_ttl=60))

        await desk.ask()

        assert desk.calls == (2, 2)

    async def test_what_was_forgotten_is_asked_for_again(self, desk: Desk) -> None:
        await asked_once(desk)
        assert desk.resolver.peek(NPI, desk.panel) is not None

        await desk.resolver.forget("acme", NPI, "TX")

        assert desk.resolver.peek(NPI, desk.panel) is None

    async def test_prepared_evidence_is_bounded(self, desk: Desk) -> None:
        desk.resolver = Resolver(desk.cache, clock=desk.clock, prepared_entries=3)
        for number in range(10):
            inquiry = Inquiry(str(1_000_000_000 + number), desk.panel)
            await desk.resolver.resolve(inquiry)
            await desk.idle()
            assert await desk.resolver.resolve(inquiry) is desk.resolver.peek(inquiry.npi, desk.panel)

        assert len(desk.resolver._recollection._prepared) == 3


class TestStaleness:
    async def test_k13_old_records_answer_for_a_source_that_is_down(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(RULES.max_stale)
        desk.texas.answer, desk.caqh.answer = DOWN, None

        chosen = (await desk.ask()).chosen()

        assert chosen is not None
        assert (chosen.source, chosen.freshness) == ("tmhp_pems", Freshness.STALE)
        assert chosen.error is ErrorKind.UNREACHABLE

    async def test_k14_records_older_than_that_do_not(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(RULES.max_stale + 1)
        desk.texas.answer = DOWN

        assert outcomes(await desk.ask()) == [SourceOutcome.ERROR, SourceOutcome.EMPTY]

    async def test_an_old_absence_never_answers_for_a_source_that_is_down(self, desk: Desk) -> None:
        desk.texas.answer = []
        await asked_once(desk)
        desk.clock.advance(RULES.negative_ttl)
        desk.texas.answer = DOWN

        assert outcomes(await desk.ask()) == [SourceOutcome.ERROR, SourceOutcome.EMPTY]

    async def test_k14_prepared_evidence_does_not_keep_records_beyond_that(self, desk: Desk) -> None:
        desk.panel = desk.panel_with(CacheRules(ttl=100, max_stale=150))
        desk.caqh.answer = None
        await asked_once(desk)
        desk.clock.advance(100)
        desk.caqh.answer = DOWN
        await asked_once(desk)
        desk.clock.advance(50)
        assert freshness(await desk.ask()) == [Freshness.MEMORY, Freshness.STALE]

        desk.clock.advance(1)

        assert outcomes(await desk.ask()) == [SourceOutcome.FOUND, SourceOutcome.SKIPPED]

    async def test_stale_answers_are_not_remembered_as_new_ones(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(RULES.ttl)
        desk.texas.answer = DOWN
        await asked_once(desk)
        desk.texas.answer = None

        assert freshness(await desk.ask())[0] is Freshness.LIVE

    async def test_s14_records_that_disappear_are_kept_until_that_is_confirmed(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.texas.answer = []
        desk.clock.advance(RULES.ttl)
        first = (await desk.ask()).answers[0]
        noticed = desk.clock.now
        await desk.idle()
        desk.clock.advance(RULES.negative_ttl)
        second = (await desk.ask()).answers[0]

        assert (first.outcome, first.absent_since) == (SourceOutcome.FOUND, noticed)
        assert (second.outcome, second.absent_since) == (SourceOutcome.EMPTY, None)


class TestAClockThatWasAhead:
    @pytest.mark.parametrize("said", [None, []], ids=["ACTIVE", "EMPTY"])
    async def test_what_was_stamped_then_is_asked_for_again_and_replaced(
        self, desk: Desk, said: Sequence[EnrollmentRecord] | None
    ) -> None:
        desk.texas.answer = said
        await asked_once(desk)
        await desk.ask()
        desk.clock.advance(-7200)
        desk.texas.answer = [record(status=EnrollmentStatus.TERMINATED)]

        asked = await desk.ask()
        await desk.idle()
        remembered = await desk.ask()

        assert freshness(asked)[0] is Freshness.LIVE
        assert (freshness(remembered)[0], desk.texas.calls) == (Freshness.MEMORY, 2)
        assert remembered.answers[0].records[0].status is EnrollmentStatus.TERMINATED

    async def test_evidence_prepared_by_then_does_not_outlive_it(self, desk: Desk) -> None:
        await asked_once(desk)
        assert desk.resolver.peek(NPI, desk.panel) is not None

        desk.clock.advance(-60)
        assert desk.resolver.peek(NPI, desk.panel) is not None
        desk.clock.advance(-1)
        assert desk.resolver.peek(NPI, desk.panel) is None

    async def test_what_was_stamped_then_does_not_stand_in_for_a_source_that_is_down(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(-7200)
        desk.texas.answer = DOWN

        assert outcomes(await desk.ask())[0] is SourceOutcome.ERROR

    async def test_s14_one_absence_does_not_end_what_was_stamped_then(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(-7200)
        desk.texas.answer = []

        answer = (await desk.ask()).answers[0]

        assert (answer.outcome, answer.absent_since) == (SourceOutcome.FOUND, desk.clock.now)


class TestCorrectedConnections:
    """A tenant or site corrects where, with which credential or as whom a source is asked."""

    async def ask(self, desk: Desk, identity: str) -> Evidence:
        panel = Panel.of("acme", "TX", [guarded(desk.texas, identity=identity), desk.caqh], RULES)
        evidence = await desk.resolver.resolve(Inquiry(NPI, panel))
        await desk.idle()
        return evidence

    async def test_what_the_old_one_said_is_not_fresh(self, desk: Desk) -> None:
        await self.ask(desk, "old")
        assert freshness(await self.ask(desk, "old")) == [Freshness.MEMORY, Freshness.MEMORY]
        desk.texas.answer = [record(status=EnrollmentStatus.TERMINATED)]

        corrected = await self.ask(desk, "new")

        assert freshness(corrected)[0] is Freshness.LIVE
        assert corrected.answers[0].records[0].status is EnrollmentStatus.TERMINATED
        assert freshness(await self.ask(desk, "new"))[0] is Freshness.MEMORY

    async def test_what_the_old_one_said_does_not_stand_in(self, desk: Desk) -> None:
        await self.ask(desk, "old")
        desk.texas.answer = DOWN

        assert outcomes(await self.ask(desk, "new"))[0] is SourceOutcome.ERROR

    async def test_s14_what_the_old_one_said_is_not_missed(self, desk: Desk) -> None:
        await self.ask(desk, "old")
        desk.texas.answer = []

        assert outcomes(await self.ask(desk, "new"))[0] is SourceOutcome.EMPTY

    async def test_what_a_source_that_names_no_connection_said_is_not_taken_over(self, desk: Desk) -> None:
        await asked_once(desk)

        assert freshness(await self.ask(desk, "new")) == [Freshness.LIVE, Freshness.MEMORY]


class TestAnswersThatCannotBeKept:
    UNSTORABLE: Final = msgspec.structs.replace(record(), attributes={"note": "half a pair: \ud83d"})

    async def test_a16_one_costs_no_other_source_its_answer(self, clock: ManualClock) -> None:
        heard = Listener()
        state, national = texas([self.UNSTORABLE]), caqh(delay=0.02)
        panel = Panel.of("acme", "TX", [national, state], RULES)
        resolver = Resolver(MemoryCache(clock=clock), clock=clock, observer=heard)

        await resolver.resolve(Inquiry(NPI, panel))
        await until(lambda: not resolver._tasks)
        remembered = resolver._recollection.at_hand(KEY, panel)

        assert national.cancelled == 0
        assert [answer.source for answer in remembered.answers] == ["caqh_proview"]
        assert heard.cache_failures == ["put"]

    async def test_a16_a_guarded_source_does_not_give_one(self, desk: Desk) -> None:
        desk.texas.answer, desk.caqh.answer = [self.UNSTORABLE], None
        panel = Panel.of("acme", "TX", [guarded(desk.texas), guarded(desk.caqh)], RULES)

        evidence = await desk.resolver.resolve(Inquiry(NPI, panel))

        assert outcomes(evidence) == [SourceOutcome.ERROR, SourceOutcome.FOUND]
        assert evidence.answers[0].error is SourceDataError.kind


class TestDeadlines:
    async def test_b6_a_caller_in_a_hurry_gets_what_is_known_then(self, desk: Desk) -> None:
        desk.texas.delay = 5
        desk.caqh.answer = None
        started = time.monotonic()

        evidence = await desk.ask(within=0.05)

        assert time.monotonic() - started < 1
        assert outcomes(evidence) == [SourceOutcome.TIMEOUT, SourceOutcome.FOUND]

    async def test_b6_nothing_known_then_is_a_timeout_of_every_source(self, desk: Desk) -> None:
        desk.texas.delay = desk.caqh.delay = 5

        assert outcomes(await desk.ask(within=0.02)) == [SourceOutcome.TIMEOUT, SourceOutcome.TIMEOUT]

    async def test_b6_old_records_answer_for_a_source_that_is_too_slow(self, desk: Desk) -> None:
        await asked_once(desk)
        desk.clock.advance(RULES.ttl)
        desk.texas.delay = 5

        evidence = await desk.ask(within=0.02)

        assert (outcomes(evidence)[0], freshness(evidence)[0]) == (SourceOutcome.FOUND, Freshness.STALE)

    async def test_a_deadline_already_past_is_met_too(self, desk: Desk) -> None:
        desk.texas.delay = 5

        assert outcomes(await desk.ask(within=-1))[0] is SourceOutcome.TIMEOUT

    async def test_one_callers_hurry_is_not_the_others(self, desk: Desk) -> None:
        desk.texas.delay = 0.1

        hurried, patient = await asyncio.gather(desk.ask(within=0.02), desk.ask())

        assert outcomes(hurried)[0] is SourceOutcome.TIMEOUT
        assert outcomes(patient)[0] is SourceOutcome.FOUND
        assert desk.texas.calls == 1

    async def test_what_came_too_late_for_a_caller_is_there_for_the_next_one(self, desk: Desk) -> None:
        desk.texas.delay = 0.05
        await desk.ask(within=0.01)
        await desk.idle()

        assert freshness(await desk.ask(within=0.01))[0] is Freshness.MEMORY


says = st.sampled_from(["found", "empty", "error"])


@settings(deadline=None, max_examples=40)
@given(st.tuples(says, says, says), st.permutations([0, 1, 2]))
def test_a14_arrival_never_decides(said: tuple[str, ...], arrival: Sequence[int]) -> None:
    names = ("first", "second", "third")
    answers: dict[str, Sequence[EnrollmentRecord] | Exception | None] = {"found": None, "empty": [], "error": DOWN}

    async def ask(order: Sequence[int]) -> str | None:
        fakes = [
            FakeSource(describe(name, priority=index), answers[says])
            for index, (name, says) in enumerate(zip(names, said, strict=True))
        ]
        for fake in fakes:
            fake.hold = asyncio.Event()
        every: Sequence[EnrollmentSource] = fakes
        resolver = Resolver(MemoryCache(), clock=ManualClock())
        asking = asyncio.ensure_future(resolver.resolve(Inquiry(NPI, Panel.of("acme", "TX", every, RULES))))
        for index in order:
            await asyncio.sleep(0)
            fakes[index].hold.set()  # type: ignore[union-attr]  # every fake was given one above
            for _ in range(5):
                await asyncio.sleep(0)
        chosen = (await asking).chosen()
        await resolver.aclose()
        return chosen.source if chosen else None

    expected = next((name for name, each in zip(names, said, strict=True) if each == "found"), None)
    assert asyncio.run(ask(arrival)) == expected
