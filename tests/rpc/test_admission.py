"""What is taken on at once: everything up to the limit, every tenant's share, and nothing beyond twice the limit."""

from collections import Counter
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import Overloaded
from gate.rpc.admission import OVERCOMMITMENT, Admission, Shed

LIMIT = 100


class Heard:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def shed(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def admission(heard: Heard) -> Admission:
    return Admission(LIMIT, heard)


def test_one_tenant_alone_may_have_everything_and_no_more(admission: Admission, heard: Heard) -> None:
    with admission.enter("acme", 60), admission.enter("acme", 40):
        with pytest.raises(Overloaded) as refusal:
            admission.enter("acme", 1)
        assert 0 < refusal.value.retry_after < 2
    with admission.enter("acme", 100):
        pass
    assert heard.reasons == [Shed.CAPACITY]


def test_a_flood_of_one_tenant_does_not_keep_another_out(admission: Admission, heard: Heard) -> None:
    with admission.enter("flood", 100), admission.enter("acme", 50):
        for tenant in ("flood", "acme"):
            with pytest.raises(Overloaded):
                admission.enter(tenant, 1)
        with admission.enter("third", 33):
            pass
    assert heard.reasons == [Shed.TENANT, Shed.TENANT]


def test_what_is_over_is_not_counted_any_more_however_it_ended(admission: Admission) -> None:
    with suppress(ZeroDivisionError), admission.enter("acme", 100):
        assert admission.claims_in_flight == 100
        raise ZeroDivisionError
    assert admission.claims_in_flight == 0
    with admission.enter("other", 100):
        pass


def test_more_than_the_limit_at_once_needs_the_gate_for_itself(admission: Admission) -> None:
    with admission.enter("acme", 1), pytest.raises(Overloaded):
        admission.enter("acme", 10_000)
    with admission.enter("acme", 10_000), pytest.raises(Overloaded):
        admission.enter("acme", 1)


def test_a_request_without_claims_weighs_as_much_as_one(admission: Admission) -> None:
    with admission.enter("acme", 0):
        assert admission.claims_in_flight == 1


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 150), st.booleans()), max_size=60))
def test_whatever_comes_the_limits_hold_and_a_small_tenant_is_let_in(steps: list[tuple[str, int, bool]]) -> None:
    admission = Admission(LIMIT, Heard())
    under_way: list[tuple[str, int, ExitStack]] = []
    for tenant, claims, ends in steps:
        if ends and under_way:
            under_way.pop(0)[2].close()
        stack = ExitStack()
        had_room = admission.has_room(tenant, claims)
        try:
            stack.enter_context(admission.enter(tenant, claims))
        except Overloaded:
            assert not had_room
        else:
            assert had_room
            under_way.append((tenant, min(max(claims, 1), LIMIT), stack))
        held: Counter[str] = Counter()
        for of, weight, _ in under_way:
            held[of] += weight
        assert admission.claims_in_flight == held.total() <= LIMIT * OVERCOMMITMENT
        assert all(weight <= LIMIT for weight in held.values())
        newcomer_s_share = LIMIT // (len(held) + 1)
        if held.total() + newcomer_s_share <= LIMIT * OVERCOMMITMENT:
            assert admission.has_room("newcomer", newcomer_s_share)
    for _, _, stack in under_way:
        stack.close()
    assert admission.claims_in_flight == 0
