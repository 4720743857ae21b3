"""The layer in this process: bounded in bytes, without a wait, gone with the process."""

from collections.abc import Iterable
from typing import Final

import msgspec

from aggregator.cache.codec import UnreadableEntry, decode, encode
from aggregator.cache.contract import Hit
from aggregator.cache.packed_entries import PackedEntries
from aggregator.cache.shrinking import Shrinker
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey
from aggregator.observers import MemoryUse
from sources.clock import Clock, utc_now

DEFAULT_MAX_BYTES: Final = 256_000_000
"""Room for some 700 000 providers; see `docs/operations.md`, "How much memory"."""
_PACK_KEY: Final = msgspec.msgpack.Encoder().encode
"""Of its three parts, none of which can be taken for a part of another (row K7)."""


class MemoryCache:
    """Packed entries up to a total size; those that are asked for again outlast those that are asked for once.

    Nothing is dropped for its age: the reader judges that, and entries that nobody asks for any more are the first to
    make room. Values take 6 µs to unpack, which the evidence kept ready by `Recollection` saves the next question.
    """

    def __init__(self, max_bytes: int = DEFAULT_MAX_BYTES, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._entries = PackedEntries(max_bytes)
        self._shrinker = Shrinker()
        self._hits = 0
        self._misses = 0

    def __len__(self) -> int:
        """The number of entries held."""
        return len(self._entries)

    @property
    def use(self) -> MemoryUse:
        """As it is now."""
        held = self._entries
        return MemoryUse(len(held), held.size, held.max_bytes, held.evictions, self._hits, self._misses)

    def peek(self, key: KnowledgeKey) -> Hit | None:
        """The entry, which stays longer for having been asked for."""
        known = self._unpack(key, self._entries.use(_PACK_KEY(key)))
        if known is None:
            self._misses += 1
            return None
        self._hits += 1
        return Hit(known, Freshness.MEMORY)

    def held(self, key: KnowledgeKey) -> Knowledge | None:
        """The entry."""
        return self._unpack(key, self._entries.look(_PACK_KEY(key)))

    async def get(self, key: KnowledgeKey) -> Hit | None:
        """The entry; nothing here ever waits."""
        known = self.held(key)
        return None if known is None else Hit(known, Freshness.MEMORY)

    async def get_many(self, keys: Iterable[KnowledgeKey]) -> dict[KnowledgeKey, Hit]:
        """As `get` for each key."""
        found = ((key, self.held(key)) for key in keys)
        return {key: Hit(known, Freshness.MEMORY) for key, known in found if known is not None}

    async def put(self, key: KnowledgeKey, knowledge: Knowledge, keep_for: float) -> None:
        """Merge at once. `keep_for` is no promise here: entries make room for others."""
        del keep_for
        self.hold(key, knowledge)

    async def drop(self, key: KnowledgeKey) -> None:
        """Forget the key."""
        self._entries.discard(_PACK_KEY(key))

    async def aclose(self) -> None:
        """Nothing is under way."""

    def hold(self, key: KnowledgeKey, knowledge: Knowledge) -> Knowledge:
        """Merge and tell the result."""
        held = self.held(key)
        merged = knowledge if held is None else held.merged_with(knowledge, self._clock())
        self._entries.put(_PACK_KEY(key), self._shrinker.shrink(encode(key, merged)))
        return merged

    def _unpack(self, key: KnowledgeKey, packed: bytes | None) -> Knowledge | None:
        if packed is None:
            return None
        try:
            return decode(key, self._shrinker.restore(packed))
        except UnreadableEntry:
            return None
