"""Whatever makes the cold path fast leaves the answers as they are: with it on and off, for any course of events."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cache.memory import MemoryCache
from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from aggregator.guards.guarded import guarded
from aggregator.panel import Panel
from aggregator.refresh import RefreshAhead, RefreshLimits
from aggregator.resolve import Inquiry, Resolver
from sources.contract import EnrollmentSource, Query, SourceThrottled, SourceUnreachable
from sources.records import EnrollmentRecord, EnrollmentStatus
from tests.aggregator.fakes import KEY, NPI, RULES, FakeSource, ManualClock, caqh, describe, record, texas

Said = Sequence[EnrollmentRecord] | Exception | None
Step = tuple[str, float | Said]

TEXAS_LIFE: Final = RULES.ttl * KEY.spread()
SHORT: Final = RULES.negative_ttl * 0.8 * 0.2
"""Less than what is left of any answer that a refresh still counts on."""
SAYS: Final[tuple[Said, ...]] = (
    None,
    [],
    [record(status=EnrollmentStatus.TERMINATED)],
    SourceUnreachable("refused"),
    SourceThrottled("slow down", retry_after=1),
)

says = st.sampled_from(SAYS)
movements = st.sampled_from(
    [1.0, 30.0, 200.0, 0.85 * TEXAS_LIFE, 0.95 * TEXAS_LIFE, TEXAS_LIFE, 86_400.0, -30.0, -7200.0]
)
courses: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["texas says", "caqh says"]), says),
        st.tuples(st.just("time passes"), movements),
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("ask meanwhile"), st.floats(0, SHORT)),
    ),
    min_size=5,
    max_size=40,
)


class Side:
    """A resolver over two sources, with its memory."""

    def __init__(self, clock: ManualClock, cache: MemoryCache, *, ahead: bool) -> None:
        self.cache = cache
        self.texas, self.caqh = texas(), caqh()
        self.resolver = Resolver(
            cache, clock=clock, ahead=RefreshAhead(RefreshLimits(share=0.2, at_once=4)) if ahead else None
        )
        self.panel = Panel.of("acme", "TX", [self.texas, self.caqh], RULES)
        self.was_set_back = False

    async def ask(self) -> Evidence:
        if self.was_set_back:
            # With and without refreshes, evidence that was prepared before what it leaves out was of the present
            # again is given until it lapses; a resolver that begins now would prepare it with that.
            self.resolver._recollection.renew(KEY)
        evidence = await asyncio.wait_for(self.resolver.resolve(Inquiry(NPI, self.panel)), 5)
        return _timeless(evidence)

    async def idle(self) -> None:
        await landed(self.resolver)
        if self.resolver._ahead is not None:
            self.resolver._ahead._paused.clear()  # as if it were long ago that one failed


async def landed(resolver: Resolver) -> None:
    """Wait until nothing is under way."""
    while resolver._tasks:
        await asyncio.gather(*resolver._tasks)


async def plain_answer(side: Side, clock: ManualClock) -> Evidence:
    """What a resolver without refreshes says that remembers the same and whose sources say the same."""
    cache = MemoryCache(clock=clock)
    held = side.cache.peek(KEY)
    if held is not None:
        await cache.put(KEY, held.knowledge, RULES.keep_for)
    plain = Side(clock, cache, ahead=False)
    plain.texas.answer, plain.caqh.answer = side.texas.answer, side.caqh.answer
    answer = await plain.ask()
    await plain.resolver.aclose()
    return answer


def _timeless(evidence: Evidence) -> Evidence:
    return msgspec.structs.replace(
        evidence, answers=tuple(msgspec.structs.replace(answer, latency_ms=0.0) for answer in evidence.answers)
    )


@settings(max_examples=150, deadline=None)
@given(courses)
def test_with_refreshes_everything_known_is_judged_as_without_them(course: list[Step]) -> None:
    asyncio.run(_compare(course))


async def _compare(course: list[Step]) -> None:
    clock = ManualClock()
    side = Side(clock, MemoryCache(clock=clock), ahead=True)
    for step in course:
        match step:
            case ("texas says", said):
                side.texas.answer = said  # type: ignore[assignment]  # a step's second half is what its first says
            case ("caqh says", said):
                side.caqh.answer = said  # type: ignore[assignment]
            case ("time passes", float() as seconds):
                clock.advance(seconds)
                side.was_set_back |= seconds < 0
            case ("ask meanwhile", float() as seconds):
                await _ask_meanwhile(side, clock, seconds)
            case _:
                expected = await plain_answer(side, clock)
                assert await side.ask() == expected
        await side.idle()
    await side.resolver.aclose()


async def _ask_meanwhile(side: Side, clock: ManualClock, seconds: float) -> None:
    """Ask, and a little later once more, while the sources have not answered whoever asks them now."""
    side.texas.hold, side.caqh.hold = asyncio.Event(), asyncio.Event()
    side.resolver.peek(NPI, side.panel)
    await asyncio.sleep(0)
    clock.advance(seconds)
    expected = await plain_answer(side, clock)
    calls = side.texas.calls
    asking = [asyncio.ensure_future(side.ask()) for _ in range(3)]
    for _ in range(5):
        await asyncio.sleep(0)
    side.texas.hold.set()
    side.caqh.hold.set()
    answers = await asyncio.gather(*asking)
    assert all(answer == expected for answer in answers)
    assert side.texas.calls - calls <= 1
    side.texas.hold = side.caqh.hold = None


class KnowingSource(FakeSource):
    """Knows a fact about each provider; fails, and is slow, as its course says."""

    def __init__(
        self, name: str, facts: dict[str, bool], course: Sequence[tuple[float, bool]], **limits: float
    ) -> None:
        super().__init__(describe(name, national=name == "caqh_proview", **limits))
        self.facts = facts
        self.course = course

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        delay, fails = self.course[self.calls % len(self.course)]
        self.calls += 1
        await asyncio.sleep(delay)
        if fails:
            raise SourceUnreachable("refused")
        return [record(self.description.name, query.npi)] if self.facts[query.npi] else []


NPIS: Final = [str(1_000_000_000 + number) for number in range(6)]
TENANTS: Final = ("acme", "bell", "cole")
facts = st.fixed_dictionaries({npi: st.booleans() for npi in NPIS})
behaviours = st.lists(st.tuples(st.sampled_from([0.0, 0.0, 0.001, 0.004]), st.booleans()), min_size=1, max_size=7)
questions = st.lists(
    st.tuples(st.sampled_from(TENANTS), st.lists(st.sampled_from(NPIS), min_size=1, max_size=6)), min_size=1, max_size=8
)
rounds = st.lists(st.tuples(questions, st.sampled_from([0.0, 100.0, 0.9 * 3600 * 0.9, 3600.0])), min_size=1, max_size=4)
Rounds = list[tuple[list[tuple[str, list[str]]], float]]


async def answers_of(
    sources: Sequence[EnrollmentSource], ahead: RefreshAhead | None, rounds: Rounds
) -> list[tuple[tuple[SourceAnswer, ...], ...]]:
    """Of every question, in order; those of a round are put at the same time."""
    clock = ManualClock()
    resolver = Resolver(MemoryCache(clock=clock), clock=clock, ahead=ahead)
    panels = {tenant: Panel.of(tenant, "TX", sources, RULES) for tenant in TENANTS}
    answered = []
    for asked, seconds in rounds:
        batches = await asyncio.gather(
            *(resolver.resolve_many([Inquiry(npi, panels[tenant]) for npi in npis]) for tenant, npis in asked)
        )
        for (_, npis), batch in zip(asked, batches, strict=True):
            assert [evidence.npi for evidence in batch] == npis
        answered += [tuple(evidence.answers for evidence in batch) for batch in batches]
        await landed(resolver)
        clock.advance(seconds)
    await resolver.aclose()
    return answered


def _all_on(facts: dict[str, bool], course: Sequence[tuple[float, bool]], slots: int) -> list[EnrollmentSource]:
    limits = {"max_concurrency": slots, "max_per_second": 5000, "hedge_after": 0.001, "attempts": 1}
    names = ("tmhp_pems", "caqh_proview")
    return [guarded(KnowingSource(name, facts, course, breaker_failures=10_000, **limits)) for name in names]


def _all_off(facts: dict[str, bool], course: Sequence[tuple[float, bool]]) -> list[EnrollmentSource]:
    return [KnowingSource(name, facts, course) for name in ("tmhp_pems", "caqh_proview")]


@settings(max_examples=30, deadline=None)
@given(facts, behaviours, rounds, st.integers(1, 6))
def test_all_of_it_together_tells_what_the_plain_path_tells(
    facts: dict[str, bool], course: list[tuple[float, bool]], rounds: Rounds, slots: int
) -> None:
    working = [(delay, False) for delay, _ in course]

    plain = asyncio.run(answers_of(_all_off(facts, working), None, rounds))
    fast = asyncio.run(answers_of(_all_on(facts, working, slots), RefreshAhead(RefreshLimits()), rounds))

    assert [_deciding(each) for each in fast] == [_deciding(each) for each in plain]


@settings(max_examples=30, deadline=None)
@given(facts, behaviours, rounds, st.integers(1, 6))
def test_where_sources_fail_all_of_it_together_never_tells_anything_untrue(
    facts: dict[str, bool], course: list[tuple[float, bool]], rounds: Rounds, slots: int
) -> None:
    fast = asyncio.run(answers_of(_all_on(facts, course, slots), RefreshAhead(RefreshLimits()), rounds))

    asked = [npis for questions, _ in rounds for _, npis in questions]
    for npis, batch in zip(asked, fast, strict=True):
        for npi, answers in zip(npis, batch, strict=True):
            clean = {answer.outcome for answer in answers if answer.is_clean}
            assert clean <= {SourceOutcome.FOUND if facts[npi] else SourceOutcome.EMPTY}


def _deciding(batch: tuple[tuple[SourceAnswer, ...], ...]) -> list[tuple[str, list[EnrollmentStatus]] | None]:
    """Who decides about each provider, and by what."""
    evidence = [Evidence(npi="", state="", answers=answers) for answers in batch]
    chosen = [each.chosen() for each in evidence]
    return [None if each is None else (each.source, [record.status for record in each.records]) for each in chosen]
