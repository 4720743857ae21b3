"""What is remembered, made ready to be answered with.

A question about a known provider must cost next to nothing: evidence that settles it is kept ready as one object until
the first instant at which it would have to be judged anew.
"""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from aggregator.cache.contract import Hit, KnowledgeCache
from aggregator.evidence import Evidence, SourceAnswer
from aggregator.freshness import NEVER, good_between, judged, refresh_from
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from aggregator.observers import CacheObserver, Unobserved
from aggregator.panel import Panel
from sources.clock import Clock

DEFAULT_PREPARED_ENTRIES: Final = 50_000


class ReadyEvidence(msgspec.Struct, eq=False):
    """Evidence that settles a question without a wait, and for how long it does."""

    evidence: Evidence
    panel: Panel
    good_from: datetime
    good_until: datetime
    refresh_from: datetime
    """From then on whoever uses it says so (`Resolver.refresh_soon`), and it is renewed before it lapses."""
    is_current: bool = True
    """False for good as soon as more is known about the provider, or something was forgotten."""

    def holds_at(self, now: datetime) -> bool:
        """Whether it settles the question at that instant."""
        return self.is_current and self.good_from <= now < self.good_until


class Recollection:
    """The cache, seen through a panel's rules."""

    def __init__(
        self,
        cache: KnowledgeCache,
        clock: Clock,
        prepared_entries: int = DEFAULT_PREPARED_ENTRIES,
        observer: CacheObserver | None = None,
        *,
        refresh_share: float = 0.0,
        used_near_its_end: Callable[[str, Panel], None] = lambda _npi, _panel: None,
    ) -> None:
        """`used_near_its_end` hears of every use of evidence in the last `refresh_share` of its life."""
        self._refresh_share = refresh_share
        self._used_near_its_end = used_near_its_end
        self._cache = cache
        self._clock = clock
        self._observer = observer or Unobserved()
        self._limit = prepared_entries
        self._prepared: OrderedDict[tuple[str, str, str], ReadyEvidence] = OrderedDict()

    def ready(self, npi: str, panel: Panel, *, counts_misses: bool = True) -> ReadyEvidence | None:
        """Evidence that needs no source and no wait, or None. The same object while nothing changed."""
        prepared = self._prepared.get((panel.tenant, npi, panel.state))
        now = self._clock()
        if prepared is None or not self._holds(prepared, panel, now):
            key = KnowledgeKey(panel.tenant, npi, panel.state)
            prepared = self._prepare(key, panel, now) if counts_misses or self._is_held(key) else None
            if prepared is None:
                return None
        if now >= prepared.refresh_from:
            self._used_near_its_end(npi, panel)
        return prepared

    def prepared(self, npi: str, panel: Panel) -> ReadyEvidence | None:
        """What `ready` gave last, if it still settles the question; nothing is prepared for that."""
        prepared = self._prepared.get((panel.tenant, npi, panel.state))
        return prepared if prepared is not None and self._holds(prepared, panel, self._clock()) else None

    def _holds(self, prepared: ReadyEvidence, panel: Panel, now: datetime) -> bool:
        return prepared.panel is panel and prepared.holds_at(now)

    def at_hand(self, key: KnowledgeKey, panel: Panel) -> Knowledge:
        """What this process remembers, whatever its age."""
        held = self._cache.held(key) if panel.rules.caching else None
        return held or Knowledge()

    def _is_held(self, key: KnowledgeKey) -> bool:
        return self._cache.held(key) is not None

    async def recall(self, key: KnowledgeKey, panel: Panel) -> Hit | None:
        """All that is remembered; nothing where the tenant turned caching off (row K5)."""
        return await self._cache.get(key) if panel.rules.caching else None

    async def recall_many(self, keys: Iterable[KnowledgeKey]) -> Mapping[KnowledgeKey, Hit]:
        """As `recall`, for keys of panels that cache."""
        return await self._cache.get_many(keys)

    async def remember(self, key: KnowledgeKey, known: KnownAnswer, panel: Panel) -> None:
        """Keep one source's clean answer; this process knows it before the first time this suspends.

        Does not raise: what cannot be kept is asked for again, and costs no other source its answer (row A16).
        """
        if not panel.rules.caching:
            return
        self._outdate(key)
        try:
            await self._cache.put(key, Knowledge((known,)), panel.rules.keep_for)
        except Exception as error:  # noqa: BLE001  whatever it is, the answer itself stands
            self._observer.cache_failed("put", type(error).__name__)

    async def forget(self, key: KnowledgeKey) -> None:
        """Drop everything remembered for the key."""
        self._outdate(key)
        await self._cache.drop(key)
        self._outdate(key)  # a reader may have prepared it again while the cache was being told

    def renew(self, key: KnowledgeKey) -> None:
        """Prepare anew what is remembered, once it is asked for."""
        self._outdate(key)

    def _prepare(self, key: KnowledgeKey, panel: Panel, now: datetime) -> ReadyEvidence | None:
        hit = self._cache.peek(key) if panel.rules.caching else None
        if hit is None:
            return None
        known = judged(key, panel, hit, now)
        if known is None:
            return None
        good_from, good_until = good_between(key, panel, hit.knowledge, known.fresh, known.standing_in)
        renewed_from = self._refresh_from(key, panel, hit, known.fresh)
        ready = ReadyEvidence(known.evidence, panel, good_from, good_until, renewed_from)
        self._outdate(key)
        self._prepared[key] = ready
        if len(self._prepared) > self._limit:
            self._outdate(next(iter(self._prepared)))
        return ready

    def _refresh_from(self, key: KnowledgeKey, panel: Panel, hit: Hit, answers: Mapping[str, SourceAnswer]) -> datetime:
        if not self._refresh_share:
            return NEVER
        # Not the same in every process: the first that asks again spares the others the call.
        share = self._refresh_share * random.uniform(0.5, 1)  # noqa: S311 - spreads calls, hides nothing
        return refresh_from(key, panel, hit.knowledge, answers, share)

    def _outdate(self, key: tuple[str, str, str]) -> None:
        """Whoever still holds what was prepared is told by its flag; what is not kept here could not be told later."""
        outdated = self._prepared.pop(key, None)
        if outdated is not None:
            outdated.is_current = False
