"""How hard a source is asked: calls at once, and calls per second. Waiting here is no failure of the upstream."""

import asyncio
from collections.abc import Sequence

from aiolimiter import AsyncLimiter

from aggregator.guards.guard import Guard
from sources.contract import EnrollmentSource, Query, SourceThrottled
from sources.records import EnrollmentRecord


class OwnLimitReached(SourceThrottled):
    """Not asked: more was wanted of the source than its own description allows, for too long."""


class Bounded(Guard):
    """At most the description's `max_concurrency` calls at once, in the order in which they came."""

    def __init__(self, inner: EnrollmentSource, longest_wait: float) -> None:
        super().__init__(inner)
        self._slots = asyncio.Semaphore(inner.description.max_concurrency)
        self._longest_wait = longest_wait

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            OwnLimitReached: no slot came free within the longest wait.
        """
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._slots.acquire()
        except TimeoutError as error:
            raise OwnLimitReached(f"{self.description.name}: no slot for {self._longest_wait:g} s") from error
        try:
            return await self._inner.fetch(query)
        finally:
            self._slots.release()


class RateLimited(Guard):
    """At most the description's `max_per_second` calls a second, with bursts of up to one second's worth."""

    def __init__(self, inner: EnrollmentSource, longest_wait: float) -> None:
        super().__init__(inner)
        per_second = inner.description.max_per_second
        burst = max(1.0, per_second)
        self._limiter = AsyncLimiter(burst, burst / per_second)
        self._longest_wait = longest_wait

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            OwnLimitReached: its turn did not come within the longest wait.
        """
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._limiter.acquire()
        except TimeoutError as error:
            raise OwnLimitReached(f"{self.description.name}: no turn for {self._longest_wait:g} s") from error
        return await self._inner.fetch(query)
