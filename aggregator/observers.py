"""What the aggregator tells whoever measures it. The gate supplies the implementations; by default nobody listens."""

from enum import StrEnum
from typing import Protocol

import msgspec

from aggregator.evidence import Evidence, SourceOutcome
from sources.contract import ErrorKind


class BreakerState(StrEnum):
    """Whether calls pass a circuit breaker."""

    CLOSED = "CLOSED"
    """Calls pass."""
    OPEN = "OPEN"
    """Calls are refused: it failed repeatedly a moment ago."""
    HALF_OPEN = "HALF_OPEN"
    """One call is out to find out whether the other side is back; all others are refused."""


class MemoryUse(msgspec.Struct, frozen=True):
    """What a cache in this process takes up, and what it was good for since it was made."""

    entries: int
    bytes: int
    """What the process grew by for them, less at most 15 %."""
    max_bytes: int
    evictions: int
    """Entries that made room for others."""
    hits: int
    """Questions about a key that was known, whether or not what is known is still fresh."""
    misses: int


class SourceObserver(Protocol):
    """Hears what becomes of every call to a source. Implementations must be quick and must not raise."""

    def source_answered(self, source: str, outcome: SourceOutcome, error: ErrorKind | None, seconds: float) -> None:
        """A call ended after `seconds`, waits for a slot and retries included. `error` is None for a clean answer."""
        ...

    def source_breaker_changed(self, source: str, state: BreakerState) -> None:
        """The source's circuit breaker changed its state."""
        ...

    def source_hedged(self, source: str, *, won: bool) -> None:
        """A second request was sent beside a slow one and is over; `won`: its answer was the one taken."""
        ...


class RefreshStep(StrEnum):
    """What becomes of asking a source ahead of need."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """What is known stays as it is."""


class RefreshObserver(Protocol):
    """Hears what becomes of refreshes. Implementations must be quick and must not raise."""

    def refreshed(self, source: str, step: RefreshStep) -> None:
        """One source is asked, or was, about one provider whose answer comes to its end."""
        ...


class RefreshLog(Protocol):
    """Keeps on record what nobody waited for."""

    async def refresh_failed(self, tenant: str, evidence: Evidence) -> None:
        """The sources in `evidence`, asked ahead of need for this tenant, gave no clean answer. Must not raise."""
        ...


class CacheObserver(Protocol):
    """Hears what becomes of calls to the shared cache. Implementations must be quick and must not raise."""

    def cache_read(self, found: int, missing: int) -> None:
        """One reading ended: so many of the keys asked for were there, so many were not, or could not be read."""
        ...

    def cache_failed(self, operation: str, error: str) -> None:
        """`operation` (get, put, drop) did not succeed; `error` is the name of the exception's class."""
        ...

    def cache_unreadable(self) -> None:
        """A stored value could not be read and counts as a miss (row K2)."""
        ...

    def cache_breaker_changed(self, state: BreakerState) -> None:
        """The shared cache is left alone (OPEN), being probed (HALF_OPEN) or in use (CLOSED)."""
        ...


class Unobserved:
    """All observers, listening to nothing."""

    def source_answered(self, source: str, outcome: SourceOutcome, error: ErrorKind | None, seconds: float) -> None:
        """Ignored."""

    def source_breaker_changed(self, source: str, state: BreakerState) -> None:
        """Ignored."""

    def cache_read(self, found: int, missing: int) -> None:
        """Ignored."""

    def source_hedged(self, source: str, *, won: bool) -> None:
        """Ignored."""

    def refreshed(self, source: str, step: RefreshStep) -> None:
        """Ignored."""

    async def refresh_failed(self, tenant: str, evidence: Evidence) -> None:
        """Ignored."""

    def cache_failed(self, operation: str, error: str) -> None:
        """Ignored."""

    def cache_unreadable(self) -> None:
        """Ignored."""

    def cache_breaker_changed(self, state: BreakerState) -> None:
        """Ignored."""
