"""Asks again where asking again helps."""

import asyncio
from collections.abc import Sequence
from typing import Final

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from aggregator.guards.guard import Guard
from sources.contract import EnrollmentSource, Query, SourceError, SourceTimeout, SourceUnreachable
from sources.records import EnrollmentRecord

FIRST_WAIT: Final = 0.1
"""Seconds up to which the first wait is drawn; each further one from twice as much, up to `LONGEST_WAIT`."""
LONGEST_WAIT: Final = 1.0
_PASSING: Final = (SourceUnreachable, SourceTimeout)


class Retrying(Guard):
    """Repeats after a connection that failed and an attempt that timed out, up to the description's `attempts`.

    Nothing else is repeated: a refused credential, a throttle or a format we do not know is the same the next moment.
    """

    def __init__(self, inner: EnrollmentSource) -> None:
        super().__init__(inner)
        description = self.description
        self._policy = AsyncRetrying(
            retry=retry_if_exception_type(_PASSING),
            wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
            reraise=True,
        )
        self._attempts = stop_after_attempt(description.attempts)
        self._budget = description.budget

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The records of the first attempt that succeeds, or the last attempt's error."""
        began = asyncio.get_running_loop().time()
        try:
            # The policy comes in once something went wrong: it costs as much as the HTTP client.
            return await self._inner.fetch(query)
        except _PASSING as error:
            return await self._fetch_again(query, error, asyncio.get_running_loop().time() - began)

    async def _fetch_again(self, query: Query, first: SourceError, took: float) -> Sequence[EnrollmentRecord]:
        errors = [first]

        async def attempt() -> Sequence[EnrollmentRecord]:
            if errors:
                raise errors.pop()
            return await self._inner.fetch(query)

        # Not past the budget: better the error that happened than a timeout while waiting to try again.
        return await self._policy.copy(stop=self._attempts | stop_before_delay(self._budget - took))(attempt)
