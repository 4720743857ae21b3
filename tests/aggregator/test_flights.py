"""Questions that overlap: one call per source, whoever comes, leaves or waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from aggregator.cache.contract import Hit
from aggregator.cache.memory import MemoryCache
from aggregator.evidence import Evidence, Freshness, SourceOutcome
from aggregator.knowledge import CacheRules, KnowledgeKey
from aggregator.panel import Panel
from aggregator.resolve import Inquiry, Resolver
from tests.aggregator.fakes import NPI, RULES, FakeSource, ManualClock, caqh, texas, until


@pytest.fixture
def state() -> FakeSource:
    source = texas()
    source.hold = asyncio.Event()
    return source


@pytest.fixture
def national() -> FakeSource:
    return caqh([])


@pytest.fixture
def panel(state: FakeSource, national: FakeSource) -> Panel:
    return Panel.of("acme", "TX", [state, national], RULES)


@pytest.fixture
async def resolver(clock: ManualClock) -> AsyncIterator[Resolver]:
    resolver = Resolver(MemoryCache(), clock=clock)
    yield resolver
    await resolver.aclose()


def asking(resolver: Resolver, inquiry: Inquiry) -> asyncio.Task[Evidence]:
    return asyncio.ensure_future(resolver.resolve(inquiry))


def let_answer(source: FakeSource) -> None:
    assert source.hold is not None
    source.hold.set()


async def test_k11_p5_a_thousand_questions_about_one_provider_are_one_call_per_source(
    resolver: Resolver, panel: Panel, state: FakeSource, national: FakeSource
) -> None:
    waiting = [asking(resolver, Inquiry(NPI, panel)) for _ in range(1000)]
    await asyncio.sleep(0.01)
    let_answer(state)

    answered = await asyncio.gather(*waiting)

    assert (state.calls, national.calls) == (1, 1)
    assert all(evidence is answered[0] for evidence in answered)


async def test_k11_p5_in_batches_too(resolver: Resolver, panel: Panel, state: FakeSource, national: FakeSource) -> None:
    batches = [asyncio.ensure_future(resolver.resolve_many([Inquiry(NPI, panel)] * 100)) for _ in range(5)]
    waiting = [asking(resolver, Inquiry(NPI, panel)) for _ in range(500)]
    batches += [asyncio.ensure_future(resolver.resolve_many([Inquiry(NPI, panel)] * 100)) for _ in range(5)]
    await asyncio.sleep(0.01)
    let_answer(state)
    await asyncio.gather(*batches, *waiting)

    assert (state.calls, national.calls) == (1, 1)


async def test_k5_p5_without_caching_too(resolver: Resolver, state: FakeSource, national: FakeSource) -> None:
    panel = Panel.of("acme", "TX", [state, national], CacheRules(ttl=0))
    waiting = [asking(resolver, Inquiry(NPI, panel)) for _ in range(100)]
    await asyncio.sleep(0.01)
    let_answer(state)
    await asyncio.gather(*waiting)

    assert (state.calls, national.calls) == (1, 1)


async def test_k10_a_thousand_fresh_questions_are_one_call_per_source(
    resolver: Resolver, panel: Panel, state: FakeSource
) -> None:
    waiting = [asking(resolver, Inquiry(NPI, panel, fresh=True)) for _ in range(1000)]
    await asyncio.sleep(0.01)
    let_answer(state)
    await asyncio.gather(*waiting)

    assert state.calls == 1


async def test_a_caller_that_leaves_does_not_take_the_others_along(
    resolver: Resolver, panel: Panel, state: FakeSource
) -> None:
    leader, follower = asking(resolver, Inquiry(NPI, panel)), asking(resolver, Inquiry(NPI, panel))
    await asyncio.sleep(0.01)

    leader.cancel()
    await asyncio.gather(leader, return_exceptions=True)
    let_answer(state)

    assert leader.cancelled()
    assert (await follower).answers[0].outcome is SourceOutcome.FOUND
    assert (state.calls, state.cancelled) == (1, 0)


async def test_what_nobody_waits_for_any_more_is_still_learned(
    resolver: Resolver, panel: Panel, state: FakeSource
) -> None:
    only = asking(resolver, Inquiry(NPI, panel))
    await asyncio.sleep(0.01)
    only.cancel()
    let_answer(state)

    await until(lambda: resolver.peek(NPI, panel) is not None)


async def test_k10_a_fresh_question_does_not_join_one_that_may_use_memory(
    resolver: Resolver, panel: Panel, state: FakeSource
) -> None:
    usual, fresh = asking(resolver, Inquiry(NPI, panel)), asking(resolver, Inquiry(NPI, panel, fresh=True))
    await asyncio.sleep(0.01)
    let_answer(state)
    await asyncio.gather(usual, fresh)

    assert state.calls == 2


async def test_a_usual_question_joins_a_fresh_one(resolver: Resolver, panel: Panel, state: FakeSource) -> None:
    fresh, usual = asking(resolver, Inquiry(NPI, panel, fresh=True)), asking(resolver, Inquiry(NPI, panel))
    await asyncio.sleep(0.01)
    let_answer(state)
    await asyncio.gather(usual, fresh)

    assert state.calls == 1


async def test_k7_questions_of_two_tenants_are_two(resolver: Resolver, panel: Panel, state: FakeSource) -> None:
    other = Panel.of("other", "TX", [state], RULES)
    waiting = [asking(resolver, Inquiry(NPI, panel)), asking(resolver, Inquiry(NPI, other))]
    await asyncio.sleep(0.01)
    let_answer(state)
    await asyncio.gather(*waiting)

    assert state.calls == 2


async def test_c16_questions_under_two_configurations_are_two(
    resolver: Resolver, panel: Panel, state: FakeSource, national: FakeSource
) -> None:
    changed = Panel.of("acme", "TX", [state], RULES)
    before, after = asking(resolver, Inquiry(NPI, panel)), asking(resolver, Inquiry(NPI, changed))
    await asyncio.sleep(0.01)
    let_answer(state)

    assert [answer.source for answer in (await after).answers] == ["tmhp_pems"]
    assert [answer.source for answer in (await before).answers] == ["tmhp_pems", "caqh_proview"]


async def test_a_question_after_it_settled_does_not_join_what_is_still_under_way(
    resolver: Resolver, panel: Panel, state: FakeSource, national: FakeSource
) -> None:
    national.delay = 0.1
    let_answer(state)
    await resolver.resolve(Inquiry(NPI, panel))

    again = await resolver.resolve(Inquiry(NPI, panel))

    assert again.answers[0].freshness is Freshness.MEMORY
    assert (state.calls, national.calls) == (1, 1)


async def test_a_question_that_ends_does_not_hide_a_later_one_still_under_way(
    resolver: Resolver, state: FakeSource
) -> None:
    changed_state = texas()
    changed_state.hold = asyncio.Event()
    before = Panel.of("acme", "TX", [state], CacheRules(ttl=0))
    changed = Panel.of("acme", "TX", [changed_state], CacheRules(ttl=0))
    first, second = asking(resolver, Inquiry(NPI, before)), asking(resolver, Inquiry(NPI, changed))
    await asyncio.sleep(0.01)
    let_answer(state)
    await first
    await asyncio.sleep(0.01)

    third = asking(resolver, Inquiry(NPI, changed))
    await asyncio.sleep(0.01)
    let_answer(changed_state)
    await asyncio.gather(second, third)

    assert changed_state.calls == 1


class BrokenCache(MemoryCache):
    """Breaks its promise never to raise."""

    async def get(self, key: KnowledgeKey) -> Hit | None:
        raise RuntimeError(key)


async def test_a_flight_that_breaks_off_leaves_nobody_waiting(panel: Panel, clock: ManualClock) -> None:
    resolver = Resolver(BrokenCache(), clock=clock)

    evidence = await asyncio.wait_for(resolver.resolve(Inquiry(NPI, panel)), 1)

    assert {answer.outcome for answer in evidence.answers} == {SourceOutcome.TIMEOUT}
    await resolver.aclose()


async def test_closing_ends_what_is_under_way_and_lets_nobody_wait(
    resolver: Resolver, panel: Panel, state: FakeSource
) -> None:
    waiting = asking(resolver, Inquiry(NPI, panel))
    await asyncio.sleep(0.01)

    await resolver.aclose()

    assert (await waiting).answers[0].outcome is SourceOutcome.TIMEOUT
    assert state.cancelled == 1


class TestBatches:
    async def test_answers_come_in_the_order_of_the_questions(
        self, resolver: Resolver, panel: Panel, state: FakeSource
    ) -> None:
        let_answer(state)
        npis = [str(1_000_000_000 + number) for number in (5, 3, 9, 3, 1)]

        answered = await resolver.resolve_many([Inquiry(npi, panel) for npi in npis])

        assert [evidence.npi for evidence in answered] == npis

    async def test_a_provider_asked_about_twice_is_resolved_once(
        self, resolver: Resolver, panel: Panel, state: FakeSource
    ) -> None:
        let_answer(state)

        answered = await resolver.resolve_many([Inquiry(NPI, panel)] * 50)

        assert state.calls == 1
        assert all(evidence is answered[0] for evidence in answered)

    async def test_known_unknown_and_fresh_questions_mix(
        self, resolver: Resolver, panel: Panel, state: FakeSource
    ) -> None:
        let_answer(state)
        await resolver.resolve(Inquiry(NPI, panel))
        state.hold = asyncio.Event()
        batch = asyncio.ensure_future(
            resolver.resolve_many(
                [
                    Inquiry(NPI, panel),
                    Inquiry(NPI, panel, fresh=True),
                    Inquiry("1093817465", panel),
                ]
            )
        )
        await asyncio.sleep(0.05)
        let_answer(state)

        known, fresh, unknown = (evidence.answers[0] for evidence in await batch)

        assert known.freshness is Freshness.MEMORY
        assert (fresh.freshness, fresh.outcome) == (Freshness.LIVE, SourceOutcome.FOUND)
        assert (unknown.freshness, unknown.outcome) == (Freshness.LIVE, SourceOutcome.FOUND)
        assert state.calls == 3

    async def test_a_batch_joins_a_question_under_way(
        self, resolver: Resolver, panel: Panel, state: FakeSource
    ) -> None:
        single = asking(resolver, Inquiry(NPI, panel))
        batch = asyncio.ensure_future(resolver.resolve_many([Inquiry(NPI, panel)]))
        await asyncio.sleep(0.01)
        let_answer(state)

        assert (await batch)[0] is await single
        assert state.calls == 1

    async def test_b6_a_batch_in_a_hurry_gets_what_is_known_then(
        self, resolver: Resolver, panel: Panel, state: FakeSource
    ) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 0.05
        npis = [str(1_000_000_000 + number) for number in range(100)]

        answered = await resolver.resolve_many([Inquiry(npi, panel, deadline=deadline) for npi in npis])

        assert {evidence.answers[0].outcome for evidence in answered} == {SourceOutcome.TIMEOUT}
        assert loop.time() - deadline < 0.5

    async def test_no_questions_no_answers(self, resolver: Resolver) -> None:
        assert await resolver.resolve_many([]) == []
