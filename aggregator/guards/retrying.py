"""Asks again where asking again helps."""

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
from sources.contract import EnrollmentSource, Query, SourceTimeout, SourceUnreachable
from sources.records import EnrollmentRecord

FIRST_WAIT: Final = 0.1
"""Seconds up to which the first wait is drawn; each further one from twice as much, up to `LONGEST_WAIT`."""
LONGEST_WAIT: Final = 1.0


class Retrying(Guard):
    """Repeats after a connection that failed and an attempt that timed out, up to the description's `attempts`.

    Nothing else is repeated: a refused credential, a throttle or a format we do not know is the same the next moment.
    """

    def __init__(self, inner: EnrollmentSource) -> None:
        super().__init__(inner)
        description = inner.description
        self._policy = AsyncRetrying(
            retry=retry_if_exception_type((SourceUnreachable, SourceTimeout)),
            # Not past the budget: better the error that happened than a timeout while waiting to try again.
            stop=stop_after_attempt(description.attempts) | stop_before_delay(description.budget),
            wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
            reraise=True,
        )

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The records of the first attempt that succeeds, or the last attempt's error."""
        # A copy, because a policy object holds the state of one call.
        return await self._policy.copy()(self._inner.fetch, query)
