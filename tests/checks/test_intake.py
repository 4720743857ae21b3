"""Malformed input is refused by name; nothing is ever guessed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.checks.intake import LONGEST_IDENTIFIER, accept
from gate.checks.model import SubmittedClaim
from gate.decision.model import Claim, NpiRole
from gate.errors import InvalidInput

TODAY = date(2026, 3, 20)


def submitted(**changes: Any) -> SubmittedClaim:
    fields = {"rendering_npi": "1234567893", "state": "TX", "service_date": (2026, 3, 10), **changes}
    return SubmittedClaim(**fields)


def refused(**changes: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        accept(submitted(**changes), TODAY)
    return [violation.field for violation in refusal.value.violations]


def test_a_claim_is_brought_to_its_canonical_spelling() -> None:
    claim = accept(submitted(state="tx", taxonomy_code="207q00000x", line_of_business="starplus"), TODAY)
    assert claim == Claim(
        npi="1234567893",
        state="TX",
        service_date=date(2026, 3, 10),
        taxonomy="207Q00000X",
        line_of_business="STAR+PLUS",
    )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"rendering_npi": ""}, ["claim.rendering_npi"], id="V8 no NPI"),
        pytest.param({"rendering_npi": "12345"}, ["claim.rendering_npi"], id="V1 too short"),
        pytest.param({"rendering_npi": "12345678AB"}, ["claim.rendering_npi"], id="V1 letters"),
        pytest.param({"rendering_npi": "１２３４５６７８９３"}, ["claim.rendering_npi"], id="V1 other scripts' digits"),
        pytest.param({"rendering_npi": " 1234567893"}, ["claim.rendering_npi"], id="V1 nothing is trimmed"),
        pytest.param({"rendering_npi": "1234567893\n"}, ["claim.rendering_npi"], id="V9 line feed after the NPI"),
        pytest.param({"rendering_npi": "", "billing_npi": "1"}, ["claim.billing_npi"], id="V5 a malformed billing NPI"),
        pytest.param({"state": ""}, ["claim.state"], id="C8 no state"),
        pytest.param({"state": "ZZ"}, ["claim.state"], id="C8 no such state"),
        pytest.param({"state": "T\nX"}, ["claim.state"], id="V9 line feed in the state"),
        pytest.param({"service_date": None}, ["claim.service_date"], id="C9 no date"),
        pytest.param({"service_date": (2026, 2, 30)}, ["claim.service_date"], id="D22 no such day"),
        pytest.param({"service_date": (2026, 0, 0)}, ["claim.service_date"], id="a year alone"),
        pytest.param({"service_date": (10**9, 1, 1)}, ["claim.service_date"], id="a year nobody will see"),
        pytest.param({"service_date": (26, 3, 10)}, ["claim.service_date"], id="a two-digit year is not guessed"),
        pytest.param({"service_date": (2027, 3, 22)}, ["claim.service_date"], id="D23 over a year ahead"),
        pytest.param({"service_end_date": (2026, 3, 9)}, ["claim.service_end_date"], id="ends before it begins"),
        pytest.param({"service_end_date": (2026, 13, 1)}, ["claim.service_end_date"], id="no such last day"),
        pytest.param({"taxonomy_code": "207Q"}, ["claim.taxonomy_code"], id="a short taxonomy"),
        pytest.param({"taxonomy_code": "207Q00000\n"}, ["claim.taxonomy_code"], id="V9 line feed in the taxonomy"),
        pytest.param({"line_of_business": "FOO"}, ["claim.line_of_business"], id="unknown line of business"),
        pytest.param({"claim_id": "a\r\nb"}, ["claim.claim_id"], id="V9 forged log line"),
        pytest.param({"correlation_id": "a\u2028b"}, ["claim.correlation_id"], id="V9 line separator"),
        pytest.param({"claim_id": "x" * (LONGEST_IDENTIFIER + 1)}, ["claim.claim_id"], id="too long"),
        pytest.param({"line_number": -1}, ["claim.line_number"], id="a negative line"),
        pytest.param(
            {"rendering_npi": "x", "state": "??", "service_date": None},
            ["claim.rendering_npi", "claim.state", "claim.service_date"],
            id="everything at once",
        ),
    ],
)
def test_what_is_malformed_is_refused_by_name(changes: dict[str, Any], fields: list[str]) -> None:
    assert refused(**changes) == fields


def test_an_unknown_line_of_business_is_told_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"STAR\+PLUS.*CHIP"):
        accept(submitted(line_of_business="FOO"), TODAY)


def test_v5_the_billing_provider_stands_in_where_nobody_else_rendered() -> None:
    claim = accept(submitted(rendering_npi="", billing_npi="1234567893"), TODAY)
    assert (claim.npi, claim.npi_role) == ("1234567893", NpiRole.BILLING)


def test_v7_the_rendering_provider_is_judged_whoever_bills() -> None:
    claim = accept(submitted(billing_npi="1003000639"), TODAY)
    assert (claim.npi, claim.npi_role) == ("1234567893", NpiRole.RENDERING)


def test_v2_a_wrong_check_digit_is_a_finding_and_not_malformed() -> None:
    assert accept(submitted(rendering_npi="1234567890"), TODAY).npi == "1234567890"


@pytest.mark.parametrize("last", [None, (2026, 3, 10)])
def test_a_service_of_one_day_has_no_last_day(last: tuple[int, int, int] | None) -> None:
    assert accept(submitted(service_end_date=last), TODAY).service_end_date is None


def test_d23_a_year_ahead_is_near_enough() -> None:
    assert accept(submitted(service_date=(2027, 3, 20)), TODAY).service_date == date(2027, 3, 20)


texts = st.text(max_size=12)
parts = st.none() | st.tuples(*[st.integers(-5, 10_000)] * 3)


@given(
    st.builds(
        SubmittedClaim,
        correlation_id=texts,
        claim_id=texts,
        line_number=st.integers(-5, 5),
        rendering_npi=texts | st.from_regex(r"[0-9]{10}", fullmatch=True),
        billing_npi=texts,
        state=texts | st.sampled_from(["TX", "ca"]),
        service_date=parts,
        service_end_date=parts,
        taxonomy_code=texts,
        line_of_business=texts,
        charge_cents=st.integers(),
    )
)
def test_whatever_is_sent_is_either_a_claim_as_sent_or_refused_by_name(anything: SubmittedClaim) -> None:
    refusal, claim = outcome(anything)
    if refusal is not None:
        assert refusal.violations
        assert all(violation.field.startswith("claim.") for violation in refusal.violations)
    if claim is not None:
        assert claim.npi in (anything.rendering_npi, anything.billing_npi)
        assert claim.state == anything.state.upper()
        assert anything.service_date is not None
        assert claim.service_date == date(*anything.service_date)


def outcome(anything: SubmittedClaim) -> tuple[InvalidInput | None, Claim | None]:
    try:
        return None, accept(anything, TODAY)
    except InvalidInput as refusal:
        return refusal, None
