"""A store as a cache: those who ask at the same time are answered by one round trip, and writes go out in batches.

A thousand callers with a thousand keys would otherwise be a thousand round trips, whose mere number makes each of
them late; and written back one by one, a cold batch would keep the store busy for longer than the sources.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from aggregator.cache.contract import GivenUp, Hit, KnowledgeStore, StoreEntry
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey
from sources.clock import Clock, utc_now

KEYS_PER_READ: Final = 500
KEYS_PER_WRITE: Final = 100
"""More are split up, so that neither the store nor this process is held up for long by one round trip."""

_Piece = TypeVar("_Piece")


class SharedCache:
    """The reads of one turn of the event loop, gathered, and the writes that come in while others go out.

    The first of a turn goes out at once: mostly it is the only one, and to wait for others takes it as long as Redis.
    """

    def __init__(self, store: KnowledgeStore, clock: Clock = utc_now) -> None:
        """`store` is one that does not raise, such as `OutageTolerantStore`."""
        self._store = store
        self._clock = clock
        self._is_turn_begun = False
        self._wanted: dict[KnowledgeKey, list[asyncio.Future[Hit | None]]] = {}
        self._unwritten = _Batch()
        self._writer: asyncio.Task[None] | None = None

    def peek(self, key: KnowledgeKey) -> None:
        """Nothing: a store always has to be waited for."""
        del key

    def held(self, key: KnowledgeKey) -> None:
        """Nothing, as `peek`."""
        del key

    async def get(self, key: KnowledgeKey) -> Hit | None:
        """What the store has; one round trip for the first who asks in this turn of the loop, one for all others."""
        loop = asyncio.get_running_loop()
        if not self._is_turn_begun:
            self._is_turn_begun = True
            loop.call_soon(self._end_turn)
            return _hit(await self._store.read([key]), key)
        answer: asyncio.Future[Hit | None] = loop.create_future()
        self._wanted.setdefault(key, []).append(answer)
        return await answer

    async def get_many(self, keys: Iterable[KnowledgeKey]) -> dict[KnowledgeKey, Hit]:
        """What the store has, `KEYS_PER_READ` at a time."""
        found: dict[KnowledgeKey, Hit] = {}
        for some in _pieces(list(keys), KEYS_PER_READ):
            reply = await self._store.read(some)
            found |= {key: hit for key in some if (hit := _hit(reply, key)) is not None}
        return found

    async def put(self, key: KnowledgeKey, knowledge: Knowledge, keep_for: float) -> None:
        """Merge into the store; returns when that is done."""
        batch = self._unwritten
        batch.add(StoreEntry(key, knowledge, keep_for), self._clock())
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())
        await batch.written.wait()

    async def drop(self, key: KnowledgeKey) -> None:
        """Forget the key, and what was going to be written to it."""
        self._unwritten.entries.pop(key, None)
        await self._store.drop(key)

    async def aclose(self) -> None:
        """Write what is waiting to be written."""
        if self._writer is not None:
            await self._writer
        await self._store.aclose()

    def _end_turn(self) -> None:
        wanted, self._wanted, self._is_turn_begun = self._wanted, {}, False
        for some in _pieces(list(wanted), KEYS_PER_READ):
            reading = asyncio.ensure_future(self._store.read(some))
            reading.add_done_callback(partial(_hand_out, {key: wanted[key] for key in some}))

    async def _write(self) -> None:
        while self._unwritten.entries:
            batch, self._unwritten = self._unwritten, _Batch()
            try:
                for some in _pieces(list(batch.entries.values()), KEYS_PER_WRITE):
                    await self._store.merge(some)
            finally:
                batch.written.set()


def _hand_out(
    wanted: Mapping[KnowledgeKey, Iterable[asyncio.Future[Hit | None]]],
    reading: asyncio.Future[Mapping[KnowledgeKey, Knowledge]],
) -> None:
    found = {} if reading.cancelled() else reading.result()
    for key, answers in wanted.items():
        for answer in answers:
            if not answer.done():  # it is where its caller was cancelled
                answer.set_result(_hit(found, key))


def _hit(reply: Mapping[KnowledgeKey, Knowledge], key: KnowledgeKey) -> Hit | None:
    if isinstance(reply, GivenUp):
        return Hit(Knowledge(), Freshness.REDIS, partial(_late, reply.reading, key))
    known = reply.get(key)
    return None if known is None else Hit(known, Freshness.REDIS)


async def _late(reading: asyncio.Future[Mapping[KnowledgeKey, Knowledge]], key: KnowledgeKey) -> Hit | None:
    await asyncio.wait((reading,))  # unlike `await reading`, leaves it alone when this is cancelled
    return None if reading.cancelled() or reading.exception() else _hit(reading.result(), key)


class _Batch:
    """What goes out together, one entry per key."""

    def __init__(self) -> None:
        self.entries: dict[KnowledgeKey, StoreEntry] = {}
        self.written = asyncio.Event()

    def add(self, entry: StoreEntry, now: datetime) -> None:
        before = self.entries.get(entry.key)
        if before is not None:
            entry = StoreEntry(
                entry.key,
                before.knowledge.merged_with(entry.knowledge, now),
                max(before.keep_for, entry.keep_for),
            )
        self.entries[entry.key] = entry


def _pieces(whole: Sequence[_Piece], size: int) -> Iterable[Sequence[_Piece]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
