"""How often a fault is met."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.sandbox.faults import Fault, FaultKind, parse_faults

PORTALS = ("tmhp_pems", "caqh_proview")


@given(st.integers(0, 100), st.integers(1, 500))
def test_a_share_of_the_calls_meets_the_fault_evenly_spread(percent: int, calls: int) -> None:
    fault = Fault(FaultKind.HTML, share=percent / 100)

    met = sum(fault.strikes(call) for call in range(1, calls + 1))

    assert 0 <= met - Fraction(percent, 100) * calls < 1


def test_half_of_the_calls_is_every_other_beginning_with_the_first() -> None:
    fault = Fault(FaultKind.HTML, share=0.5)

    assert [fault.strikes(call) for call in range(1, 7)] == [True, False, True, False, True, False]


def test_only_slow_waits_unless_a_latency_is_named() -> None:
    assert Fault(FaultKind.SLOW).wait_seconds == 1.5
    assert Fault(FaultKind.SLOW, latency_ms=20).wait_seconds == 0.02
    assert Fault(FaultKind.HTML).wait_seconds == 0
    assert Fault(FaultKind.NONE, latency_ms=20).wait_seconds == 0.02


@pytest.mark.parametrize("document", [{"tmhp_pems": {"kind": "reset"}}, {"faults": {"tmhp_pems": {"kind": "reset"}}}])
def test_faults_are_read_with_or_without_their_heading(document: object) -> None:
    assert parse_faults(document, PORTALS) == {"tmhp_pems": Fault(FaultKind.RESET)}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "not a mapping"),
        ({"tmhp": {"kind": "reset"}}, "no portal named tmhp"),
        ({"tmhp_pems": {"kind": "explode"}}, "faults of tmhp_pems: .*explode"),
        ({"tmhp_pems": {"kind": "reset", "share": 2}}, "faults of tmhp_pems: .*share"),
        ({"tmhp_pems": {"kind": "reset", "latency": 2}}, "faults of tmhp_pems: .*latency"),
        ({"tmhp_pems": {}}, "faults of tmhp_pems: .*kind"),
    ],
)
def test_a_wrong_fault_is_refused_by_name(document: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_faults(document, PORTALS)
