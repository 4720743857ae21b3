"""Answers renewed ahead of their end: when, how many at once, and what becomes of it if that fails."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from aggregator.cache.layered import LayeredCache
from aggregator.cache.memory import MemoryCache
from aggregator.cache.outage import OutageTolerantStore
from aggregator.cache.redis import RedisStore
from aggregator.cache.shared import SharedCache
from aggregator.evidence import Evidence, Freshness, SourceOutcome
from aggregator.guards.guarded import guarded
from aggregator.guards.in_turn import OwnLimitReached
from aggregator.knowledge import CacheRules, KnowledgeKey
from aggregator.observers import RefreshStep
from aggregator.panel import Panel
from aggregator.refresh import RefreshAhead, RefreshLimits
from aggregator.resolve import Inquiry, Resolver
from sources.contract import ErrorKind, SourceUnreachable
from sources.records import EnrollmentStatus
from tests.aggregator.fakes import (
    KEY,
    NPI,
    RULES,
    FakeSource,
    Listener,
    ManualClock,
    caqh,
    describe,
    record,
    texas,
    until,
)

DOWN = SourceUnreachable("refused")
LIFE = RULES.ttl * KEY.spread()
"""Seconds an answer about this provider lives."""


class Desk:
    """A resolver that renews what is used in the last fifth of its life."""

    def __init__(self, clock: ManualClock, limits: RefreshLimits | None = None) -> None:
        self.clock = clock
        self.heard = Listener()
        self.limits = limits or RefreshLimits(share=0.2, at_once=4)
        self.cache = MemoryCache(clock=clock)
        self.resolver = Resolver(self.cache, clock=clock, ahead=RefreshAhead(self.limits, self.heard, self.heard))
        self.texas = texas()
        self.caqh = caqh([])
        self.panel = Panel.of("acme", "TX", [self.texas, self.caqh], RULES)

    async def ask(self, npi: str = NPI) -> Evidence:
        return await self.resolver.resolve(Inquiry(npi, self.panel))

    async def idle(self) -> None:
        await until(lambda: not self.resolver._tasks)

    async def asked_before(self, share: float) -> Evidence:
        """Ask once, and once more after that share of the answer's life."""
        await self.ask()
        await self.idle()
        self.clock.advance(LIFE * share)
        evidence = await self.ask()
        await self.idle()
        return evidence

    @property
    def calls(self) -> tuple[int, int]:
        return self.texas.calls, self.caqh.calls


@pytest.fixture
async def desk(clock: ManualClock) -> AsyncIterator[Desk]:
    desk = Desk(clock)
    yield desk
    await desk.resolver.aclose()


def texas_said(evidence: Evidence) -> tuple[SourceOutcome, Freshness]:
    return evidence.answers[0].outcome, evidence.answers[0].freshness


class TestWhen:
    async def test_what_is_used_near_its_end_is_given_at_once_and_renewed(self, desk: Desk) -> None:
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        desk.texas.hold = asyncio.Event()

        given = desk.resolver.peek(NPI, desk.panel)

        assert given is not None
        assert texas_said(given) == (SourceOutcome.FOUND, Freshness.MEMORY)
        desk.texas.hold.set()
        await desk.idle()
        assert desk.texas.calls == 2
        desk.clock.advance(LIFE * 0.5)
        assert texas_said(await desk.ask()) == (SourceOutcome.FOUND, Freshness.MEMORY)
        assert desk.texas.calls == 2

    async def test_a_hot_provider_never_goes_cold(self, desk: Desk) -> None:
        await desk.ask()
        for _ in range(100):
            await desk.idle()
            desk.clock.advance(LIFE * 0.05)
            assert texas_said(await desk.ask()) == (SourceOutcome.FOUND, Freshness.MEMORY)

        assert 5 <= desk.texas.calls <= 7

    async def test_before_that_nobody_is_asked(self, desk: Desk) -> None:
        await desk.asked_before(0.79)

        assert desk.texas.calls == 1

    async def test_what_nobody_uses_lapses(self, desk: Desk) -> None:
        assert texas_said(await desk.asked_before(1.0)) == (SourceOutcome.FOUND, Freshness.LIVE)

        assert desk.heard.refreshes == []

    async def test_it_begins_somewhere_between_the_last_fifth_and_the_last_tenth(self, clock: ManualClock) -> None:
        desk = Desk(clock)
        npis = [str(1_000_000_000 + number) for number in range(60)]
        begun = []
        for npi in npis:
            await desk.ask(npi)
            await desk.idle()
            assert desk.resolver.peek(npi, desk.panel) is not None
            prepared = desk.resolver._recollection._prepared["acme", npi, "TX"]
            lived = (prepared.refresh_from - clock.now).total_seconds()
            begun.append(lived / (RULES.ttl * KnowledgeKey("acme", npi, "TX").spread()))

        assert 0.8 <= min(begun) < 0.85 < max(begun) <= 0.9

    async def test_a_share_of_nought_renews_nothing(self, clock: ManualClock) -> None:
        desk = Desk(clock, RefreshLimits(share=0.0))
        await desk.asked_before(0.99)

        assert desk.texas.calls == 1

    async def test_a_proven_absence_is_renewed_within_its_shorter_life(self, desk: Desk) -> None:
        desk.texas.answer = []
        await desk.ask()
        await desk.idle()
        desk.clock.advance(RULES.negative_ttl * KEY.spread() * 0.95)

        assert texas_said(await desk.ask()) == (SourceOutcome.EMPTY, Freshness.MEMORY)
        await desk.idle()
        assert desk.calls == (2, 2)

    async def test_what_a_national_source_said_is_not_renewed_for_its_own_sake(self, desk: Desk) -> None:
        """While the state's own records last, nobody would ask the other again when its answer lapses."""
        await desk.ask()
        await desk.idle()
        desk.clock.advance(RULES.negative_ttl * 0.95)
        await desk.ask()
        await desk.idle()

        assert desk.calls == (1, 1)

    async def test_a_batch_renews_too(self, desk: Desk) -> None:
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        await desk.resolver.resolve_many([Inquiry(NPI, desk.panel)] * 3)
        await desk.idle()

        assert desk.texas.calls == 2

    async def test_whoever_holds_evidence_may_say_that_it_is_used(self, desk: Desk) -> None:
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        for _ in range(1000):
            desk.resolver.refresh_soon(NPI, desk.panel)
        await desk.idle()

        assert desk.texas.calls == 2


class TestWhatItChanges:
    async def test_k4_what_was_not_renewed_in_time_is_not_given_as_fresh(self, desk: Desk) -> None:
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        desk.texas.hold = asyncio.Event()
        await desk.ask()
        desk.clock.advance(LIFE * 0.05)

        waiting = asyncio.ensure_future(desk.ask())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        desk.texas.hold.set()

        assert texas_said(await waiting) == (SourceOutcome.FOUND, Freshness.LIVE)

    async def test_p5_a_thousand_questions_whose_answer_lapses_meanwhile_are_the_same_one_call(
        self, desk: Desk
    ) -> None:
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        desk.texas.hold = asyncio.Event()
        await desk.ask()
        desk.clock.advance(LIFE * 0.05)
        waiting = [asyncio.ensure_future(desk.ask()) for _ in range(500)]
        batches = [
            asyncio.ensure_future(desk.resolver.resolve_many([Inquiry(NPI, desk.panel)] * 10)) for _ in range(50)
        ]
        await asyncio.sleep(0.01)
        desk.texas.hold.set()
        await asyncio.gather(*waiting, *batches)
        await desk.idle()

        assert desk.calls == (2, 2)

    async def test_a_refresh_that_fails_leaves_what_is_known(self, desk: Desk) -> None:
        desk.texas.answer, desk.caqh.answer = [record(status=EnrollmentStatus.TERMINATED)], DOWN
        before = await desk.asked_before(0.5)
        desk.texas.answer = DOWN
        desk.clock.advance(LIFE * 0.45)
        used = await desk.ask()
        await desk.idle()
        after = await desk.ask()

        assert desk.texas.calls == 2
        assert after is used is before
        assert desk.heard.refreshes.count(("tmhp_pems", RefreshStep.FAILED)) == 1
        assert sorted(desk.heard.failed_refreshes) == [
            ("acme", NPI, "caqh_proview", ErrorKind.UNREACHABLE),
            ("acme", NPI, "tmhp_pems", ErrorKind.UNREACHABLE),
        ]

    async def test_k13_what_lapsed_after_a_refresh_failed_stands_in_as_ever(self, desk: Desk) -> None:
        await desk.asked_before(0.5)
        desk.texas.answer = DOWN
        desk.clock.advance(LIFE * 0.45)
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.05)
        evidence = await desk.ask()

        assert texas_said(evidence) == (SourceOutcome.FOUND, Freshness.STALE)
        assert evidence.answers[0].error is ErrorKind.UNREACHABLE

    async def test_after_a_failure_it_is_not_tried_again_with_every_use(self, desk: Desk) -> None:
        await desk.asked_before(0.5)
        desk.texas.answer = DOWN
        desk.clock.advance(LIFE * 0.45)
        for _ in range(100):
            await desk.ask()
            await desk.idle()

        assert desk.texas.calls == 2

    async def test_s14_records_that_a_refresh_does_not_find_are_kept_until_that_is_confirmed(self, desk: Desk) -> None:
        await desk.asked_before(0.5)
        desk.texas.answer = []
        desk.clock.advance(LIFE * 0.45)
        await desk.ask()
        await desk.idle()
        noticed = desk.clock.now
        kept = (await desk.ask()).answers[0]

        assert (kept.outcome, kept.absent_since) == (SourceOutcome.FOUND, noticed)
        assert desk.texas.calls == 2

    async def test_s14_while_an_absence_waits_to_be_confirmed_nothing_is_renewed(self, desk: Desk) -> None:
        await desk.asked_before(0.5)
        desk.texas.answer = []
        desk.clock.advance(LIFE * 0.45)
        await desk.ask()
        await desk.idle()
        desk.clock.advance(RULES.negative_ttl * KEY.spread() * 0.99)
        await desk.ask()
        await desk.idle()

        assert desk.texas.calls == 2

    async def test_one_source_that_fails_does_not_keep_the_other_s_answer_from_being_renewed(self, desk: Desk) -> None:
        desk.caqh.answer = DOWN
        await desk.asked_before(0.95)
        renewed_at = desk.clock.now
        desk.clock.advance(LIFE * 0.5)
        evidence = await desk.ask()

        assert texas_said(evidence) == (SourceOutcome.FOUND, Freshness.MEMORY)
        assert evidence.answers[0].verified_at == renewed_at

    async def test_k10_a_fresh_question_does_not_make_do_with_a_refresh(self, desk: Desk) -> None:
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        desk.texas.hold = asyncio.Event()
        await desk.ask()
        fresh = asyncio.ensure_future(desk.resolver.resolve(Inquiry(NPI, desk.panel, fresh=True)))
        await asyncio.sleep(0.01)
        desk.texas.hold.set()

        assert texas_said(await fresh) == (SourceOutcome.FOUND, Freshness.LIVE)
        assert desk.texas.calls == 3

    async def test_who_asks_while_it_is_still_good_does_not_wait_for_it(self, desk: Desk) -> None:
        """Even where this process forgot that it is: then it is Redis that knows."""
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.95)
        desk.texas.hold = asyncio.Event()
        await desk.ask()
        await asyncio.sleep(0.01)
        desk.resolver._recollection.renew(KEY)
        await desk.cache.drop(KEY)

        evidence = await asyncio.wait_for(desk.ask(), 0.5)

        assert texas_said(evidence) == (SourceOutcome.FOUND, Freshness.MEMORY)
        desk.texas.hold.set()

    async def test_a_failure_does_not_make_old_what_is_still_good(self, desk: Desk) -> None:
        """The nation's records and the state's ignorance come to their ends together; the state is not heard yet."""
        absence_lives = RULES.negative_ttl * KEY.spread()
        desk.texas.answer, desk.caqh.answer = [], None
        await desk.ask()
        await desk.idle()
        desk.clock.advance(LIFE * 0.98 - absence_lives * 0.95)
        await desk.ask()
        await desk.idle()
        desk.clock.advance(absence_lives * 0.95)
        desk.texas.hold, desk.caqh.answer = asyncio.Event(), DOWN
        await desk.ask()
        await asyncio.sleep(0.01)
        desk.resolver._recollection.renew(KEY)
        await desk.cache.drop(KEY)

        evidence = await asyncio.wait_for(desk.ask(), 0.5)

        assert desk.heard.refreshes[-1] == ("caqh_proview", RefreshStep.FAILED)
        assert [answer.freshness for answer in evidence.answers] == [Freshness.MEMORY, Freshness.MEMORY]
        assert [answer.outcome for answer in evidence.answers] == [SourceOutcome.EMPTY, SourceOutcome.FOUND]
        desk.texas.hold.set()
        await desk.idle()
        assert desk.heard.failed_refreshes == [("acme", NPI, "caqh_proview", ErrorKind.UNREACHABLE)]


class TestHowMuch:
    async def test_no_more_of_a_source_at_once_than_was_allowed(self, clock: ManualClock) -> None:
        desk = Desk(clock, RefreshLimits(share=0.2, at_once=3))
        npis = [str(1_000_000_000 + number) for number in range(20)]
        await desk.resolver.resolve_many([Inquiry(npi, desk.panel) for npi in npis])
        await desk.idle()
        clock.advance(RULES.ttl * 0.79)
        desk.texas.most_at_once = 0
        desk.texas.delay = 0.01
        for _ in range(20):
            for npi in npis:
                desk.resolver.peek(npi, desk.panel)
            await desk.idle()

        assert desk.texas.most_at_once == 3
        assert desk.resolver._ahead is not None
        assert not desk.resolver._ahead._under_way
        await desk.resolver.aclose()

    async def test_none_while_the_source_is_left_alone(self, clock: ManualClock) -> None:
        desk = Desk(clock)
        source = FakeSource(describe("tmhp_pems", breaker_failures=1, attempts=1))
        panel = Panel.of("acme", "TX", [guarded(source)], RULES)
        await desk.resolver.resolve(Inquiry(NPI, panel))
        source.answer = DOWN
        await desk.resolver.resolve(Inquiry("1093817465", panel))
        await desk.idle()
        clock.advance(LIFE * 0.95)
        evidence = await desk.resolver.resolve(Inquiry(NPI, panel))
        await desk.idle()

        assert texas_said(evidence) == (SourceOutcome.FOUND, Freshness.MEMORY)
        assert source.calls == 2
        assert desk.heard.refreshes == []
        await desk.resolver.aclose()

    async def test_what_is_renewed_is_counted(self, desk: Desk) -> None:
        desk.caqh.answer = None
        await desk.asked_before(0.5)
        desk.caqh.answer = DOWN
        desk.clock.advance(LIFE * 0.45)
        await desk.ask()
        await desk.idle()

        assert sorted(desk.heard.refreshes) == [
            ("caqh_proview", RefreshStep.FAILED),
            ("caqh_proview", RefreshStep.STARTED),
            ("tmhp_pems", RefreshStep.STARTED),
            ("tmhp_pems", RefreshStep.SUCCEEDED),
        ]

    async def test_what_failed_before_the_eyes_of_somebody_is_theirs_to_tell(self, desk: Desk) -> None:
        await desk.asked_before(0.5)
        desk.texas.answer, desk.texas.hold = DOWN, asyncio.Event()
        desk.clock.advance(LIFE * 0.45)
        await desk.ask()
        await asyncio.sleep(0.01)
        desk.clock.advance(LIFE * 0.1)
        waiting = asyncio.ensure_future(desk.ask())
        await asyncio.sleep(0.01)
        desk.texas.hold.set()

        assert (await waiting).answers[0].error is ErrorKind.UNREACHABLE
        await desk.idle()
        assert desk.heard.failed_refreshes == []

    async def test_what_was_not_asked_has_not_failed(self, desk: Desk) -> None:
        await desk.asked_before(0.5)
        desk.texas.answer = OwnLimitReached("it is not its turn")
        desk.clock.advance(LIFE * 0.45)
        await desk.ask()
        await desk.idle()

        assert ("tmhp_pems", RefreshStep.FAILED) in desk.heard.refreshes
        assert desk.heard.failed_refreshes == []

    async def test_what_another_replica_renewed_is_taken_over_without_a_call(
        self, redis: Redis, clock: ManualClock
    ) -> None:
        state = texas()
        panel = Panel.of("acme", "TX", [state], CacheRules())
        caches = [_cache(redis, clock) for _ in range(2)]
        replicas = [Resolver(cache, clock=clock, ahead=RefreshAhead(RefreshLimits())) for cache in caches]
        for replica in replicas:
            await replica.resolve(Inquiry(NPI, panel))
            await until(lambda resolver=replica: not resolver._tasks)  # type: ignore[misc]
        clock.advance(LIFE * 0.95)
        for replica in replicas:
            assert replica.peek(NPI, panel) is not None
            await until(lambda resolver=replica: not resolver._tasks)  # type: ignore[misc]
            assert replica.peek(NPI, panel) is not None
            assert not replica._tasks
        clock.advance(LIFE * 0.5)

        for replica, cache in zip(replicas, caches, strict=True):
            assert replica.peek(NPI, panel) is not None
            await replica.aclose()
            await cache.aclose()
        assert state.calls == 2


def _cache(redis: Redis, clock: ManualClock) -> LayeredCache:
    shared = SharedCache(OutageTolerantStore(RedisStore(redis, clock=clock), read_patience=5), clock)
    return LayeredCache(MemoryCache(clock=clock), shared)
