"""One question about one provider, asked once however many callers wait for the answer (rows K11, A13, A14)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aggregator.asking import Asking, ask_for
from aggregator.cache.contract import Hit
from aggregator.evidence import Evidence, Freshness, SourceAnswer
from aggregator.freshness import fresh_answers, stand_ins
from aggregator.guards.in_turn import OwnLimitReached
from aggregator.knowledge import KnowledgeKey, KnownAnswer, learn
from aggregator.merge import answered, assemble, failed, settled, standing_in
from aggregator.panel import Panel
from aggregator.recollection import Recollection
from sources.clock import Clock
from sources.contract import EnrollmentSource, ErrorKind, Query, SourceError


class Flight:
    """Runs in a task of its own, so that no caller's cancellation reaches it or the others who wait.

    It goes on after it settled: the answers of slower sources still reach the cache.
    """

    def __init__(
        self, key: KnowledgeKey, panel: Panel, recollection: Recollection, clock: Clock, who: Asking, *, fresh: bool
    ) -> None:
        """With `fresh` every source is asked, whatever is remembered (row K10)."""
        self.key = key
        self.panel = panel
        self.fresh = fresh
        self.who = who
        self._recollection = recollection
        self._clock = clock
        self._landed = asyncio.Event()
        self._answers: dict[str, SourceAnswer] = {}
        self._turned_away: set[str] = set()
        self._known = recollection.at_hand(key, panel)
        self._late: Callable[[], Awaitable[Hit | None]] | None = None
        self._evidence: Evidence | None = None

    @property
    def settled(self) -> bool:
        """Whether no outstanding source could change who decides."""
        return self._landed.is_set()

    @property
    def was_turned_away(self) -> bool:
        """Whether a source's own limits kept it from being asked in time for those who wait."""
        return bool(self._turned_away)

    async def run(self) -> None:
        """Look the key up, then ask."""
        try:
            self.adopt(await self._recollection.recall(self.key, self.panel))
            await self.ask()
        finally:
            self._landed.set()  # even a flight that broke off must not leave anybody waiting

    def adopt(self, hit: Hit | None) -> None:
        """Take over what is remembered; that may settle it."""
        if hit is not None:
            self._known = hit.knowledge
            self._late = hit.late
            if not self.fresh:
                self._answers = self._sufficient(hit)
        self._note_whether_settled()

    async def ask(self) -> None:
        """Unless settled, ask all sources at once whose answer is not remembered and fresh."""
        if self.settled:
            return
        ask_for(self.who)
        try:
            async with asyncio.TaskGroup() as group:
                for source, identity in zip(self.panel.sources, self.panel.identities, strict=True):
                    if source.description.name not in self._answers:
                        group.create_task(self._ask_one(source, identity))
        finally:
            self._landed.set()

    async def landed(self, deadline: float | None) -> Evidence:
        """The evidence once it is settled, or as it stands at `deadline` (the event loop's time; row B6)."""
        if not self._landed.is_set():
            try:
                async with asyncio.timeout_at(deadline):
                    await self._landed.wait()
            except TimeoutError:
                return self._assemble()
        return self._evidence or self._assemble()

    async def _ask_one(self, source: EnrollmentSource, identity: str) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        description = source.description
        try:
            records = await source.fetch(Query(self.key.npi, self.key.state))
        except Exception as error:  # noqa: BLE001  one source's bug must not cost the others' answers (row A16)
            kind = error.kind if isinstance(error, SourceError) else ErrorKind.UNEXPECTED
            if isinstance(error, OwnLimitReached):
                self._turned_away.add(description.name)
            self._note(failed(description, kind, _milliseconds(loop.time() - started)))
            return
        latency = _milliseconds(loop.time() - started)
        fetched = KnownAnswer(description.name, tuple(records), self._clock(), identity=identity)
        known = await self._learn(fetched)
        self._note(answered(description, known, Freshness.LIVE, latency))
        # After the note: those who wait go on while the shared cache is written. They run no sooner than this
        # suspends, and by then this process's own layer has the answer.
        await self._recollection.remember(self.key, known, self.panel)

    def _sufficient(self, hit: Hit) -> dict[str, SourceAnswer]:
        """The answers for which no source is asked, by source."""
        return fresh_answers(self.key, self.panel, hit, self._clock())

    def _so_far(self) -> Mapping[str, SourceAnswer]:
        """The answers known by now, by source."""
        return self._answers

    async def _learn(self, fetched: KnownAnswer) -> KnownAnswer:
        known = learn(self._known.told_by(fetched.source, fetched.identity), fetched, self.panel.rules)
        if known.records or self._late is None:
            return known
        # The one thing worth waiting for a slow store: records that it has, and that the source may just be missing
        # (row S14). Callers still leave at their own deadlines.
        hit = await self._late()
        if hit is not None:
            self._known = hit.knowledge
        self._late = None
        return learn(self._known.told_by(fetched.source, fetched.identity), fetched, self.panel.rules)

    def _note(self, answer: SourceAnswer) -> None:
        if not answer.is_clean:
            usable = stand_ins(self.panel, self._known, self._clock())
            answer = standing_in(answer, usable.get(answer.source))
        self._answers[answer.source] = answer
        self._note_whether_settled()

    def _note_whether_settled(self) -> None:
        if not self._landed.is_set() and settled(self.panel.descriptions, self._answers):
            self._evidence = self._assemble()
            self._landed.set()

    def _assemble(self) -> Evidence:
        return assemble(
            self.key.npi,
            self.key.state,
            self.panel.descriptions,
            self._so_far(),
            stand_ins(self.panel, self._known, self._clock()),
        )


def _milliseconds(seconds: float) -> float:
    return seconds * 1000
