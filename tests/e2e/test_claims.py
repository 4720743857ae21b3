"""What a caller may send, and what it hears about what it may not: rows V, B, C8, C9, D23, K10, over gRPC."""

from datetime import date, timedelta
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2
from google.type.date_pb2 import Date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.v1 import claim_pb2, decision_pb2, gate_admin_pb2
from sources.npi import check_digit
from tests.e2e.bundled import ENROLLED, SUSPENDED, UNKNOWN
from tests.support.callers import Caller, as_message, claim, code_of, fields_in, freshness_of, status_in, today
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

INVALID = grpc.StatusCode.INVALID_ARGUMENT


async def refused_fields(caller: Caller, sent: claim_pb2.Claim) -> list[str]:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await caller.check(sent)
    assert refusal.value.code() is INVALID
    return fields_in(status_in(refusal.value))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"state": ""}, ["claim.state"], id="C8 no state"),
        pytest.param({"state": "ZZ"}, ["claim.state"], id="C8 no such state"),
        pytest.param({"service_date": None}, ["claim.service_date"], id="C9 no date"),
        pytest.param({"service_date": Date(year=2026)}, ["claim.service_date"], id="C9 a year is no date"),
        pytest.param({"service_date": Date(year=2026, month=2, day=30)}, ["claim.service_date"], id="30 February"),
        pytest.param({"npi": "12345"}, ["claim.rendering_npi"], id="V1 too short"),
        pytest.param({"npi": "12345abcde"}, ["claim.rendering_npi"], id="V1 letters"),
        pytest.param({"npi": "１２３４５６７８９３"}, ["claim.rendering_npi"], id="V1 digits of another script"),
        pytest.param(
            {"npi": "12345", "billing_npi": ENROLLED}, ["claim.rendering_npi"], id="V1 not replaced by billing"
        ),
        pytest.param({"npi": ""}, ["claim.rendering_npi"], id="V8 nobody"),
        pytest.param({"npi": "", "billing_npi": "9"}, ["claim.billing_npi"], id="V5 V1 billing"),
        pytest.param({"npi": "123456789\n"}, ["claim.rendering_npi"], id="V9 line feed in the NPI"),
        pytest.param({"npi": "1234567893\r\n"}, ["claim.rendering_npi"], id="V9 line feed after the NPI"),
        pytest.param({"state": "TX\n"}, ["claim.state"], id="V9 line feed in the state"),
        pytest.param({"taxonomy_code": "207Q\r\n000X"}, ["claim.taxonomy_code"], id="V9 line feed in the taxonomy"),
        pytest.param({"claim_id": "A\nlevel=error"}, ["claim.claim_id"], id="V9 line feed in the claim's id"),
        pytest.param({"correlation_id": "A\u2028B"}, ["claim.correlation_id"], id="V9 line separator"),
        pytest.param({"line_of_business": "FOO"}, ["claim.line_of_business"], id="no such line of business"),
        pytest.param(
            {"npi": "x", "state": "", "service_date": None},
            ["claim.rendering_npi", "claim.state", "claim.service_date"],
            id="everything wrong is named at once",
        ),
    ],
)
async def test_a_malformed_claim_is_refused_by_the_path_of_its_field(
    gate: GateInProcess, checked: Caller, fields: dict[str, Any], named: list[str]
) -> None:
    assert await refused_fields(checked, claim(**fields)) == named
    assert gate.calls() == {}


async def test_a_service_that_ends_before_it_begins_is_refused(checked: Caller) -> None:
    sent = claim(day=today(), service_end_date=as_message(today() - timedelta(days=1)))

    assert await refused_fields(checked, sent) == ["claim.service_end_date"]


async def test_v2_a_wrong_check_digit_is_a_warning(checked: Caller) -> None:
    decision = await checked.check(claim("1234567890"))

    assert code_of(decision) == "ENROLLMENT_NOT_FOUND"
    assert "NPI_CHECK_DIGIT" in decision.warnings


async def test_v2_strictly_read_a_wrong_check_digit_is_nobody_s_and_nobody_is_asked(
    gate: GateInProcess, caller: Caller
) -> None:
    await caller.configure(enabled_states=["TX"], npi_check_digit=gate_admin_pb2.CHECK_STRICTNESS_STRICT)

    decision = await caller.check(claim("1234567890"))

    assert (code_of(decision), decision.detail) == ("ENROLLMENT_NOT_FOUND", "NPI_CHECK_DIGIT")
    assert decision.suggested.claim_status == "A7:562:82"
    assert gate.calls() == {}


async def test_v5_without_a_rendering_provider_the_billing_provider_is_judged_and_that_is_said(checked: Caller) -> None:
    decision = await checked.check(claim("", billing_npi=SUSPENDED))

    assert (code_of(decision), decision.evaluated_npi) == ("ENROLLMENT_INACTIVE", SUSPENDED)
    assert decision.npi_role == decision_pb2.NPI_ROLE_BILLING


async def test_v7_the_rendering_provider_is_judged_whoever_bills(checked: Caller) -> None:
    decision = await checked.check(claim(SUSPENDED, billing_npi=ENROLLED))

    assert (code_of(decision), decision.evaluated_npi) == ("ENROLLMENT_INACTIVE", SUSPENDED)
    assert decision.npi_role == decision_pb2.NPI_ROLE_RENDERING


async def test_d23_a_service_to_come_is_judged_by_what_is_known_with_a_warning(checked: Caller) -> None:
    decision = await checked.check(claim(day=today() + timedelta(days=200)))

    assert code_of(decision) == "PASS"
    assert "FUTURE_DOS" in decision.warnings
    assert await refused_fields(checked, claim(day=today() + timedelta(days=370))) == ["claim.service_date"]


async def test_k1_k10_a_known_provider_is_not_asked_about_again_unless_freshness_is_wanted(
    gate: GateInProcess, checked: Caller
) -> None:
    live = await checked.check(claim())
    remembered = await checked.check(claim())
    calls = gate.calls()
    fresh = await checked.check(claim(), fresh=True)
    refilled = await checked.check(claim())

    assert [freshness_of(each) for each in (live, remembered, fresh, refilled)] == ["LIVE", "MEMORY", "LIVE", "MEMORY"]
    assert calls == {"tmhp_pems": 1, "caqh_proview": 1}
    assert gate.calls()["tmhp_pems"] == 2
    assert refilled.verified_at.ToDatetime() == fresh.verified_at.ToDatetime() > remembered.verified_at.ToDatetime()


async def test_the_caller_s_own_numbers_come_back_and_explaining_shows_what_was_considered(checked: Caller) -> None:
    sent = claim(claim_id="CLM-7", line_number=3, charge_cents=12_500)

    decision = await checked.check(sent, explain=True)

    assert (decision.claim_id, decision.line_number) == ("CLM-7", 3)
    assert decision.considered[0].source == decision.source == "tmhp_pems"
    assert not (await checked.check(sent)).considered


async def test_answers_suggest_codes_that_never_change_the_action(checked: Caller) -> None:
    inactive, unknown, enrolled = [
        result.decision for result in await checked.check_many([claim(SUSPENDED), claim(UNKNOWN), claim(ENROLLED)])
    ]

    assert (inactive.suggested.carc, inactive.suggested.rarc) == ("B7", "N767")
    assert unknown.suggested.claim_status == "A3:26:82"
    assert (enrolled.suggested.carc, enrolled.suggested.rarc) == ("", "")


async def test_v3_an_npi_of_an_impossible_range_is_a_warning(checked: Caller) -> None:
    npi = f"000000000{check_digit('000000000')}"

    assert "NPI_PREFIX" in (await checked.check(claim(npi))).warnings


async def test_a_date_before_medicaid_is_refused_rather_than_judged(checked: Caller) -> None:
    assert await refused_fields(checked, claim(day=date(1965, 12, 31))) == ["claim.service_date"]


WORDS = ["", ENROLLED, SUSPENDED, "1234567890", "TX", "tx", "CA", "ZZ", "STAR", "207Q00000X", "\r\n", "٣" * 10]
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(WORDS))
NUMBERS = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(0, 31), st.sampled_from([1965, 1966, 2026, 9999]))
DATES = st.one_of(
    st.none(), st.builds(Date, year=NUMBERS, month=NUMBERS, day=NUMBERS), st.builds(today).map(as_message)
)
ANYTHING = st.builds(
    claim_pb2.Claim,
    correlation_id=TEXTS,
    claim_id=TEXTS,
    line_number=NUMBERS,
    rendering_npi=TEXTS,
    billing_npi=TEXTS,
    state=TEXTS,
    service_date=DATES,
    service_end_date=DATES,
    taxonomy_code=TEXTS,
    line_of_business=TEXTS,
    charge_cents=st.integers(-(2**63), 2**63 - 1),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=ANYTHING)
async def test_whatever_is_sent_is_judged_or_refused_by_name_and_never_breaks_the_gate(
    checked: Caller, sent: claim_pb2.Claim
) -> None:
    (result,) = await checked.check_many([sent])

    assert result.correlation_id == sent.correlation_id
    if result.HasField("error"):
        assert result.error.code == code_pb2.INVALID_ARGUMENT
        assert all(field.startswith("claims[0].") for field in fields_in(result.error))
    else:
        assert result.decision.evaluated_npi == (sent.rendering_npi or sent.billing_npi)
        assert result.decision.record.state in {"", sent.state.upper()}
