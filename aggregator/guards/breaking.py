"""Leaves a source alone that failed repeatedly a moment ago."""

from collections.abc import Sequence
from typing import Final

from aggregator.breaker import Breaker
from aggregator.guards.guard import Guard
from sources.contract import (
    EnrollmentSource,
    ErrorKind,
    Query,
    SourceCircuitOpen,
    SourceError,
    SourceThrottled,
)
from sources.records import EnrollmentRecord

ABOUT_THE_UPSTREAM: Final = frozenset(
    {
        ErrorKind.UNREACHABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.THROTTLED,
        ErrorKind.CREDENTIALS,
        ErrorKind.MALFORMED,
        ErrorKind.UNEXPECTED,
    }
)
"""Kinds of failure that count."""
ABOUT_ONE_PROVIDER: Final = frozenset({ErrorKind.DATA_ERROR, ErrorKind.UNMAPPED_STATUS})
"""Kinds that prove the upstream to be there: it answered, and one provider's record cannot be used."""


class Breaking(Guard):
    """Tells the breaker how each call went, and refuses calls while it is open (row A11)."""

    def __init__(self, inner: EnrollmentSource, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            SourceCircuitOpen: not asked.
        """
        permit = self._breaker.admit()
        if permit is None:
            raise _circuit_open(self.description.name)
        try:
            records = await self._inner.fetch(query)
        except SourceError as error:
            if error.kind in ABOUT_THE_UPSTREAM:
                self._breaker.failed(permit, error.retry_after if isinstance(error, SourceThrottled) else None)
            elif error.kind in ABOUT_ONE_PROVIDER:
                self._breaker.succeeded(permit)
            else:
                self._breaker.abandoned(permit)
            raise
        except BaseException:
            self._breaker.abandoned(permit)
            raise
        self._breaker.succeeded(permit)
        return records


class Refusing(Guard):
    """Refuses at once while the breaker is open, so that nobody queues for a source that will not be asked."""

    def __init__(self, inner: EnrollmentSource, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            SourceCircuitOpen: not asked.
        """
        if self._breaker.refuses():
            raise _circuit_open(self.description.name)
        return await self._inner.fetch(query)


def _circuit_open(name: str) -> SourceCircuitOpen:
    return SourceCircuitOpen(f"{name}: not asked, it failed repeatedly a moment ago")
