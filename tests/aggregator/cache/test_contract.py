"""What every cache of knowledge promises, whatever is behind it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from aggregator.cache.contract import KnowledgeCache
from aggregator.cache.layered import LayeredCache
from aggregator.cache.memory import MemoryCache
from aggregator.cache.outage import OutageTolerantStore
from aggregator.cache.redis import RedisStore
from aggregator.cache.shared import SharedCache
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from sources.records import EnrollmentStatus
from tests.aggregator.fakes import KEY, NPI, START, ManualClock, full_record, record

LATER = START + timedelta(minutes=5)
TEXAS = Knowledge((KnownAnswer("tmhp_pems", (record(),), START),))
ABSENT = Knowledge((KnownAnswer("tmhp_pems", (), START),))
ENDED = Knowledge((KnownAnswer("tmhp_pems", (record(status=EnrollmentStatus.TERMINATED),), LATER),))
NATIONAL = Knowledge((KnownAnswer("caqh_proview", (full_record(),), START),))


@pytest.fixture(params=["memory", "redis", "layered"])
async def cache(request: pytest.FixtureRequest, redis: Redis, clock: ManualClock) -> AsyncIterator[KnowledgeCache]:
    clock.now = LATER
    shared = SharedCache(OutageTolerantStore(RedisStore(redis, clock=clock), read_patience=5), clock)
    built: dict[str, KnowledgeCache] = {
        "memory": MemoryCache(clock=clock),
        "redis": shared,
        "layered": LayeredCache(MemoryCache(clock=clock), shared),
    }
    yield built[request.param]
    await built[request.param].aclose()


async def knowledge(cache: KnowledgeCache, key: KnowledgeKey = KEY) -> Knowledge | None:
    hit = await cache.get(key)
    many = await cache.get_many([key])
    assert (many.get(key) is None) is (hit is None)
    return None if hit is None else hit.knowledge


async def test_what_was_never_put_is_a_miss(cache: KnowledgeCache) -> None:
    assert cache.peek(KEY) is None
    assert await knowledge(cache) is None


async def test_what_was_put_is_remembered(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)

    assert await knowledge(cache) == TEXAS


async def test_k3_a_proven_absence_is_remembered(cache: KnowledgeCache) -> None:
    await cache.put(KEY, ABSENT, 60)

    assert await knowledge(cache) == ABSENT


async def test_what_peek_tells_is_what_get_tells(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)

    peeked = cache.peek(KEY)

    assert peeked is None or peeked.knowledge == await knowledge(cache)


async def test_what_is_held_is_what_peek_tells(cache: KnowledgeCache) -> None:
    assert cache.held(KEY) is None

    await cache.put(KEY, TEXAS, 60)

    peeked = cache.peek(KEY)
    assert cache.held(KEY) == (None if peeked is None else peeked.knowledge)


async def test_sources_are_remembered_beside_each_other(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)
    await cache.put(KEY, NATIONAL, 60)

    assert await knowledge(cache) == TEXAS.merged_with(NATIONAL, LATER)


async def test_a_later_answer_replaces_an_earlier_one(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)
    await cache.put(KEY, ENDED, 60)

    assert await knowledge(cache) == ENDED


async def test_an_earlier_answer_that_arrives_late_replaces_nothing(cache: KnowledgeCache) -> None:
    await cache.put(KEY, ENDED, 60)
    await cache.put(KEY, TEXAS, 60)

    assert await knowledge(cache) == ENDED


async def test_an_answer_stamped_by_a_clock_that_was_ahead_is_replaced(
    cache: KnowledgeCache, clock: ManualClock
) -> None:
    await cache.put(KEY, ENDED, 60)
    clock.now = START
    await cache.put(KEY, TEXAS, 60)

    assert await knowledge(cache) == TEXAS


async def test_s14_an_absence_that_is_not_confirmed_replaces_no_records(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)
    await cache.put(KEY, Knowledge((KnownAnswer("tmhp_pems", (), LATER),)), 60)

    remembered = await knowledge(cache)

    assert remembered == Knowledge((KnownAnswer("tmhp_pems", (record(),), LATER, absent_since=LATER),))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(KnowledgeKey("other", NPI, "TX"), id="K7-another-tenant"),
        pytest.param(KnowledgeKey("acme", "1093817465", "TX"), id="another-provider"),
        pytest.param(KnowledgeKey("acme", NPI, "CA"), id="another-state"),
        pytest.param(KnowledgeKey(f"acme:{NPI}", "TX", ""), id="K7-a-tenant-named-like-a-key"),
    ],
)
async def test_other_keys_know_nothing_of_it(cache: KnowledgeCache, other: KnowledgeKey) -> None:
    await cache.put(KEY, TEXAS, 60)

    assert await knowledge(cache, other) is None


async def test_many_are_found_together_and_what_is_missing_is_left_out(cache: KnowledgeCache) -> None:
    keys = [KnowledgeKey("acme", str(1_000_000_000 + number), "TX") for number in range(1200)]
    for key in keys[::100]:
        await cache.put(key, Knowledge((KnownAnswer("tmhp_pems", (record(npi=key.npi),), START),)), 60)

    found = await cache.get_many(keys)

    assert set(found) == set(keys[::100])
    assert all(hit.knowledge.answers[0].records[0].npi == key.npi for key, hit in found.items())


async def test_what_was_dropped_is_forgotten(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)
    await cache.drop(KEY)

    assert cache.peek(KEY) is None
    assert await knowledge(cache) is None


async def test_it_says_where_it_found_it(cache: KnowledgeCache) -> None:
    await cache.put(KEY, TEXAS, 60)

    hit = await cache.get(KEY)

    assert hit is not None
    assert hit.layer is (Freshness.REDIS if isinstance(cache, SharedCache) else Freshness.MEMORY)
