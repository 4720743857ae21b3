"""How hard a source is asked: calls at once, and calls per second. Waiting here is no failure of the upstream."""

import asyncio
from collections.abc import Sequence
from math import isinf

from aggregator.asking import Asking, asking
from aggregator.breaker import Breaker
from aggregator.guards.guard import Guard
from aggregator.turns import Ticket, Turns
from sources.contract import EnrollmentSource, Query, SourceCircuitOpen, SourceDescription, SourceThrottled
from sources.records import EnrollmentRecord


class OwnLimitReached(SourceThrottled):
    """Not asked: more is wanted of the source than its own description allows, for too long to be waited for."""


class _Waiting(Ticket):
    """A ticket whose holder is called."""

    __slots__ = ("called",)

    def __init__(self, who: Asking, called: asyncio.Future[None]) -> None:
        super().__init__(who.tenant, who.urgency)
        self.called = called

    @property
    def has_turn(self) -> bool:
        """Whether the turn began, even if its holder has not heard of it."""
        return self.called.done() and not self.called.cancelled() and self.called.exception() is None


class Queue:
    """Gives turns at one source, and sends everybody away once its breaker refuses."""

    def __init__(self, source: SourceDescription, breaker: Breaker, longest_wait: float) -> None:
        """`longest_wait` is for those who name no time until which they wait, in seconds."""
        self._name = source.name
        self._turns: Turns[_Waiting] = Turns(source.max_concurrency, source.max_per_second)
        self._breaker = breaker
        self._longest_wait = longest_wait
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self) -> None:
        """Wait for a turn; it lasts until `leave`.

        Raises:
            OwnLimitReached: it does not come in time; at once where that can be told.
            SourceCircuitOpen: the source failed meanwhile.
        """
        who = asking()
        loop = asyncio.get_running_loop()
        ticket = _Waiting(who, loop.create_future())
        if not isinf(who.until) and self._turns.not_before(ticket, loop.time()) > who.until:
            raise OwnLimitReached(f"{self._name}: too many wait for a turn to come in time")
        self._turns.join(ticket)
        self._serve()
        if not ticket.has_turn:
            await self._wait(ticket, who, loop)

    def enter_spare(self) -> bool:
        """A turn that nobody else needs, if there is one; it lasts until `leave`."""
        return self._turns.take_spare(asyncio.get_running_loop().time())

    def leave(self) -> None:
        """The turn is over."""
        self._turns.over()
        self._serve()

    async def _wait(self, ticket: _Waiting, who: Asking, loop: asyncio.AbstractEventLoop) -> None:
        def joined() -> None:
            self._turns.move(ticket, who.urgency)
            patience.reschedule(self._limit(who, loop.time()))
            self._serve()

        try:
            async with asyncio.timeout_at(self._limit(who, loop.time())) as patience:
                with who.telling(joined):
                    await ticket.called
        except BaseException as error:
            if ticket.has_turn:
                self.leave()
            else:
                self._turns.leave(ticket)
            if isinstance(error, TimeoutError):
                raise OwnLimitReached(f"{self._name}: no turn came in time") from error
            raise

    def _limit(self, who: Asking, now: float) -> float:
        return now + self._longest_wait if isinf(who.until) else who.until

    def _serve(self) -> None:
        if not self._turns:
            return
        if self._breaker.refuses():
            self._send_away()
            return
        loop = asyncio.get_running_loop()
        while (ticket := self._turns.next(loop.time())) is not None:
            if ticket.called.done():  # its holder is leaving, and has not come to it yet
                self._turns.over()
            else:
                ticket.called.set_result(None)
        self._look_again(loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        at = self._turns.next_at(loop.time())
        self._timer = None if at is None else loop.call_at(at, self._serve)

    def _send_away(self) -> None:
        for ticket in self._turns.everybody():
            self._turns.leave(ticket)
            if not ticket.called.done():
                ticket.called.set_exception(SourceCircuitOpen(f"{self._name}: not asked, it failed a moment ago"))


class InTurn(Guard):
    """Asks when it is the turn of whoever the question is asked for (`aggregator.asking`)."""

    def __init__(self, inner: EnrollmentSource, queue: Queue) -> None:
        super().__init__(inner)
        self._queue = queue

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            OwnLimitReached: no turn came in time.
            SourceCircuitOpen: the source failed while this waited.
        """
        await self._queue.enter()
        try:
            return await self._inner.fetch(query)
        finally:
            self._queue.leave()
