"""Readers that share a connection: nobody ever hears what somebody else asked for."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from aggregator.cache.redis import redis_client
from aggregator.cache.redis_reads import RedisReads
from tests.aggregator.conftest import RedisServer

KEYS = [f"key-{number}" for number in range(200)]


@pytest.fixture
async def client(own_redis_server: RedisServer) -> AsyncIterator[Redis]:
    client = redis_client(own_redis_server.url)
    await client.mset({key: f"of {key}" for key in KEYS})
    yield client
    await client.aclose()


@pytest.fixture
async def reads(client: Redis) -> AsyncIterator[RedisReads]:
    reads = RedisReads(client)
    yield reads
    await reads.aclose()


def values_of(*keys: str) -> list[bytes]:
    return [f"of {key}".encode() for key in keys]


async def connections(client: Redis) -> int:
    """How many were ever made to the server, that of `client` itself included."""
    return int((await client.info("stats"))["total_connections_received"])


async def test_all_who_ask_at_once_hear_what_they_asked_for(reads: RedisReads, client: Redis) -> None:
    before = await connections(client)

    answers = await asyncio.gather(*(reads.mget([key, "nothing"]) for key in KEYS))

    assert answers == [[*values_of(key), None] for key in KEYS]
    assert await connections(client) == before + 1


@pytest.mark.parametrize("leaving", [0, 1, 2], ids=["first", "second", "last"])
async def test_k7_one_who_leaves_does_not_leave_his_answer_to_the_next(
    reads: RedisReads, own_redis_server: RedisServer, leaving: int
) -> None:
    await reads.mget(["key-0"])
    own_redis_server.freeze(seconds=0.2)
    asked = [asyncio.ensure_future(reads.mget([key])) for key in KEYS[:3]]
    await asyncio.sleep(0.05)
    asked[leaving].cancel()

    heard = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(heard[leaving], asyncio.CancelledError)
    assert all(isinstance(each, RedisError) for place, each in enumerate(heard) if place != leaving)
    assert await reads.mget(["key-7"]) == values_of("key-7")


async def test_k7_whatever_happens_to_others_an_answer_is_ones_own(
    reads: RedisReads, client: Redis, own_redis_server: RedisServer
) -> None:
    chance = random.Random(5)
    heard = 0

    async def ask(number: int) -> None:
        nonlocal heard
        await asyncio.sleep(chance.uniform(0, 0.3))
        keys = chance.sample(KEYS, chance.choice([1, 2, 30]))
        try:
            async with asyncio.timeout(chance.choice([0.0005, 0.002, 5])):
                values = await reads.mget(keys)
        except (TimeoutError, RedisError):
            return
        assert values == values_of(*keys), number
        heard += 1

    async def disturb() -> None:
        for _ in range(5):
            await asyncio.sleep(0.05)
            own_redis_server.freeze(seconds=0.01)
            await client.client_kill_filter(_type="normal", skipme=True)

    await asyncio.gather(disturb(), *map(ask, range(1500)))
    async with asyncio.timeout(30):
        while heard <= 100:  # a busy machine may have made all of them late
            await ask(-1)


async def test_a_connection_that_was_closed_meanwhile_is_replaced_without_an_error(
    reads: RedisReads, client: Redis
) -> None:
    await reads.mget(["key-0"])
    await client.client_kill_filter(_type="normal", skipme=True)
    await asyncio.sleep(0.05)

    assert await reads.mget(["key-1"]) == values_of("key-1")


async def test_an_error_is_an_answer_too(reads: RedisReads, client: Redis) -> None:
    await reads.mget(["key-0"])
    before = await connections(client)

    heard = await asyncio.gather(reads.mget([]), reads.mget(["key-1"]), return_exceptions=True)

    assert isinstance(heard[0], ResponseError)
    assert heard[1] == values_of("key-1")
    assert await connections(client) == before


async def test_after_an_outage_the_next_reader_connects_again(reads: RedisReads, own_redis_server: RedisServer) -> None:
    await reads.mget(["key-0"])
    own_redis_server.kill()
    for _ in range(3):
        with pytest.raises((RedisError, OSError)):
            await reads.mget(["key-0"])
    own_redis_server.start()

    assert await reads.mget(["key-0"]) == [None]


async def test_who_connects_and_leaves_keeps_nobody_from_connecting(reads: RedisReads) -> None:
    asked = [asyncio.ensure_future(reads.mget([key])) for key in KEYS[:5]]
    await asyncio.sleep(0)
    asked[0].cancel()

    heard = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(heard[0], asyncio.CancelledError)
    assert heard[1:] == [values_of(key) for key in KEYS[1:5]]
