"""What is noted in passing is counted a moment later, all of it at once.

Counting one answer touches a dozen objects that no cache of the processor holds any more since the call before. To
count a hundred in a row takes hardly longer: it buys every call some twenty microseconds. Whoever looks at the counts
has everything counted first.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SOON_SECONDS: Final = 0.25
"""How often notes are counted although nobody looks, which bounds how many there are, and how long counting takes."""


class Noted(Collector):
    """Who has notes to count."""

    def __init__(self) -> None:
        self._counting: list[Callable[[], None]] = []
        self._next: asyncio.TimerHandle | None = None

    def by(self, count: Callable[[], None]) -> None:
        """Have `count` count what it noted; it must not raise."""
        self._counting.append(count)

    def count(self) -> None:
        """Have everything counted that was noted so far."""
        for count in self._counting:
            count()

    def start(self) -> None:
        """Count now and then, until `stop`. To be called in no request's name: what is counted is of many."""
        self._next = asyncio.get_running_loop().call_later(SOON_SECONDS, self._count_again)

    def stop(self) -> None:
        """Count for the last time."""
        if self._next is not None:
            self._next.cancel()
        self.count()

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client.registry.Collector`: somebody looks."""
        self.count()
        return ()

    def _count_again(self) -> None:
        self.count()
        self.start()
