"""How a source is doing, for readiness pages and alarms."""

from datetime import datetime
from enum import StrEnum

import msgspec

from aggregator.observers import BreakerState
from sources.contract import ErrorKind


class SourceStatus(StrEnum):
    """A source's condition in one word."""

    UP = "UP"
    """The last call that tells about the upstream succeeded."""
    DEGRADED = "DEGRADED"
    """It failed, and the source is still being asked."""
    DOWN = "DOWN"
    """It failed repeatedly, and the source is left alone or being probed."""
    UNKNOWN = "UNKNOWN"
    """Nobody asked yet."""
    NOT_CONFIGURED = "NOT_CONFIGURED"
    """Nobody said where it is or with which credential."""
    NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
    """It cannot answer yet (row A17)."""


class SourceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A source's condition with its grounds. Instants are UTC; None: never since this process started."""

    source: str
    status: SourceStatus
    breaker: BreakerState
    last_success: datetime | None
    """Last clean answer."""
    last_failure: datetime | None
    """Last error, of whatever kind, of a call that reached for the upstream."""
    last_error: ErrorKind | None
    """Kind of the error at `last_failure`."""
