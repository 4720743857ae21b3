"""The clock by which adapters stamp what an upstream told them."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant, aware and in UTC."""


def utc_now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)
