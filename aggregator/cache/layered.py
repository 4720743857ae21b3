"""Memory in front of a shared cache."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from aggregator.cache.contract import Hit, KnowledgeCache
from aggregator.cache.memory import MemoryCache
from aggregator.evidence import Freshness
from aggregator.knowledge import Knowledge, KnowledgeKey


class LayeredCache:
    """`peek` tells what this process holds; the rest asks the shared cache too and keeps here what it says."""

    def __init__(self, memory: MemoryCache, shared: KnowledgeCache) -> None:
        self._memory = memory
        self._shared = shared

    def peek(self, key: KnowledgeKey) -> Hit | None:
        """What this process holds."""
        return self._memory.peek(key)

    def held(self, key: KnowledgeKey) -> Knowledge | None:
        """What this process holds."""
        return self._memory.held(key)

    async def get(self, key: KnowledgeKey) -> Hit | None:
        """What both hold, the newest answer of each source; another replica may have asked since we did."""
        return self._combined(key, await self._shared.get(key))

    async def get_many(self, keys: Iterable[KnowledgeKey]) -> dict[KnowledgeKey, Hit]:
        """As `get` for each key, with one question to the shared cache."""
        wanted = list(keys)
        shared = await self._shared.get_many(wanted)
        found = ((key, self._combined(key, shared.get(key))) for key in wanted)
        return {key: hit for key, hit in found if hit is not None}

    async def put(self, key: KnowledgeKey, knowledge: Knowledge, keep_for: float) -> None:
        """Both, this process first."""
        self._memory.hold(key, knowledge)
        await self._shared.put(key, knowledge, keep_for)

    async def drop(self, key: KnowledgeKey) -> None:
        """Both, the shared one first: what is dropped there cannot come back from there."""
        await self._shared.drop(key)
        await self._memory.drop(key)

    async def aclose(self) -> None:
        """Both."""
        await self._shared.aclose()
        await self._memory.aclose()

    def _combined(self, key: KnowledgeKey, shared: Hit | None) -> Hit | None:
        held = self._memory.held(key)
        here = None if held is None else Hit(held, Freshness.MEMORY)
        if shared is None:
            return here
        if shared.late is not None:
            known = here or shared
            return Hit(known.knowledge, known.layer, partial(self._late, key, shared.late))
        merged = self._memory.hold(key, shared.knowledge)
        return here if merged == held else Hit(merged, shared.layer)

    async def _late(self, key: KnowledgeKey, shared: Callable[[], Awaitable[Hit | None]]) -> Hit | None:
        return self._combined(key, await shared())
