"""The aggregator's front: what is known about a provider, from memory, from Redis, or from the sources in parallel.

    peek           evidence that needs no wait                     (memory)
    resolve        … or waits until settled or until the deadline  (memory, Redis, sources)
    resolve_many   the same for a batch, with one look at Redis

Questions put at the same time about one provider share one flight. A flight belongs to the resolver, not to a caller:
it goes on when a caller leaves and ends with the slowest source's own budget.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence

import msgspec

from aggregator.asking import Asking, Urgency
from aggregator.cache.contract import Hit, KnowledgeCache
from aggregator.evidence import Evidence
from aggregator.flight import Flight
from aggregator.freshness import judged
from aggregator.knowledge import KnowledgeKey
from aggregator.observers import CacheObserver
from aggregator.panel import Panel
from aggregator.recollection import DEFAULT_PREPARED_ENTRIES, ReadyEvidence, Recollection
from aggregator.refresh import Refresh, RefreshAhead
from sources.clock import Clock, utc_now

_Identity = tuple[str, int, bool, float | None]


class Inquiry(msgspec.Struct, frozen=True):
    """A question about one provider, in the name of the panel's tenant and about the panel's state."""

    npi: str
    panel: Panel
    fresh: bool = False
    """Ask every source, whatever is remembered, and remember what they say (row K10)."""
    deadline: float | None = None
    """In the event loop's time. What is known then is the answer (row B6); None: to every source's budget."""

    @property
    def key(self) -> KnowledgeKey:
        """What is remembered under."""
        return KnowledgeKey(self.panel.tenant, self.npi, self.panel.state)


class Resolver:
    """Resolves inquiries for all tenants of a process. Lives in one event loop; `aclose` ends what is in flight.

    A panel without sources gives evidence without answers (row C7 is for the reader to apply).
    """

    def __init__(
        self,
        cache: KnowledgeCache,
        *,
        clock: Clock = utc_now,
        prepared_entries: int = DEFAULT_PREPARED_ENTRIES,
        observer: CacheObserver | None = None,
        ahead: RefreshAhead | None = None,
    ) -> None:
        """`prepared_entries` bounds the evidence kept ready as objects (some 2 kB each) in front of `cache`.

        `ahead` renews what is used near the end of its life; without it everything lapses.
        """
        self._clock = clock
        self._ahead = ahead
        self._recollection = Recollection(
            cache,
            clock,
            prepared_entries,
            observer,
            refresh_share=0.0 if ahead is None else ahead.limits.share,
            used_near_its_end=self.refresh_soon,
        )
        self._flights: dict[KnowledgeKey, Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def peek(self, npi: str, panel: Panel) -> Evidence | None:
        """Evidence this process can give at once, or None.

        While nothing changes, the very same object: what is derived from it can be kept by its identity.
        """
        ready = self._recollection.ready(npi, panel)
        return None if ready is None else ready.evidence

    def at_hand(self, npi: str, panel: Panel) -> Evidence | None:
        """As `peek`, for one who asks once more where there is nothing: that is counted then."""
        ready = self._recollection.ready(npi, panel, counts_misses=False)
        return None if ready is None else ready.evidence

    def prepared(self, npi: str, panel: Panel) -> ReadyEvidence | None:
        """What `peek` gave last, with how long it is good for, if it still is."""
        return self._recollection.prepared(npi, panel)

    async def resolve(self, inquiry: Inquiry) -> Evidence:
        """What is known, asking the sources where memory does not settle it. Never raises for a source or a cache."""
        if not inquiry.fresh and (evidence := self.peek(inquiry.npi, inquiry.panel)) is not None:
            return evidence
        flight = self._boarding(inquiry, Urgency.SINGLE)
        if flight is None:
            hits = await self._look_up([inquiry])
            if hits and not inquiry.fresh:
                known = judged(inquiry.key, inquiry.panel, hits[inquiry.key], self._clock())
                if known is not None:
                    return known.evidence
            flight = self._boarding(inquiry, Urgency.SINGLE) or self._depart(inquiry, Urgency.SINGLE, hits)
        return await flight.landed(inquiry.deadline)

    async def resolve_many(self, inquiries: Sequence[Inquiry]) -> list[Evidence]:
        """`resolve` for each, in order, once the last is; equal ones are resolved once, with one look at Redis."""
        distinct = {_identity(inquiry): inquiry for inquiry in inquiries}
        urgency = Urgency.BATCH if len(distinct) > 1 else Urgency.SINGLE
        resolved: dict[_Identity, Evidence] = {}
        flights: dict[_Identity, Flight] = {}
        for identity, inquiry in distinct.items():
            if not inquiry.fresh and (evidence := self.peek(inquiry.npi, inquiry.panel)) is not None:
                resolved[identity] = evidence
            elif (flight := self._boarding(inquiry, urgency)) is not None:
                flights[identity] = flight
        missing = [identity for identity in distinct if identity not in resolved and identity not in flights]
        hits = await self._look_up([distinct[identity] for identity in missing])
        for identity in missing:
            inquiry = distinct[identity]
            flights[identity] = self._boarding(inquiry, urgency) or self._depart(inquiry, urgency, hits)
        for identity, flight in flights.items():
            # One after the other costs nothing: the flights are under way on their own.
            resolved[identity] = await flight.landed(distinct[identity].deadline)
        return [resolved[_identity(inquiry)] for inquiry in inquiries]

    def refresh_soon(self, npi: str, panel: Panel) -> None:
        """Renew in the background what is known about a provider, unless that is under way or cannot be now.

        Returns at once and may be called with every use of evidence after its `refresh_from`; `peek` and those who
        wait call it themselves.
        """
        key = KnowledgeKey(panel.tenant, npi, panel.state)
        if self._ahead is None or key in self._flights:
            return
        refresh = self._ahead.begin(key, panel, self._recollection, self._clock)
        if refresh is not None:
            self._run(refresh, self._ahead.carry_out(refresh))

    async def forget(self, tenant: str, npi: str, state: str) -> None:
        """Drop what is remembered about one provider."""
        await self._recollection.forget(KnowledgeKey(tenant, npi, state))

    async def aclose(self) -> None:
        """Cancel what is in flight and wait until it is gone. Whoever still waits gets what is known by then."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _boarding(self, inquiry: Inquiry, urgency: Urgency) -> Flight | None:
        """The flight under way that answers this inquiry too; it hurries for whoever boards."""
        flight = self._flights.get(inquiry.key)
        if flight is None or flight.settled or flight.panel != inquiry.panel or (inquiry.fresh and not flight.fresh):
            return None
        if flight.was_turned_away and not flight.who.waits_as_long_as(inquiry.deadline):
            return None
        flight.who.joined_by(urgency, inquiry.deadline)
        return flight

    def _depart(self, inquiry: Inquiry, urgency: Urgency, hits: Mapping[KnowledgeKey, Hit] | None) -> Flight:
        """A flight, which needs no task where what the cache holds settles it; None: it has to look for itself."""
        flight = self._flight(inquiry, urgency)
        if hits is None:
            self._run(flight, flight.run())
            return flight
        flight.adopt(hits.get(inquiry.key))
        if not flight.settled:
            self._run(flight, flight.ask())
        return flight

    def _flight(self, inquiry: Inquiry, urgency: Urgency) -> Flight:
        who = Asking(inquiry.panel.tenant, urgency, inquiry.deadline)
        return Flight(inquiry.key, inquiry.panel, self._recollection, self._clock, who, fresh=inquiry.fresh)

    def _run(self, flight: Flight, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._flights[flight.key] = flight
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._landed(flight, done))

    def _landed(self, flight: Flight, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]
        if self._ahead is not None and isinstance(flight, Refresh):
            self._ahead.end(flight)
            if not flight.fell_short:
                self._recollection.renew(flight.key)

    async def _look_up(self, inquiries: Sequence[Inquiry]) -> Mapping[KnowledgeKey, Hit] | None:
        """What the cache holds; None if the first deadline comes sooner, and each flight has to look for itself."""
        caching = [inquiry for inquiry in inquiries if inquiry.panel.rules.caching]
        if not caching:
            return {}
        deadlines = (inquiry.deadline for inquiry in inquiries if inquiry.deadline is not None)
        try:
            async with asyncio.timeout_at(min(deadlines, default=None)):
                if len(caching) > 1:
                    return await self._recollection.recall_many([inquiry.key for inquiry in caching])
                # One alone shares its look with all others who ask at this time.
                (alone,) = caching
                hit = await self._recollection.recall(alone.key, alone.panel)
                return {} if hit is None else {alone.key: hit}
        except Exception:  # noqa: BLE001  the deadline; and a cache that breaks its promise must not reach the caller
            return None


def _identity(inquiry: Inquiry) -> _Identity:
    return inquiry.npi, id(inquiry.panel), inquiry.fresh, inquiry.deadline
