"""Whose turn it is at a source that bears only so many calls at once and a second. Pure: time is passed in.

Kept limiters (aiolimiter, pyrate-limiter, a semaphore) serve whoever came first: one tenant's batch of ten thousand
unknown providers would keep every other tenant waiting until it is through. Here tenants take turns; of one tenant's
questions single ones come before its batches; and what nobody waits for takes what is left over.
"""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

from aggregator.asking import Urgency

SINGLES_IN_A_ROW: Final = 9
"""Of one tenant, while a batch of it waits: then the batch has a turn, so that single questions never stop it."""
_ROUNDING: Final = 1e-9


class Ticket:
    """One who waits for a turn."""

    __slots__ = ("tenant", "urgency")

    def __init__(self, tenant: str, urgency: Urgency) -> None:
        self.tenant = tenant
        self.urgency = urgency


AnyTicket = TypeVar("AnyTicket", bound=Ticket)


class Turns(Generic[AnyTicket]):
    """At most `slots` turns at once, and `per_second` a second with bursts of up to one second's worth."""

    def __init__(self, slots: int, per_second: float) -> None:
        self._slots = slots
        self._free = slots
        self._rate = per_second
        self._burst = max(1.0, per_second)
        self._allowance = self._burst
        self._counted_at: float | None = None
        self._waited_for: _Ring[AnyTicket] = _Ring()
        self._ahead_of_need: _Ring[AnyTicket] = _Ring()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waited_for) + len(self._ahead_of_need)

    def join(self, ticket: AnyTicket) -> None:
        """Wait for a turn, behind those of the same tenant and urgency."""
        self._ring(ticket).add(ticket)

    def leave(self, ticket: AnyTicket) -> None:
        """Wait no longer."""
        self._ring(ticket).discard(ticket)

    def move(self, ticket: AnyTicket, urgency: Urgency) -> None:
        """Wait with another urgency."""
        self.leave(ticket)
        ticket.urgency = urgency
        self.join(ticket)

    def next(self, now: float) -> AnyTicket | None:
        """Whose turn begins now; it lasts until `over` is called."""
        ring = self._first()
        if not ring or not self._take(now, spare=ring is self._ahead_of_need):
            return None
        return ring.pop()

    def take_spare(self, now: float) -> bool:
        """Begin a turn that nobody else needs, if there is one."""
        return not self and self._take(now, spare=True)

    def over(self) -> None:
        """One turn ended."""
        self._free += 1

    def next_at(self, now: float) -> float | None:
        """When `next` has to be asked again; None: not before somebody joins or a turn is over."""
        ring = self._first()
        spare = ring is self._ahead_of_need
        if not ring or self._free <= self._kept_free(spare):
            return None
        missing = 1 + self._kept_back(spare) - self._counted(now)
        return now + max(0.0, missing) / self._rate

    def not_before(self, ticket: AnyTicket, now: float) -> float:
        """When the rate gives one who joins now a turn at the earliest, if all wait who wait now."""
        ring = self._ring(ticket)
        ahead = ring.ahead_of(ticket)
        return now + max(0.0, ahead + 1 - self._counted(now)) / self._rate

    def everybody(self) -> list[AnyTicket]:
        """Who waits."""
        return [*self._waited_for.everybody(), *self._ahead_of_need.everybody()]

    def _ring(self, ticket: AnyTicket) -> "_Ring[AnyTicket]":
        return self._ahead_of_need if ticket.urgency is Urgency.REFRESH else self._waited_for

    def _first(self) -> "_Ring[AnyTicket]":
        return self._waited_for or self._ahead_of_need

    def _take(self, now: float, *, spare: bool) -> bool:
        if self._free <= self._kept_free(spare) or self._counted(now) < 1 + self._kept_back(spare) - _ROUNDING:
            return False
        self._free -= 1
        self._allowance -= 1
        return True

    def _kept_free(self, spare: bool) -> int:
        """Slots left to those who come next and wait."""
        return self._slots // 2 if spare else 0

    def _kept_back(self, spare: bool) -> float:
        return (self._burst - 1) / 2 if spare else 0.0

    def _counted(self, now: float) -> float:
        self._counted_at = now if self._counted_at is None else self._counted_at
        if now > self._counted_at:
            self._allowance = min(self._burst, self._allowance + (now - self._counted_at) * self._rate)
            self._counted_at = now
        return self._allowance


class _Line(Generic[AnyTicket]):
    """One tenant's, in the order in which they came."""

    def __init__(self) -> None:
        self.singles: dict[AnyTicket, None] = {}
        self.others: dict[AnyTicket, None] = {}
        self._singles_in_a_row = 0

    def __len__(self) -> int:
        return len(self.singles) + len(self.others)

    def lane(self, urgency: Urgency) -> dict[AnyTicket, None]:
        return self.singles if urgency is Urgency.SINGLE else self.others

    def pop(self) -> AnyTicket:
        if not self.others or (self.singles and self._singles_in_a_row < SINGLES_IN_A_ROW):
            self._singles_in_a_row += 1
            lane = self.singles
        else:
            self._singles_in_a_row = 0
            lane = self.others
        ticket = next(iter(lane))
        del lane[ticket]
        return ticket


class _Ring(Generic[AnyTicket]):
    """Tenants that wait, the one whose turn is next in front."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, _Line[AnyTicket]] = OrderedDict()
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def add(self, ticket: AnyTicket) -> None:
        line = self._lines.get(ticket.tenant)
        if line is None:
            line = self._lines[ticket.tenant] = _Line()
        line.lane(ticket.urgency)[ticket] = None
        self._waiting += 1

    def discard(self, ticket: AnyTicket) -> None:
        line = self._lines.get(ticket.tenant)
        lane = {} if line is None else line.lane(ticket.urgency)
        if line is None or ticket not in lane:
            return
        del lane[ticket]
        self._waiting -= 1
        if not line:
            del self._lines[ticket.tenant]

    def pop(self) -> AnyTicket:
        tenant, line = next(iter(self._lines.items()))
        ticket = line.pop()
        self._waiting -= 1
        if line:
            self._lines.move_to_end(tenant)
        else:
            del self._lines[tenant]
        return ticket

    def everybody(self) -> list[AnyTicket]:
        return [ticket for line in self._lines.values() for ticket in (*line.singles, *line.others)]

    def ahead_of(self, ticket: AnyTicket) -> int:
        """How many have their turn before somebody who would join like `ticket`, at least."""
        line = self._lines.get(ticket.tenant)
        singles, others = (len(line.singles), len(line.others)) if line is not None else (0, 0)
        is_single = ticket.urgency is Urgency.SINGLE
        own = singles if is_single else others + min(singles, SINGLES_IN_A_ROW * others)
        return own + sum(min(len(each), own) for tenant, each in self._lines.items() if tenant != ticket.tenant)
