"""A circuit breaker for calls that overlap in one event loop.

Of the kept libraries none fits calls that overlap: purgatory and circuitbreaker let every caller through while
half-open, aiobreaker and pybreaker do the same for coroutines, all count a caller's cancellation or cannot tell it
apart, none opens for as long as an upstream's Retry-After says, and three of the four follow the wall clock. What is
needed is sixty lines.
"""

import time
from collections.abc import Callable
from typing import Final

from aggregator.observers import BreakerState

LONGEST_RETRY_AFTER: Final = 3600.0
"""Seconds beyond which an upstream's Retry-After is taken for a mistake."""

Permit = int
"""Says in which period of the breaker a call was let through; reports from an earlier period change nothing."""


class Breaker:
    """Opens after consecutive failures, then lets a single call through to find out whether the other side is back.

    Every permit handed out by `admit` is given back through exactly one of `succeeded`, `failed` and `abandoned`.
    """

    def __init__(
        self,
        *,
        failures: int,
        seconds: float,
        changed: Callable[[BreakerState], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`failures` in a row open it for `seconds`; `changed` hears every change of state."""
        self._threshold = failures
        self._seconds = seconds
        self._changed = changed
        self._monotonic = monotonic
        self._state = BreakerState.CLOSED
        self._period: Permit = 0
        self._failures = 0
        self._open_until = 0.0

    @property
    def state(self) -> BreakerState:
        """The state; OPEN until the call that finds out whether the other side is back."""
        return self._state

    def refuses(self) -> bool:
        """Whether `admit` would say no."""
        if self._state is BreakerState.OPEN:
            return self._monotonic() < self._open_until
        return self._state is BreakerState.HALF_OPEN

    def admit(self) -> Permit | None:
        """A permit for one call, or None: refused."""
        if self.refuses():
            return None
        if self._state is BreakerState.OPEN:
            self._enter(BreakerState.HALF_OPEN)
        return self._period

    def succeeded(self, permit: Permit) -> None:
        """The other side works."""
        if permit != self._period:
            return
        self._failures = 0
        if self._state is BreakerState.HALF_OPEN:
            self._enter(BreakerState.CLOSED)

    def failed(self, permit: Permit, retry_after: float | None = None) -> None:
        """The other side does not work, or asks to be left alone for `retry_after` seconds (row A11)."""
        if permit != self._period:
            return
        self._failures += 1
        if retry_after is not None and retry_after > 0:
            self._open(min(retry_after, LONGEST_RETRY_AFTER))
        elif self._state is BreakerState.HALF_OPEN or self._failures >= self._threshold:
            self._open(self._seconds)

    def abandoned(self, permit: Permit) -> None:
        """The call ended without telling anything about the other side: cancelled, or never made."""
        if permit == self._period and self._state is BreakerState.HALF_OPEN:
            self._open(0.0)

    def _open(self, seconds: float) -> None:
        self._open_until = self._monotonic() + seconds
        self._enter(BreakerState.OPEN)

    def _enter(self, state: BreakerState) -> None:
        self._state = state
        self._period += 1
        self._failures = 0
        self._changed(state)
