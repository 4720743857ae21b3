"""A second request beside one that is slow."""

import asyncio
from collections.abc import Sequence

from aggregator.breaker import Breaker
from aggregator.guards.guard import Guard
from aggregator.guards.in_turn import Queue
from aggregator.guards.time_limits import time_left
from aggregator.observers import BreakerState, SourceObserver
from sources.contract import EnrollmentSource, Query
from sources.records import EnrollmentRecord

_Request = asyncio.Task[Sequence[EnrollmentRecord]]


class Hedged(Guard):
    """Asks once more where the first request has no answer after `hedge_after`; the first clean answer counts.

    Sources only ever look something up, so asking twice changes nothing upstream. The second request takes a turn of
    its own, and only one that nobody waits for: a source that is slow because it is busy is not asked for more. Nor is
    one that is just found out about, or where there is no more time for the second answer than the first was given.
    """

    def __init__(
        self, inner: EnrollmentSource, after: float, queue: Queue, breaker: Breaker, observer: SourceObserver
    ) -> None:
        super().__init__(inner)
        self._after = after
        self._queue = queue
        self._breaker = breaker
        self._observer = observer

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records, or the error of the first request where neither gets any."""
        first = asyncio.create_task(self._fetch(query))
        second: _Request | None = None
        try:
            await asyncio.wait((first,), timeout=self._after)
            if not first.done() and self._may_ask_again():
                second = asyncio.create_task(self._fetch(query))
                second.add_done_callback(lambda _: self._queue.leave())
                await self._race(first, second)
            return await first if second is None or not _is_clean(second) else second.result()
        finally:
            _end(first)
            if second is not None:
                _end(second)
                self._observer.source_hedged(self.description.name, won=_is_clean(second))

    async def _fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        return await self._inner.fetch(query)

    def _may_ask_again(self) -> bool:
        return self._breaker.state is BreakerState.CLOSED and time_left() >= self._after and self._queue.enter_spare()

    @staticmethod
    async def _race(*requests: _Request) -> None:
        """Until one has a clean answer or all have failed."""
        running = set(requests)
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if any(_is_clean(request) for request in done):
                return


def _is_clean(request: _Request) -> bool:
    return request.done() and not request.cancelled() and request.exception() is None


def _end(request: _Request) -> None:
    """Cancel it if it still runs; looked at, because nobody else does where it lost."""
    if not request.cancel() and not request.cancelled():
        request.exception()
