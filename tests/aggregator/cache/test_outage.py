"""Row K12: Redis goes down, hangs and comes back while it is in use."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from redis.asyncio import Redis

from aggregator.cache.contract import StoreEntry
from aggregator.cache.outage import OutageTolerantStore
from aggregator.cache.redis import RedisStore, redis_client
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from aggregator.observers import BreakerState
from tests.aggregator.conftest import RedisServer
from tests.aggregator.fakes import KEY, START, Listener, record, until

TEXAS = Knowledge((KnownAnswer("tmhp_pems", (record(),), START),))


@pytest.fixture
def heard() -> Listener:
    return Listener()


@pytest.fixture
async def store(own_redis_server: RedisServer, heard: Listener) -> AsyncIterator[OutageTolerantStore]:
    client = redis_client(own_redis_server.url)
    tolerant = OutageTolerantStore(RedisStore(client), heard)
    await tolerant.merge([StoreEntry(KEY, TEXAS, 60)])
    yield tolerant
    await tolerant.aclose()
    await client.aclose()


async def test_k12_a_dead_redis_is_a_miss_and_is_soon_left_alone(
    store: OutageTolerantStore, heard: Listener, own_redis_server: RedisServer
) -> None:
    own_redis_server.kill()

    assert [dict(await store.read([KEY])) for _ in range(20)] == [{}] * 20

    assert heard.cache_failures == ["get", "get"]
    assert heard.cache_breaker == [BreakerState.OPEN]
    assert not store.available


async def test_k12_writes_into_a_dead_redis_are_lost_without_a_word_to_the_caller(
    store: OutageTolerantStore, heard: Listener, own_redis_server: RedisServer
) -> None:
    own_redis_server.kill()

    for _ in range(5):
        await store.merge([StoreEntry(KEY, TEXAS, 60)])
    await store.drop(KEY)

    assert heard.cache_failures == ["put", "put"]


async def test_k12_a_redis_that_hangs_costs_its_readers_a_moment_only(
    store: OutageTolerantStore, heard: Listener, own_redis_server: RedisServer
) -> None:
    own_redis_server.freeze(seconds=30)
    started = time.monotonic()

    for _ in range(200):
        assert await store.read([KEY]) == {}

    assert time.monotonic() - started < 0.5
    assert heard.cache_failures[:2] == ["get", "get"]
    assert heard.cache_breaker[0] is BreakerState.OPEN


async def test_k12_a_redis_that_comes_back_is_used_again_by_itself(
    store: OutageTolerantStore, heard: Listener, own_redis_server: RedisServer
) -> None:
    own_redis_server.kill()
    await store.read([KEY])
    await store.read([KEY])
    own_redis_server.start()

    async def back() -> bool:
        await store.merge([StoreEntry(KEY, TEXAS, 60)])
        return dict(await store.read([KEY])) == {KEY: TEXAS}

    for _ in range(300):
        if await back():
            break
        await asyncio.sleep(0.02)

    assert heard.cache_breaker[-1] is BreakerState.CLOSED
    assert store.available


async def test_nobody_waits_for_the_call_that_finds_out_whether_redis_is_back(
    store: OutageTolerantStore, heard: Listener, own_redis_server: RedisServer
) -> None:
    own_redis_server.kill()
    await store.read([KEY])
    await store.read([KEY])
    own_redis_server.start()
    await asyncio.sleep(1.05)

    assert await store.read([KEY]) == {}
    assert heard.cache_breaker[-1] is BreakerState.HALF_OPEN

    await until(lambda: store.available)


class SlowToConnect(RedisStore):
    """As a Redis whose connection takes longer to come about than a reader's patience."""

    connected = False

    async def read(self, keys: Sequence[KnowledgeKey]) -> dict[KnowledgeKey, Knowledge]:
        if not self.connected:
            await asyncio.sleep(0.1)
            self.connected = True
        return dict.fromkeys(keys, TEXAS)


async def test_a_connection_slower_than_our_patience_still_comes_about(redis: Redis) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    store = OutageTolerantStore(SlowToConnect(redis))

    assert await store.read([KEY]) == {}
    await asyncio.sleep(0.15)

    assert await store.read([KEY]) == {KEY: TEXAS}
    assert complaints == []
    await store.aclose()


async def test_a_process_that_was_busy_does_not_take_redis_for_slow(
    store: OutageTolerantStore, heard: Listener
) -> None:
    reading = store.read([KEY])
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251  the loop is held up on purpose

    assert await reading == {KEY: TEXAS}
    assert heard.cache_failures == []
