"""An answer put together from parts is read as the message that one would make of it."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.evidence import Evidence, Freshness
from gate.checks.model import Decision, SubmittedClaim
from gate.checks.scope import MODE_OFF, NO_PROVIDER_HAS_THIS_NPI, NOT_CONFIGURED, STATE_NOT_ENABLED
from gate.decision.actions import verdict
from gate.decision.model import Claim, NpiRole, Policy
from gate.decision.rules import decide
from gate.rpc.decision_bytes import undated_bytes
from gate.rpc.messages import instant_in, instant_message, undated_message
from gate.v1 import decision_pb2
from sources.records import EnrollmentRecord
from tests.decision.building import TODAY, claim, evidence, found, segment
from tests.decision.test_laws import claims, knowledge, policies

instants = st.datetimes(datetime(1970, 1, 1), datetime(2262, 1, 1)).map(lambda instant: instant.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware there


@st.composite
def told(draw: st.DrawFn) -> Evidence:
    """What sources said, with all that is sent of it."""
    known = draw(knowledge)
    attributes = draw(st.dictionaries(st.text(max_size=5), st.text(max_size=200), max_size=3))

    def of(record: EnrollmentRecord) -> EnrollmentRecord:
        return msgspec.structs.replace(record, attributes=attributes, verified_at=draw(instants))

    answers = tuple(
        msgspec.structs.replace(
            answer,
            records=tuple(map(of, answer.records)),
            latency_ms=draw(st.sampled_from([0.0, 0.25, 1e9])),
            verified_at=draw(instants) if answer.is_clean else None,
            freshness=draw(st.sampled_from(Freshness)),
        )
        for answer in known.answers
    )
    return msgspec.structs.replace(known, answers=answers)


def _decision(asked: Claim, known: Evidence | None, policy: Policy, version: int, *, stale: bool) -> Decision:
    unasked = (NOT_CONFIGURED, STATE_NOT_ENABLED, MODE_OFF, NO_PROVIDER_HAS_THIS_NPI)[version % 4]
    finding = unasked if known is None else decide(asked, known, policy, TODAY)
    return Decision(
        decision_id="1",
        tenant="acme",
        submitted=SubmittedClaim(),
        claim=asked,
        finding=finding,
        verdict=verdict(finding.code, policy),
        policy=policy,
        evidence=known,
        config_version=version,
        config_stale=stale,
        evaluated_at=datetime(2026, 3, 20, tzinfo=UTC),
    )


@settings(max_examples=300)
@given(
    claims,
    st.none() | told(),
    policies,
    st.sampled_from(NpiRole),
    st.integers(0, 2**40),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_the_parts_of_an_answer_are_its_message(
    asked: Claim,
    known: Evidence | None,
    policy: Policy,
    role: NpiRole,
    version: int,
    stale: bool,
    brief: bool,
    explain: bool,
) -> None:
    decision = _decision(msgspec.structs.replace(asked, npi_role=role), known, policy, version, stale=stale)

    said = decision_pb2.Decision.FromString(undated_bytes(decision, brief=brief, explain=explain))

    assert said == undated_message(decision, brief=brief, explain=explain)


def test_a_deadline_long_past_is_told() -> None:
    known = evidence(found(segment(revalidation_due=TODAY - timedelta(days=4000))))
    decision = _decision(claim(), known, Policy(), 1, stale=False)

    said = decision_pb2.Decision.FromString(undated_bytes(decision))

    assert said.revalidation.days_remaining == -4000
    assert said.revalidation.tier == "REVALIDATION_PAST_DUE"


def test_what_a_segment_says_is_told_but_for_what_a_batch_leaves_out() -> None:
    record = segment(
        "TERMINATED",
        "2025-01-01",
        "2026-01-31",
        revalidation_due=date(2027, 2, 28),
        lines_of_business=("CHIP", "STAR"),
        taxonomies=("207Q00000X",),
        upstream_id="7",
        attributes={"specialty": "fp"},
    )
    decision = _decision(claim(), evidence(found(record)), Policy(), 1, stale=False)

    whole, brief = (
        decision_pb2.Decision.FromString(undated_bytes(decision, brief=brief)).record for brief in (False, True)
    )

    assert (whole.npi, whole.state, whole.source, whole.upstream_id) == (claim().npi, "TX", "tmhp_pems", "7")
    assert (whole.effective_date.year, whole.end_date.month, whole.revalidation_due_date.day) == (2025, 1, 28)
    assert (list(whole.lines_of_business), list(whole.taxonomy_codes)) == (["CHIP", "STAR"], ["207Q00000X"])
    assert dict(whole.attributes) == {"specialty": "fp"}
    assert instant_in(whole.verified_at, "verified_at") == record.verified_at
    assert whole.status == decision_pb2.ENROLLMENT_STATUS_TERMINATED
    for field in ("npi", "state", "verified_at", "attributes"):
        whole.ClearField(field)
    assert brief == whole


def test_the_first_instant_is_one() -> None:
    assert instant_message(datetime(1970, 1, 1, tzinfo=UTC)).ByteSize() == 0
    record = segment(verified_at=datetime(1970, 1, 1, tzinfo=UTC))
    decision = _decision(claim(), evidence(found(record)), Policy(), 1, stale=False)
    assert decision_pb2.Decision.FromString(undated_bytes(decision)).record.HasField("verified_at")
