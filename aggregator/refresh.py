"""Asking again ahead of need: what is asked for near the end of its life is renewed before it lapses.

The answer that is still good is given at once, and nobody waits. It is judged as ever: past its end it is not given as
fresh (row K4), and what a source says now counts as if somebody had waited for it (rows K6, S14).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from cachetools import TTLCache

from aggregator.asking import Asking, Urgency
from aggregator.cache.contract import Hit
from aggregator.evidence import Evidence, Freshness, SourceAnswer
from aggregator.flight import Flight
from aggregator.freshness import fresh_answers, lasting
from aggregator.knowledge import KnowledgeKey
from aggregator.merge import failed, settled
from aggregator.observers import RefreshLog, RefreshObserver, RefreshStep, Unobserved
from aggregator.panel import Panel
from aggregator.recollection import Recollection
from sources.clock import Clock
from sources.contract import EnrollmentSource, ErrorKind

PAUSE: Final = 5.0
"""Seconds after a refresh that brought nothing before the same provider's is tried again."""
_PAUSES: Final = 10_000


class RefreshLimits(msgspec.Struct, frozen=True):
    """How far ahead, and how much at once."""

    share: float = 0.2
    """The last share of an answer's life, in which its use renews it. 0: never."""
    at_once: int = 8
    """Refreshes of one source under way at a time; what comes on top is left to the next use."""


class Refresh(Flight):
    """A flight nobody waits for, unless what it renews lapses meanwhile: then it is the flight for that question."""

    def __init__(
        self,
        key: KnowledgeKey,
        panel: Panel,
        recollection: Recollection,
        clock: Clock,
        *,
        share: float,
        observer: RefreshObserver,
    ) -> None:
        super().__init__(key, panel, recollection, clock, Asking(key.tenant, Urgency.REFRESH), fresh=False)
        self.fell_short = False
        """Whether a source that was to be asked gave no clean answer."""
        self._share = share
        self._observer = observer
        self._hit: Hit | None = None
        self._failures: dict[str, SourceAnswer] = {}

    def untold_failures(self) -> Iterator[SourceAnswer]:
        """What failed and no evidence tells of: nobody boarded, or what is known was still good for whoever did."""
        told = {} if self.who.urgency is Urgency.REFRESH else self._so_far()
        for name, failure in self._failures.items():
            is_told = name in told and told[name].error is not None
            if name not in self._turned_away and not is_told:
                yield failure

    async def landed(self, deadline: float | None) -> Evidence:
        """As of every flight; at once while what is to be renewed is still good."""
        if settled(self.panel.descriptions, self._so_far()):
            return self._assemble()
        return await super().landed(deadline)

    def _sufficient(self, hit: Hit) -> dict[str, SourceAnswer]:
        self._hit = hit
        return lasting(self.key, self.panel, hit.knowledge, self._still_good(), self._share, self._clock())

    def _so_far(self) -> Mapping[str, SourceAnswer]:
        """What is known counts while it is still good, in place of a failure too; what was just said counts before."""
        said = {name: answer for name, answer in self._answers.items() if _is_news(answer)}
        return {**self._answers, **self._still_good(), **said}

    async def _ask_one(self, source: EnrollmentSource, identity: str) -> None:
        description = source.description
        if is_left_alone(source):
            self._note(failed(description, ErrorKind.CIRCUIT_OPEN))
            self.fell_short = True
            return
        self._observer.refreshed(description.name, RefreshStep.STARTED)
        await super()._ask_one(source, identity)
        succeeded = _is_news(self._answers[description.name])
        self._observer.refreshed(description.name, RefreshStep.SUCCEEDED if succeeded else RefreshStep.FAILED)
        self.fell_short |= not succeeded

    def _note(self, answer: SourceAnswer) -> None:
        if not answer.is_clean and answer.error is not ErrorKind.CIRCUIT_OPEN:
            self._failures[answer.source] = answer
        super()._note(answer)

    def _still_good(self) -> dict[str, SourceAnswer]:
        return {} if self._hit is None else fresh_answers(self.key, self.panel, self._hit, self._clock())


def _is_news(answer: SourceAnswer) -> bool:
    return answer.is_clean and answer.freshness is Freshness.LIVE


class RefreshAhead:
    """Which refreshes may begin, and which are under way."""

    def __init__(
        self, limits: RefreshLimits, observer: RefreshObserver | None = None, log: RefreshLog | None = None
    ) -> None:
        self.limits = limits
        self._observer = observer or Unobserved()
        self._log = log or Unobserved()
        self._under_way: Counter[int] = Counter()
        self._paused: TTLCache[KnowledgeKey, None] = TTLCache(_PAUSES, PAUSE)

    def begin(self, key: KnowledgeKey, panel: Panel, recollection: Recollection, clock: Clock) -> Refresh | None:
        """One more, until `end`; None: not now."""
        if key in self._paused or all(is_left_alone(source) for source in panel.sources):
            return None
        if any(self._under_way[id(source)] >= self.limits.at_once for source in panel.sources):
            return None
        self._under_way.update(map(id, panel.sources))
        return Refresh(key, panel, recollection, clock, share=self.limits.share, observer=self._observer)

    async def carry_out(self, refresh: Refresh) -> None:
        """Ask, and have it on record what failed where nobody's evidence tells of it."""
        await refresh.run()
        if failures := tuple(refresh.untold_failures()):
            key = refresh.key
            await self._log.refresh_failed(key.tenant, Evidence(npi=key.npi, state=key.state, answers=failures))

    def end(self, refresh: Refresh) -> None:
        """It is over."""
        for source in map(id, refresh.panel.sources):
            self._under_way[source] -= 1
            if not self._under_way[source]:  # or it would be counted under another source's identity one day
                del self._under_way[source]
        if refresh.fell_short:
            self._paused[refresh.key] = None


def is_left_alone(source: EnrollmentSource) -> bool:
    """Whether its breaker keeps calls from it; a source without one is never left alone."""
    return bool(getattr(source, "is_left_alone", False))
