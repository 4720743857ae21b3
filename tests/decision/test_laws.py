"""What must hold whatever the sources say."""

import random
from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from gate.decision.actions import verdict
from gate.decision.codes import suggested
from gate.decision.model import (
    Claim,
    ClaimAction,
    DecisionCode,
    DosRule,
    GateMode,
    NationalFallback,
    NpiRole,
    OutageAction,
    PartialFailure,
    PastDueAction,
    Policy,
    Strictness,
)
from gate.decision.rules import decide
from gate.decision.sentences import sentence
from sources.contract import ErrorKind, SourceScope
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus, StatusReason
from tests.decision.building import TODAY, claim, empty, evidence, failed, found, national, segment

days = st.dates(date(2025, 10, 1), date(2026, 9, 1))
lines = st.sets(st.sampled_from(["STAR", "CHIP", "MEDICAID", "FOO"]), max_size=2).map(
    lambda names: tuple(sorted(names))
)
taxonomies = st.sets(st.sampled_from(["207Q00000X", "2084P0800X"]), max_size=2).map(lambda codes: tuple(sorted(codes)))


@st.composite
def segments(draw: st.DrawFn) -> EnrollmentRecord:
    effective = draw(days)
    length = draw(st.none() | st.integers(0, 200))
    return segment(
        draw(st.sampled_from(EnrollmentStatus)),
        effective.isoformat(),
        (effective + timedelta(days=length)).isoformat() if length is not None else None,
        upstream_id=draw(st.sampled_from(["", "a", "b"])),
        revalidation_due=draw(st.none() | days),
        lines_of_business=draw(lines),
        taxonomies=draw(taxonomies),
        reason=draw(st.none() | st.sampled_from([StatusReason.FAILED_TO_REVALIDATE, StatusReason.LIMITED_ENROLLMENT])),
    )


@st.composite
def profiles(draw: st.DrawFn) -> EnrollmentRecord:
    attested = draw(days)
    due = draw(st.none() | st.just(attested + timedelta(days=120)))
    status = draw(st.sampled_from([EnrollmentStatus.ACTIVE, EnrollmentStatus.EXPIRED, EnrollmentStatus.INACTIVE]))
    return segment(status, attested.isoformat(), source="caqh_proview", attestation=Attestation(attested, due))


state_answers = st.one_of(
    st.just(empty()),
    st.sampled_from(ErrorKind).map(failed),
    st.lists(segments(), min_size=1, max_size=5).map(lambda known: found(*known)),
)
national_answers = st.one_of(st.just(empty()), st.sampled_from(ErrorKind).map(failed), profiles().map(found)).map(
    national
)
knowledge = st.builds(
    lambda of_states, of_nation: evidence(*of_states, *of_nation),
    st.lists(state_answers, max_size=2),
    st.lists(national_answers, max_size=1),
)
policies = st.builds(
    Policy,
    mode=st.sampled_from(GateMode),
    outage_action=st.sampled_from(OutageAction),
    partial_failure=st.sampled_from(PartialFailure),
    national_fallback=st.sampled_from(NationalFallback),
    past_due_action=st.sampled_from(PastDueAction),
    dos_rule=st.sampled_from(DosRule),
    taxonomy_check=st.sampled_from(Strictness),
    lob_check=st.sampled_from(Strictness),
    npi_check_digit=st.sampled_from(Strictness),
)
claims = st.builds(
    lambda day, length, taxonomy, line: claim(
        service_date=day,
        service_end_date=day + timedelta(days=length) if length is not None else None,
        taxonomy=taxonomy,
        line_of_business=line,
    ),
    days,
    st.none() | st.integers(0, 40),
    st.sampled_from([None, "207Q00000X", "2084P0800X"]),
    st.sampled_from([None, "STAR", "CHIP", "DENTAL"]),
)


@given(claims, knowledge, policies)
def test_silence_is_never_a_pass(asked: Claim, known: Evidence, policy: Policy) -> None:
    if not any(answer.outcome is SourceOutcome.FOUND for answer in known.answers):
        assert decide(asked, known, policy, TODAY).code is not DecisionCode.PASS


@given(claims, knowledge, policies)
def test_a_state_that_failed_alone_never_makes_a_provider_unenrolled(
    asked: Claim, known: Evidence, policy: Policy
) -> None:
    """Where no source of the state answered, nothing is said against the provider, unless the tenant asked for it."""
    heard = any(answer.scope is SourceScope.STATE and answer.is_clean for answer in known.answers)
    if not heard and policy.partial_failure is PartialFailure.SOURCE_UNAVAILABLE:
        finding = decide(asked, known, policy, TODAY)
        assert finding.code in (DecisionCode.PASS, DecisionCode.SOURCE_UNAVAILABLE)


@given(claims, knowledge, policies)
def test_not_found_needs_an_answer_and_no_failing_state(asked: Claim, known: Evidence, policy: Policy) -> None:
    finding = decide(asked, known, policy, TODAY)
    if finding.code is DecisionCode.ENROLLMENT_NOT_FOUND and not finding.evidence_incomplete:
        assert all(answer.is_clean for answer in known.answers if answer.scope is SourceScope.STATE)


@given(claims, st.lists(segments(), min_size=1, max_size=6), policies, st.randoms())
def test_s8_the_order_of_segments_never_matters(
    asked: Claim, known: list[EnrollmentRecord], policy: Policy, chance: random.Random
) -> None:
    shuffled = chance.sample(known, len(known))
    one, other = (decide(asked, evidence(found(*records)), policy, TODAY) for records in (known, shuffled))
    assert (one.code, one.detail, one.warnings, one.soft_hold) == (
        other.code,
        other.detail,
        other.warnings,
        other.soft_hold,
    )
    assert (one.revalidation, one.next_start, one.judged_on) == (other.revalidation, other.next_start, other.judged_on)


@given(claims, st.lists(segments(), min_size=1, max_size=4), segments(), policies)
def test_a_segment_that_does_not_touch_the_service_never_turns_a_pass_into_a_failure(
    asked: Claim, known: list[EnrollmentRecord], more: EnrollmentRecord, policy: Policy
) -> None:
    before = decide(asked, evidence(found(*known)), policy, TODAY)
    last = asked.service_end_date or asked.service_date
    unrelated = more.effective > last or (more.end is not None and more.end < asked.service_date)
    if before.code is DecisionCode.PASS and unrelated:
        assert decide(asked, evidence(found(*known, more)), policy, TODAY).code is DecisionCode.PASS


@given(claims, knowledge, policies, st.lists(profiles(), min_size=1, max_size=1))
def test_a1_what_the_nation_says_never_changes_the_code_once_the_state_has_spoken(
    asked: Claim, known: Evidence, policy: Policy, said: list[EnrollmentRecord]
) -> None:
    state = tuple(answer for answer in known.answers if answer.scope is SourceScope.STATE)
    if any(answer.outcome is SourceOutcome.FOUND for answer in state):
        alone = decide(asked, evidence(*state), policy, TODAY)
        beside = decide(asked, evidence(*state, national(found(*said))), policy, TODAY)
        assert (alone.code, alone.detail) == (beside.code, beside.detail)


@given(claims, knowledge, policies)
def test_the_mode_changes_the_action_and_never_the_finding(asked: Claim, known: Evidence, policy: Policy) -> None:
    findings = set()
    for mode in (GateMode.AUDIT, GateMode.ENFORCE):
        settled = msgspec.structs.replace(policy, mode=mode)
        finding = decide(asked, known, settled, TODAY)
        answer = verdict(finding.code, settled)
        findings.add((finding.code, finding.detail, finding.warnings, answer.would_action))
        if mode is GateMode.AUDIT:
            assert answer.action is ClaimAction.CONTINUE
        else:
            assert answer.action is answer.would_action
    assert len(findings) == 1


@given(claims, knowledge, policies, st.sampled_from(NpiRole))
def test_every_answer_has_a_sentence_and_codes_only_when_it_fails(
    asked: Claim, known: Evidence, policy: Policy, role: NpiRole
) -> None:
    finding = decide(asked, known, policy, TODAY)
    text = sentence(asked, finding)
    assert text.endswith(".")
    assert "{" not in text
    assert "unknown day" not in text
    fails = finding.code not in (DecisionCode.PASS, DecisionCode.SOURCE_UNAVAILABLE)
    assert bool(suggested(finding.code, finding.detail, role).claim_status) is fails


@given(claims, knowledge, policies)
def test_a_pass_is_covered_on_the_first_day_by_the_record_it_shows(
    asked: Claim, known: Evidence, policy: Policy
) -> None:
    finding = decide(asked, known, policy, TODAY)
    if finding.code is DecisionCode.PASS:
        assert finding.record is not None
        last = finding.record.end or date.max
        covers = finding.record.effective <= asked.service_date <= last
        assert covers or finding.record.attestation is not None


def test_an_answer_is_compared_by_what_it_says() -> None:
    assert SourceAnswer(source="a", scope=SourceScope.STATE, outcome=SourceOutcome.EMPTY) == SourceAnswer(
        source="a", scope=SourceScope.STATE, outcome=SourceOutcome.EMPTY
    )
