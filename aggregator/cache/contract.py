"""What remembers knowledge, and what it promises.

    KnowledgeCache          what the aggregator uses
    ├── MemoryCache         in this process
    ├── SharedCache         a KnowledgeStore, asked together by those who ask at the same time
    └── LayeredCache        the one in front of the other
    KnowledgeStore          a place outside this process, reached in round trips
    ├── RedisStore
    └── OutageTolerantStore a store whose outage looks like a miss

`tests/aggregator/cache/` holds one suite that every cache passes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey


class Hit(msgspec.Struct, frozen=True):
    """What is remembered, and where the newest of it was found: `Freshness.MEMORY` or `Freshness.REDIS`."""

    knowledge: Knowledge
    layer: Freshness
    late: Callable[[], Awaitable["Hit | None"]] | None = None
    """Set where a store took too long to be waited for, so that `knowledge` may not be all: brings what it says after
    all, and does not raise."""


class KnowledgeCache(Protocol):
    """Remembers knowledge by key and never judges its age.

    Whatever cannot be read is a miss and is replaced by the next `put` (row K2).
    """

    def peek(self, key: KnowledgeKey) -> Hit | None:
        """What can be told at once, without waiting for anything. Every question begins with this."""
        ...

    def held(self, key: KnowledgeKey) -> Knowledge | None:
        """As `peek`, for one who has peeked: it is no use of the entry, and is in no count."""
        ...

    async def get(self, key: KnowledgeKey) -> Hit | None:
        """All that is remembered for the key, as far as it can be told in time."""
        ...

    async def get_many(self, keys: Iterable[KnowledgeKey]) -> Mapping[KnowledgeKey, Hit]:
        """As `get` for each key, in as few round trips as possible; keys without an entry are left out."""
        ...

    async def put(self, key: KnowledgeKey, knowledge: Knowledge, keep_for: float) -> None:
        """Merge (`Knowledge.merged_with`) into what is there, for at least `keep_for` seconds.

        A layer that is in this process has taken it over before the first time this suspends.
        """
        ...

    async def drop(self, key: KnowledgeKey) -> None:
        """Forget the key."""
        ...

    async def aclose(self) -> None:
        """Write what is waiting to be written and end what is under way."""
        ...


class GivenUp(dict[KnowledgeKey, Knowledge]):
    """What a store's reader gets who no longer waits: nothing, and where it will be."""

    def __init__(self, reading: asyncio.Future[Mapping[KnowledgeKey, Knowledge]]) -> None:
        super().__init__()
        self.reading = reading
        """Ends on its own, and may fail."""


class StoreEntry(msgspec.Struct, frozen=True):
    """Knowledge to be merged into a store."""

    key: KnowledgeKey
    knowledge: Knowledge
    keep_for: float
    """Seconds it must be kept for at least."""


class KnowledgeStore(Protocol):
    """A place outside this process."""

    def read(self, keys: Sequence[KnowledgeKey]) -> Awaitable[Mapping[KnowledgeKey, Knowledge]]:
        """What is there; keys without a readable entry are left out. `GivenUp` where that takes too long."""
        ...

    async def merge(self, entries: Sequence[StoreEntry]) -> None:
        """Merge (`Knowledge.merged_with`) each entry, of different keys, into what is there."""
        ...

    async def drop(self, key: KnowledgeKey) -> None:
        """Forget the key."""
        ...

    async def aclose(self) -> None:
        """End what is under way."""
        ...
