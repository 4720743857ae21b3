"""The store shared by all replicas: one plain string per key in Redis."""

from collections.abc import Sequence
from math import ceil
from typing import Final
from urllib.parse import quote

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from aggregator.cache.codec import UnreadableEntry, decode, encode
from aggregator.cache.contract import StoreEntry
from aggregator.cache.redis_reads import RedisReads
from aggregator.knowledge import SHORTEST_SHARE, Knowledge, KnowledgeKey
from aggregator.observers import CacheObserver, Unobserved
from sources.clock import Clock, utc_now

SOCKET_TIMEOUT: Final = 2.0


def redis_client(url: str, max_connections: int = 32) -> Redis:
    """A client fit for a cache: it waits for a connection instead of opening ever more, and never repeats a command.

    Repeating is pointless where a miss costs less than the wait; `OutageTolerantStore` decides when to try again.

    Raises:
        ValueError: the URL is none, or names an option that does not exist. Without its text, which holds a password.
    """
    try:
        pool = _pool(url, max_connections)
        pool.connection_class(**pool.connection_kwargs)  # connects to nothing, and judges the options
    except (TypeError, ValueError):
        raise ValueError("a Redis URL that does not fit") from None
    return Redis.from_pool(pool)


def _pool(url: str, max_connections: int) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=SOCKET_TIMEOUT,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


def redis_key(key: KnowledgeKey) -> str:
    """`enrollment:{tenant}:{npi}:{state}`, odd characters percent-encoded.

    A colon in a tenant's name must not lead into another tenant's entries (row K7).
    """
    return f"enrollment:{quote(key.tenant, safe='')}:{quote(key.npi, safe='')}:{quote(key.state, safe='')}"


class RedisStore:
    """Entries in Redis. Every method raises `redis.RedisError` or `OSError` where Redis cannot be used."""

    def __init__(self, client: Redis, observer: CacheObserver | None = None, clock: Clock = utc_now) -> None:
        self._client = client
        self._reads = RedisReads(client)
        self._observer = observer or Unobserved()
        self._clock = clock

    async def read(self, keys: Sequence[KnowledgeKey]) -> dict[KnowledgeKey, Knowledge]:
        """One round trip."""
        found = await self._read(keys)
        self._observer.cache_read(len(found), len(keys) - len(found))
        return found

    async def _read(self, keys: Sequence[KnowledgeKey]) -> dict[KnowledgeKey, Knowledge]:
        # MGET even for one key: it answers nil where something else than a string was put under the key (row K2).
        values = await self._reads.mget([redis_key(key) for key in keys])
        found: dict[KnowledgeKey, Knowledge] = {}
        for key, value in zip(keys, values, strict=True):
            if not isinstance(value, bytes):
                continue
            try:
                found[key] = decode(key, value)
            except UnreadableEntry:
                self._observer.cache_unreadable()
        return found

    async def merge(self, entries: Sequence[StoreEntry]) -> None:
        """Two round trips, without a transaction.

        Where two replicas write one key at once, one source's answer may be lost. That costs a call, never a wrong
        answer: what stands is still something a source said, with the time at which it did.
        """
        held = await self._read([entry.key for entry in entries])
        now = self._clock()
        async with self._client.pipeline(transaction=False) as pipeline:
            for entry in entries:
                before = held.get(entry.key)
                merged = entry.knowledge if before is None else before.merged_with(entry.knowledge, now)
                pipeline.set(redis_key(entry.key), encode(entry.key, merged), ex=_expiry(entry))
            await pipeline.execute()

    async def drop(self, key: KnowledgeKey) -> None:
        """One round trip."""
        await self._client.delete(redis_key(key))

    async def aclose(self) -> None:
        """Close the connection for reading; the client is its maker's to close."""
        await self._reads.aclose()


def _expiry(entry: StoreEntry) -> int:
    """Seconds from `keep_for` up to a tenth more, so that what was written together goes apart (row K16)."""
    share = (entry.key.spread() - SHORTEST_SHARE) / (1 - SHORTEST_SHARE)
    return max(1, ceil(entry.keep_for * (1 + share / 10)))
