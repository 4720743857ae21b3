"""The layer in this process: what it takes up, what stays in it, whose it is."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aggregator.cache.memory import MemoryCache
from aggregator.cache.shrinking import Shrinker
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from aggregator.observers import MemoryUse
from tests.aggregator.fakes import KEY, START, ManualClock, record
from tests.bench.provider_knowledge import NOW, known_providers

MEGABYTE = 1_000_000
PROVIDERS = list(known_providers(60))


def known(key: KnowledgeKey, told: int = 0) -> Knowledge:
    answer = KnownAnswer("tmhp_pems", (record(npi=key.npi, state=key.state),), START + timedelta(seconds=told))
    return Knowledge((answer,))


async def test_a_batch_of_cold_providers_does_not_drive_out_those_that_are_asked_for_all_day() -> None:
    cache = MemoryCache(MEGABYTE)
    hot = list(known_providers(500))
    for key, knowledge in hot:
        await cache.put(key, knowledge, 60)
        cache.peek(key)

    for key, knowledge in known_providers(15_000, first=500):
        await cache.put(key, knowledge, 60)

    assert all(cache.peek(key) for key, _ in hot)
    assert cache.use.evictions > 10_000


async def test_what_was_put_comes_back_before_and_after_entries_are_shrunk() -> None:
    cache = MemoryCache(64 * MEGABYTE)
    everything = list(known_providers(9_000))
    for key, knowledge in everything:
        await cache.put(key, knowledge, 60)

    found = await cache.get_many([key for key, _ in everything])

    assert {key: hit.knowledge for key, hit in found.items()} == dict(everything)
    assert {hit.layer for hit in found.values()} == {Freshness.MEMORY}


names = st.text(st.characters(codec="utf-8"), max_size=6)
keys = st.builds(KnowledgeKey, names, names, names)


@given(st.lists(st.tuples(keys, st.integers(0, 5)), max_size=30), keys)
@settings(deadline=None)
def test_k7_no_key_is_answered_with_what_is_anothers(
    puts: Sequence[tuple[KnowledgeKey, int]], asked: KnowledgeKey
) -> None:
    """Whatever tenants, NPIs and states look like, one in front of the other."""
    cache = MemoryCache(64 * MEGABYTE, ManualClock(START + timedelta(minutes=1)))
    last: dict[KnowledgeKey, Knowledge] = {}
    for key, told in puts:
        last[key] = cache.hold(key, known(key, told))

    neighbours = [KnowledgeKey(key.tenant + key.npi[:1], key.npi[1:], key.state) for key in last]
    for key in (*last, asked, *neighbours):
        assert cache.held(key) == last.get(key)


class BesidePlainObjects(RuleBasedStateMachine):
    """The cache with too little room, and a dictionary of knowledge as it is."""

    numbers = st.integers(0, len(PROVIDERS) - 1)

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(NOW)
        self.cache = MemoryCache(10_000, self.clock)
        self.cache._shrinker = Shrinker(sampled=64)
        self.plain: dict[KnowledgeKey, Knowledge] = {}

    @rule(number=numbers, source=st.integers(0, 1), empty=st.booleans(), seconds=st.integers(-100, 100))
    def learn(self, number: int, source: int, empty: bool, seconds: int) -> None:
        key, whole = PROVIDERS[number]
        answer = whole.answers[source]
        told = NOW + timedelta(seconds=seconds)
        new = Knowledge((msgspec.structs.replace(answer, verified_at=told, records=() if empty else answer.records),))
        before = self.plain.get(key) if self.cache.held(key) else None
        self.plain[key] = new if before is None else before.merged_with(new, self.clock())

        assert self.cache.hold(key, new) == self.plain[key]

    @rule(number=numbers)
    def ask(self, number: int) -> None:
        hit = self.cache.peek(PROVIDERS[number][0])
        assert hit is None or hit.knowledge == self.plain[PROVIDERS[number][0]]

    @rule(number=numbers)
    def drop(self, number: int) -> None:
        key, _ = PROVIDERS[number]
        asyncio.run(self.cache.drop(key))
        self.plain.pop(key, None)
        assert self.cache.peek(key) is None

    @invariant()
    def it_stays_within_its_bound(self) -> None:
        assert self.cache.use.bytes <= self.cache.use.max_bytes


TestBesidePlainObjects = BesidePlainObjects.TestCase
TestBesidePlainObjects.settings = settings(max_examples=25, stateful_step_count=80, deadline=None)


async def test_a_tenants_entries_are_its_own(clock: ManualClock) -> None:
    cache = MemoryCache(clock=clock)
    for number in range(50):
        tenant = f"tenant-{number}"
        await cache.put(KEY._replace(tenant=tenant), Knowledge((KnownAnswer(tenant, (), START),)), 60)
    await cache.drop(KEY._replace(tenant="tenant-7"))

    told = {number: cache.peek(KEY._replace(tenant=f"tenant-{number}")) for number in range(50)}

    assert told.pop(7) is None
    assert all(hit and hit.knowledge.answers[0].source == f"tenant-{number}" for number, hit in told.items())


async def test_what_was_dropped_can_be_put_again_and_takes_no_more_room(clock: ManualClock) -> None:
    cache = MemoryCache(clock=clock)
    await cache.put(KEY, known(KEY), 60)
    size = cache.use.bytes

    for _ in range(100):
        await cache.drop(KEY)
        assert cache.held(KEY) is None
        await cache.put(KEY, known(KEY), 60)

    assert cache.use.bytes == size


async def test_it_counts_the_questions_that_are_put_to_it_and_not_those_that_follow_from_them() -> None:
    cache = MemoryCache(MEGABYTE)
    await cache.put(KEY, known(KEY), 60)
    empty = MemoryCache(MEGABYTE).use

    cache.peek(KEY)
    cache.peek(KEY._replace(npi="1093817465"))
    cache.held(KEY)
    await cache.get(KEY)
    await cache.get_many([KEY])

    assert cache.use == MemoryUse(entries=1, bytes=cache.use.bytes, max_bytes=MEGABYTE, evictions=0, hits=1, misses=1)
    assert empty == MemoryUse(entries=0, bytes=empty.bytes, max_bytes=MEGABYTE, evictions=0, hits=0, misses=0)
    assert 0 < cache.use.bytes - empty.bytes < 1000


def test_an_entry_larger_than_the_cache_is_not_kept() -> None:
    cache = MemoryCache(200)

    assert cache.hold(KEY, known(KEY)) == known(KEY)
    assert len(cache) == 0


MEASURE = """
import asyncio, gc, resource
from pathlib import Path
from aggregator.cache.memory import MemoryCache
from aggregator.cache.shrinking import Shrinker
from tests.bench.provider_knowledge import NOW, known_providers

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

async def main():
    cache, warm_up = MemoryCache(1_000_000_000), MemoryCache(1_000_000_000)
    for key, knowledge in known_providers(10_000):
        warm_up.hold(key, knowledge)
    before, empty = resident(), cache.use.bytes
    for key, knowledge in known_providers(50_000):
        cache.hold(key, knowledge)
    print(resident() - before, cache.use.bytes - empty)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_p8_what_it_says_it_takes_is_what_the_process_grows_by_and_a_million_fit_in_half_a_gigabyte() -> None:
    measured = subprocess.run([sys.executable, "-c", MEASURE], check=True, capture_output=True, text=True).stdout

    grown, said = map(int, measured.split())

    assert 0.85 < said / grown < 1.15
    assert grown / 50_000 < 500
