"""Whose turn it is at a source: by law, for any coming and going."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.asking import Urgency
from aggregator.turns import SINGLES_IN_A_ROW, Ticket, Turns

TENANTS = ("acme", "bell", "cole")
tenants = st.sampled_from(TENANTS)
urgencies = st.sampled_from(Urgency)
arrivals = st.tuples(st.just("join"), tenants, urgencies)
others = st.tuples(
    st.sampled_from(["next", "over", "leave", "pass", "spare"]), st.integers(0, 50), st.floats(0, 2, allow_nan=False)
)
comings_and_goings = st.lists(arrivals | others, max_size=120)
slots = st.integers(1, 5)
rates = st.sampled_from([0.5, 1.0, 3.0, 20.0])


class Register:
    """Plays a script and keeps a second set of books."""

    def __init__(self, slots: int, rate: float) -> None:
        self.turns: Turns[Ticket] = Turns(slots, rate)
        self.slots = slots
        self.rate = rate
        self.now = 0.0
        self.waiting: list[Ticket] = []
        self.under_way = 0
        self.begun: list[float] = []

    def play(self, script: Sequence[tuple[object, ...]]) -> None:
        for step in script:
            match step:
                case ("join", str() as tenant, Urgency() as urgency):
                    self.join(tenant, urgency)
                case ("next", _, _):
                    self.next()
                case ("over", _, _) if self.under_way:
                    self.turns.over()
                    self.under_way -= 1
                case ("leave", int() as which, _) if self.waiting:
                    self.turns.leave(self.waiting.pop(which % len(self.waiting)))
                case ("pass", _, float() as seconds):
                    self.now += seconds
                case ("spare", _, _) if self.turns.take_spare(self.now):
                    self.begin()

    def join(self, tenant: str, urgency: Urgency) -> Ticket:
        ticket = Ticket(tenant, urgency)
        self.waiting.append(ticket)
        self.turns.join(ticket)
        return ticket

    def next(self) -> Ticket | None:
        ticket = self.turns.next(self.now)
        if ticket is not None:
            self.waiting.remove(ticket)
            self.begin()
        return ticket

    def begin(self) -> None:
        self.under_way += 1
        self.begun.append(self.now)

    def serve_all(self, count: int) -> list[Ticket]:
        """As many turns as that, one after the other, however long it takes."""
        served: list[Ticket] = []
        while len(served) < count and self.waiting:
            while self.under_way:
                self.turns.over()
                self.under_way -= 1
            at = self.turns.next_at(self.now)
            assert at is not None
            self.now = max(self.now, at)
            ticket = self.next()
            if ticket is not None:
                served.append(ticket)
        return served


@given(slots, rates, comings_and_goings)
def test_never_more_at_once_nor_a_second_than_the_source_bears(
    slots: int, rate: float, script: list[tuple[object, ...]]
) -> None:
    register = Register(slots, rate)
    for step in script:
        register.play([step])
        assert register.under_way <= slots

    burst = max(1.0, rate)
    for first, begun in enumerate(register.begun):
        for last in range(first, len(register.begun)):
            assert last - first + 1 <= burst + (register.begun[last] - begun) * rate + 1e-6


@given(slots, rates, comings_and_goings)
def test_nobody_is_kept_waiting_while_there_is_room(slots: int, rate: float, script: list[tuple[object, ...]]) -> None:
    register = Register(slots, rate)
    register.play(script)
    waited_for = [ticket for ticket in register.waiting if ticket.urgency is not Urgency.REFRESH]
    at = register.turns.next_at(register.now)

    if waited_for and register.under_way < slots:
        assert at is not None
        register.now = max(register.now, at)
        assert register.next() in waited_for
    elif waited_for:
        assert at is None
        assert register.next() is None


@given(slots, rates, comings_and_goings)
def test_everybody_who_waits_has_a_turn_in_the_end(slots: int, rate: float, script: list[tuple[object, ...]]) -> None:
    register = Register(slots, rate)
    register.play(script)
    waiting = list(register.waiting)

    assert Counter(register.serve_all(len(waiting))) == Counter(waiting)


@settings(max_examples=50)
@given(rates, st.lists(st.tuples(tenants, urgencies), min_size=1, max_size=60))
def test_while_they_wait_no_tenant_is_two_turns_ahead_of_another(
    rate: float, joining: list[tuple[str, Urgency]]
) -> None:
    register = Register(1, rate)
    for tenant, urgency in joining:
        register.join(tenant, urgency)
    left = Counter(ticket.tenant for ticket in register.waiting if ticket.urgency is not Urgency.REFRESH)
    served: Counter[str] = Counter()

    while left:
        (ticket,) = register.serve_all(1)
        served[ticket.tenant] += 1
        left = +(left - Counter({ticket.tenant: 1}))
        assert (
            max((served[tenant] for tenant in left), default=0) - min((served[tenant] for tenant in left), default=0)
            <= 1
        )


@settings(max_examples=50)
@given(st.lists(tenants, min_size=1, max_size=40), st.integers(1, 60))
def test_single_questions_of_a_tenant_come_before_its_batch_and_never_stop_it(batch: list[str], singles: int) -> None:
    register = Register(1, 100.0)
    for tenant in batch:
        register.join(tenant, Urgency.BATCH)
    for _ in range(singles):
        register.join("acme", Urgency.SINGLE)
    served = [ticket for ticket in register.serve_all(len(batch) + singles) if ticket.tenant == "acme"]
    urgencies = [ticket.urgency for ticket in served]

    assert urgencies[: min(singles, SINGLES_IN_A_ROW)] == [Urgency.SINGLE] * min(singles, SINGLES_IN_A_ROW)
    stretch = 0
    for position, urgency in enumerate(urgencies):
        stretch = stretch + 1 if urgency is Urgency.SINGLE else 0
        assert stretch <= SINGLES_IN_A_ROW or Urgency.BATCH not in urgencies[position:]


@given(slots, rates, comings_and_goings)
def test_of_one_tenant_and_urgency_who_came_first_goes_first(
    slots: int, rate: float, script: list[tuple[object, ...]]
) -> None:
    register = Register(slots, rate)
    register.play(script)
    came: defaultdict[tuple[str, bool, bool], list[Ticket]] = defaultdict(list)
    for ticket in register.waiting:
        came[_lane(ticket)].append(ticket)
    went: defaultdict[tuple[str, bool, bool], list[Ticket]] = defaultdict(list)
    for ticket in register.serve_all(len(register.waiting)):
        went[_lane(ticket)].append(ticket)

    assert went == came


def _lane(ticket: Ticket) -> tuple[str, bool, bool]:
    return ticket.tenant, ticket.urgency is Urgency.SINGLE, ticket.urgency is Urgency.REFRESH


@given(slots, rates, comings_and_goings, tenants, st.sampled_from([Urgency.SINGLE, Urgency.BATCH]))
def test_nobody_has_a_turn_before_the_time_that_was_told(
    slots: int, rate: float, script: list[tuple[object, ...]], tenant: str, urgency: Urgency
) -> None:
    register = Register(slots, rate)
    register.play(script)
    told = register.turns.not_before(Ticket(tenant, urgency), register.now)
    ticket = register.join(tenant, urgency)

    while ticket in register.waiting:
        register.serve_all(1)

    assert register.now >= told - 1e-6


def test_what_nobody_waits_for_leaves_half_of_everything_to_those_who_do() -> None:
    register = Register(4, 9.0)
    for _ in range(4):
        register.join("acme", Urgency.REFRESH)

    assert [register.next() is not None for _ in range(4)] == [True, True, False, False]
    assert not register.turns.take_spare(register.now)
    for _ in range(2):
        register.join("bell", Urgency.SINGLE)
    assert [register.next() is not None for _ in range(3)] == [True, True, False]


def test_a_spare_turn_is_none_that_somebody_waits_for() -> None:
    register = Register(4, 1.0)
    assert register.turns.take_spare(register.now)
    register.turns.over()
    register.join("acme", Urgency.SINGLE)
    register.now += 10

    assert not register.turns.take_spare(register.now)


def test_somebody_in_a_greater_hurry_goes_before_who_is_not() -> None:
    register = Register(1, 100.0)
    for _ in range(3):
        register.join("acme", Urgency.BATCH)
    renewed = register.join("bell", Urgency.REFRESH)

    register.turns.move(renewed, Urgency.SINGLE)

    assert renewed in register.serve_all(2)


def test_a_clock_that_stands_or_goes_back_gives_no_turns_away() -> None:
    turns: Turns[Ticket] = Turns(100, 2.0)
    for _ in range(10):
        turns.join(Ticket("acme", Urgency.SINGLE))

    assert [turns.next(now) is not None for now in (5.0, 5.0, 5.0, 1.0, 1.0)] == [True, True, False, False, False]
