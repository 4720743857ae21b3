"""How long a source may take: for one attempt, and for an answer with all its attempts."""

import asyncio
from collections.abc import Sequence

from aggregator.guards.guard import Guard
from sources.contract import EnrollmentSource, Query, SourceTimeout
from sources.records import EnrollmentRecord


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
        try:
            async with asyncio.timeout(self._seconds):
                return await self._inner.fetch(query)
        except TimeoutError as error:
            raise SourceTimeout(f"{self.description.name}: no answer within {self._seconds:g} s") from error
