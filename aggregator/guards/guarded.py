"""The guards around an adapter, composed once and in the open."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from aggregator.breaker import Breaker
from aggregator.guards.breaking import Breaking, Refusing
from aggregator.guards.checked import Checked
from aggregator.guards.health import SourceHealth, SourceStatus
from aggregator.guards.hedged import Hedged
from aggregator.guards.in_turn import InTurn, Queue
from aggregator.guards.retrying import Retrying
from aggregator.guards.time_limits import TimeLimited
from aggregator.guards.timed import Timed
from aggregator.observers import BreakerState, SourceObserver, Unobserved
from sources.clock import Clock, utc_now
from sources.contract import EnrollmentSource, ErrorKind, Query, SourceDescription
from sources.records import EnrollmentRecord

LONGEST_WAIT_FOR_A_TURN: Final = 30.0
"""Seconds a call may queue for its turn at the source, where nobody who waits for it named a deadline."""


class GuardedSource:
    """An adapter with all its guards, and how it is doing."""

    def __init__(self, outermost: Timed, breaker: Breaker, identity: str = "") -> None:
        """`identity` is a digest of the connection: equal where, and only where, the same questions get their answers
        from the same upstream in the same name. It is stored beside every answer, so it must not betray a secret.
        """
        self.identity = identity
        self._outermost = outermost
        self._breaker = breaker

    @property
    def description(self) -> SourceDescription:
        """The adapter's own."""
        return self._outermost.description

    @property
    def is_left_alone(self) -> bool:
        """Whether it failed repeatedly, so that nobody asks it but to find out whether it is back."""
        return self._breaker.state is not BreakerState.CLOSED

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The adapter's records, within its limits.

        Raises:
            SourceError: and nothing else.
        """
        return await self._outermost.fetch(query)

    def health(self) -> SourceHealth:
        """How the source is doing, as far as this process knows."""
        return SourceHealth(
            source=self.description.name,
            status=self._status(),
            breaker=self._breaker.state,
            last_success=self._outermost.last_success,
            last_failure=self._outermost.last_failure,
            last_error=self._outermost.last_error,
        )

    def _status(self) -> SourceStatus:
        failing = self._outermost.failing
        if not self.description.implemented or failing is ErrorKind.NOT_IMPLEMENTED:
            return SourceStatus.NOT_IMPLEMENTED
        if failing is ErrorKind.NOT_CONFIGURED:
            return SourceStatus.NOT_CONFIGURED
        if self._breaker.state is not BreakerState.CLOSED:
            return SourceStatus.DOWN
        if failing is not None:
            return SourceStatus.DEGRADED
        if self._outermost.last_success is None and self._outermost.last_failure is None:
            return SourceStatus.UNKNOWN
        return SourceStatus.UP


def guarded(
    source: EnrollmentSource,
    observer: SourceObserver | None = None,
    clock: Clock = utc_now,
    *,
    identity: str = "",
    longest_wait: float = LONGEST_WAIT_FOR_A_TURN,
    monotonic: Callable[[], float] = time.monotonic,
) -> GuardedSource:
    """`source` as it is asked in earnest; its description says within which limits.

    The breaker stands inside the queue, so that waiting for a turn is not held against the upstream, and is looked
    at before it, so that nobody waits for a source that will not be asked. Of two requests for one answer it hears
    what came of the answer; the second takes a turn of its own.
    """
    description = source.description
    listener = observer or Unobserved()
    breaker = Breaker(
        failures=description.breaker_failures,
        seconds=description.breaker_seconds,
        changed=lambda state: listener.source_breaker_changed(description.name, state),
        monotonic=monotonic,
    )
    queue = Queue(description, breaker, longest_wait)
    asked: EnrollmentSource = Checked(source)
    asked = TimeLimited(asked, description.attempt_timeout)
    if description.hedge_after is not None:
        asked = Hedged(asked, description.hedge_after, queue, breaker, listener)
    asked = Retrying(asked)
    asked = TimeLimited(asked, description.budget)
    asked = Breaking(asked, breaker)
    asked = InTurn(asked, queue)
    asked = Refusing(asked, breaker)
    return GuardedSource(Timed(asked, listener, clock), breaker, identity)
