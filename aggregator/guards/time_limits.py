"""How long a source may take: for one attempt, and for an answer with all its attempts."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from math import inf

from aggregator.guards.guard import Guard
from sources.contract import EnrollmentSource, Query, SourceTimeout
from sources.records import EnrollmentRecord

_ends_at: ContextVar[float] = ContextVar("ends_at", default=inf)


def time_left() -> float:
    """Seconds until the limits around this call end it."""
    return _ends_at.get() - asyncio.get_running_loop().time()


class TimeLimited(Guard):
    """Gives up after a number of seconds (row A13)."""

    def __init__(self, inner: EnrollmentSource, seconds: float) -> None:
        super().__init__(inner)
        self._seconds = seconds

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            SourceTimeout: they did not come in time.
        """
        end = asyncio.get_running_loop().time() + self._seconds
        around = _ends_at.set(min(end, _ends_at.get()))
        try:
            async with asyncio.timeout_at(end):
                return await self._inner.fetch(query)
        except TimeoutError as error:
            raise SourceTimeout(f"{self.description.name}: no answer within {self._seconds:g} s") from error
        finally:
            _ends_at.reset(around)
