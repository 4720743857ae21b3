import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from aggregator.cache.contract import StoreEntry
from aggregator.cache.layered import LayeredCache
from aggregator.cache.memory import MemoryCache
from aggregator.cache.redis import RedisStore, redis_key
from aggregator.cache.shared import SharedCache
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from tests.aggregator.fakes import KEY, NPI, START, Listener, full_record, record

TEXAS = Knowledge((KnownAnswer("tmhp_pems", (record(),), START),))
NATIONAL = Knowledge((KnownAnswer("caqh_proview", (full_record(),), START),))
OpenStore = Callable[..., RedisStore]


@pytest.fixture
async def open_store(redis: Redis) -> AsyncIterator[OpenStore]:
    """Opens stores that are closed in the end."""
    stores: list[RedisStore] = []

    def opened(heard: Listener | None = None) -> RedisStore:
        stores.append(RedisStore(redis, heard))
        return stores[-1]

    yield opened
    for store in stores:
        await store.aclose()


def test_the_key_is_the_one_operators_know() -> None:
    assert redis_key(KEY) == f"enrollment:acme:{NPI}:TX"


@pytest.mark.parametrize("tenant", ["a:b", "a*", "a b", "ä", "a%3Ab", "a\r\nDEL x"])
def test_k7_no_tenants_name_leads_out_of_its_own_keys(tenant: str) -> None:
    key = redis_key(KnowledgeKey(tenant, NPI, "TX"))

    assert key.count(":") == 3
    assert key.isascii()
    assert key.isprintable()
    assert not set(key) & set(" *")


async def test_entries_are_plain_strings_that_expire(redis: Redis, open_store: OpenStore) -> None:
    await open_store().merge([StoreEntry(KEY, TEXAS, 600)])

    assert await redis.type(redis_key(KEY)) == b"string"
    assert 600 <= await redis.ttl(redis_key(KEY)) <= 660


async def test_what_was_found_and_what_was_not_is_told_of_readings_alone(open_store: OpenStore) -> None:
    heard = Listener()
    store = open_store(heard)
    await store.merge([StoreEntry(KEY, TEXAS, 600)])

    await store.read([KEY, KEY._replace(npi="1093817465"), KEY._replace(state="CA")])

    assert heard.cache_reads == [(1, 2)]


async def test_k16_what_was_written_together_expires_apart(redis: Redis, open_store: OpenStore) -> None:
    keys = [KnowledgeKey("acme", str(1_000_000_000 + number), "TX") for number in range(200)]
    await open_store().merge([StoreEntry(key, TEXAS, 86_400) for key in keys])

    expiries = [await redis.ttl(redis_key(key)) for key in keys]

    assert min(expiries) >= 86_400 - 1
    assert max(expiries) - min(expiries) > 86_400 * 0.08


@pytest.mark.parametrize("garbage", [b"", b"null", b"\xc0", b"[]", b"{}"])
async def test_k2_garbage_is_a_miss_and_is_replaced(redis: Redis, open_store: OpenStore, garbage: bytes) -> None:
    heard = Listener()
    store = open_store(heard)
    await redis.set(redis_key(KEY), garbage)

    assert await store.read([KEY]) == {}
    assert heard.unreadable == 1
    await store.merge([StoreEntry(KEY, TEXAS, 60)])

    assert await store.read([KEY]) == {KEY: TEXAS}


async def test_k2_a_value_of_another_type_is_a_miss_and_is_replaced(redis: Redis, open_store: OpenStore) -> None:
    store = open_store()
    await redis.sadd(redis_key(KEY), "what is this doing here")

    assert await store.read([KEY]) == {}
    await store.merge([StoreEntry(KEY, TEXAS, 60)])

    assert await store.read([KEY]) == {KEY: TEXAS}


async def test_two_replicas_add_to_each_others_knowledge(open_store: OpenStore) -> None:
    await open_store().merge([StoreEntry(KEY, TEXAS, 60)])
    await open_store().merge([StoreEntry(KEY, NATIONAL, 60)])

    assert await open_store().read([KEY]) == {KEY: TEXAS.merged_with(NATIONAL, START)}


class TestLayers:
    async def test_what_another_replica_learned_is_found_in_redis_then_in_memory(self, open_store: OpenStore) -> None:
        await open_store().merge([StoreEntry(KEY, TEXAS, 60)])
        cache = LayeredCache(MemoryCache(), SharedCache(open_store()))
        assert cache.peek(KEY) is None

        first = await cache.get(KEY)
        second = cache.peek(KEY)

        assert first is not None
        assert first.layer is Freshness.REDIS
        assert second is not None
        assert (second.layer, second.knowledge) == (Freshness.MEMORY, TEXAS)

    async def test_what_another_replica_learned_since_is_added_to_what_is_held_here(
        self, open_store: OpenStore
    ) -> None:
        cache = LayeredCache(MemoryCache(), SharedCache(open_store()))
        await cache.put(KEY, TEXAS, 60)
        await open_store().merge([StoreEntry(KEY, NATIONAL, 60)])

        hit = await cache.get(KEY)

        assert hit is not None
        assert (hit.layer, hit.knowledge) == (Freshness.REDIS, TEXAS.merged_with(NATIONAL, START))

    async def test_this_process_knows_before_redis_does(self, redis: Redis, open_store: OpenStore) -> None:
        cache = LayeredCache(MemoryCache(), SharedCache(open_store()))

        putting = asyncio.ensure_future(cache.put(KEY, TEXAS, 60))
        await asyncio.sleep(0)

        assert cache.peek(KEY) is not None
        await putting
        assert await redis.exists(redis_key(KEY))


class TestGathering:
    async def test_of_those_who_ask_in_one_turn_all_but_the_first_share_a_round_trip(
        self, redis: Redis, open_store: OpenStore
    ) -> None:
        keys = [KnowledgeKey("acme", str(1_000_000_000 + number), "TX") for number in range(300)]
        cache = SharedCache(open_store())
        await asyncio.gather(*(cache.put(key, TEXAS, 60) for key in keys))
        before = (await redis.info("commandstats"))["cmdstat_mget"]["calls"]

        await asyncio.gather(*(cache.get(key) for key in keys))

        after = (await redis.info("commandstats"))["cmdstat_mget"]["calls"]
        assert after - before == 2

    async def test_one_who_leaves_does_not_take_the_others_along(self, open_store: OpenStore) -> None:
        cache = SharedCache(open_store())
        await cache.put(KEY, Knowledge(), 60)
        leaving, staying = (asyncio.ensure_future(cache.get(KEY)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()

        assert await staying is not None

    async def test_writes_to_one_key_go_out_as_one(self, redis: Redis, open_store: OpenStore) -> None:
        cache = SharedCache(open_store())

        await asyncio.gather(cache.put(KEY, TEXAS, 600), cache.put(KEY, NATIONAL, 60))

        assert await open_store().read([KEY]) == {KEY: TEXAS.merged_with(NATIONAL, START)}
        assert await redis.ttl(redis_key(KEY)) >= 600

    async def test_closing_waits_for_what_is_being_written(self, redis: Redis, open_store: OpenStore) -> None:
        cache = SharedCache(open_store())
        writing = asyncio.ensure_future(cache.put(KEY, TEXAS, 60))
        await asyncio.sleep(0)

        await cache.aclose()
        await writing

        assert await redis.exists(redis_key(KEY))
