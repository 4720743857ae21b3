"""The layer in this process: bounded, without a wait, gone with the process."""

from collections.abc import Iterable
from typing import Final

from cachetools import LRUCache

from aggregator.cache.codec import UnreadableEntry, decode, encode
from aggregator.cache.contract import Hit
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey
from sources.clock import Clock, utc_now

ENTRY_OVERHEAD: Final = 500
"""Bytes an entry takes beside its packed value: its key, and its places in the cache's tables (485 measured)."""
DEFAULT_MAX_BYTES: Final = 800_000_000
"""Room for a million providers known to two sources."""


class MemoryCache:
    """Packed entries up to a total size; the least recently used go first.

    Nothing is dropped for its age: the reader judges that, and a read makes an entry recent.
    """

    def __init__(self, max_bytes: int = DEFAULT_MAX_BYTES, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._entries: LRUCache[KnowledgeKey, bytes] = LRUCache(max_bytes, getsizeof=_footprint)

    def __len__(self) -> int:
        """The number of entries held."""
        return len(self._entries)

    def peek(self, key: KnowledgeKey) -> Hit | None:
        """The entry; nothing here ever waits."""
        packed = self._entries.get(key)
        if packed is None:
            return None
        try:
            return Hit(decode(key, packed), Freshness.MEMORY)
        except UnreadableEntry:
            return None

    async def get(self, key: KnowledgeKey) -> Hit | None:
        """As `peek`."""
        return self.peek(key)

    async def get_many(self, keys: Iterable[KnowledgeKey]) -> dict[KnowledgeKey, Hit]:
        """As `peek` for each key."""
        return {key: hit for key in keys if (hit := self.peek(key)) is not None}

    async def put(self, key: KnowledgeKey, knowledge: Knowledge, keep_for: float) -> None:
        """Merge at once. `keep_for` is no promise here: the least recently used entry makes room."""
        del keep_for
        self.hold(key, knowledge)

    async def drop(self, key: KnowledgeKey) -> None:
        """Forget the key."""
        self._entries.pop(key, None)

    async def aclose(self) -> None:
        """Nothing is under way."""

    def hold(self, key: KnowledgeKey, knowledge: Knowledge) -> Knowledge:
        """Merge and tell the result."""
        held = self.peek(key)
        merged = knowledge if held is None else held.knowledge.merged_with(knowledge, self._clock())
        packed = encode(key, merged)
        if _footprint(packed) <= self._entries.maxsize:
            self._entries[key] = packed
        return merged


def _footprint(packed: bytes) -> int:
    return len(packed) + ENTRY_OVERHEAD
