"""A finding shows what it rests on: the record and the answer that decided, and the day."""

from datetime import date

import msgspec
import pytest

from gate.decision.coverage import days_on_which_something_changes
from gate.decision.matching import line_of_business_match
from gate.decision.model import Caution, DecisionCode, Detail, DosRule, NationalFallback, PartialFailure, Policy
from gate.decision.rules import decide
from sources.contract import SourceScope
from sources.records import EnrollmentRecord, StatusReason
from tests.decision.building import DOS, TODAY, claim, empty, evidence, failed, found, national, of, profile, segment


@pytest.mark.parametrize(
    ("known", "code"),
    [
        pytest.param(segment(), DecisionCode.PASS, id="covering"),
        pytest.param(segment("SUSPENDED"), DecisionCode.ENROLLMENT_INACTIVE, id="suspended"),
        pytest.param(segment("INACTIVE"), DecisionCode.ENROLLMENT_INACTIVE, id="adverse"),
        pytest.param(segment(end="2026-01-31"), DecisionCode.ENROLLMENT_EXPIRED, id="ended"),
        pytest.param(segment(effective="2026-04-01"), DecisionCode.ENROLLMENT_INACTIVE, id="not begun"),
    ],
)
def test_the_record_the_answer_and_the_day_that_decided(known: EnrollmentRecord, code: DecisionCode) -> None:
    answer = found(known)
    finding = decide(claim(), evidence(answer, national(empty())), Policy(), TODAY)

    assert finding.code is code
    assert finding.record is known
    assert finding.answer is answer
    assert finding.judged_on == DOS
    assert finding.evidence_incomplete is False


def test_an_advisory_national_record_is_named_by_its_source() -> None:
    answer = national(found(profile()))
    policy = Policy(national_fallback=NationalFallback.ADVISORY)
    finding = decide(claim(), evidence(empty(), answer), policy, TODAY)
    assert (finding.answer, finding.evidence_incomplete) == (answer, False)

    policy = msgspec.structs.replace(policy, partial_failure=PartialFailure.NOT_FOUND)
    assert decide(claim(), evidence(failed(), answer), policy, TODAY).evidence_incomplete is True


def test_a4_by_the_letter_a_failing_national_source_is_still_named() -> None:
    answers = (failed(), empty("tx_list"), national(failed()))
    finding = decide(claim(), evidence(*answers), Policy(partial_failure=PartialFailure.NOT_FOUND), TODAY)
    assert (finding.code, finding.warnings) == (DecisionCode.ENROLLMENT_NOT_FOUND, (Caution.NATIONAL_UNAVAILABLE,))


def test_a_source_that_knows_the_provider_without_any_period_knows_no_enrollment() -> None:
    assert decide(claim(), evidence(found()), Policy(), TODAY).code is DecisionCode.ENROLLMENT_NOT_FOUND


def test_a_suspension_alone_is_no_conflict() -> None:
    assert decide(claim(), of(segment("SUSPENDED")), Policy(), TODAY).warnings == ()


def test_a_termination_after_a_suspended_enrollment_is_dated() -> None:
    known = of(segment(end="2026-02-28"), segment("SUSPENDED", "2026-03-01"))
    finding = decide(claim(), known, Policy(), TODAY)
    assert (finding.code, finding.detail) == (DecisionCode.ENROLLMENT_INACTIVE, Detail.SUSPENDED)


def test_of_two_adverse_segments_of_one_status_the_later_is_shown() -> None:
    earlier, later = segment("INACTIVE", "2025-01-01"), segment("INACTIVE", "2026-01-01")
    assert decide(claim(), of(earlier, later), Policy(), TODAY).record is later


def test_an_ended_enrollment_with_limits_ended() -> None:
    known = of(segment(end="2026-01-31", reason=StatusReason.LIMITED_ENROLLMENT))
    assert decide(claim(), known, Policy(), TODAY).detail is Detail.ENDED


def test_terminated_and_lapsed_periods_together_warn_of_the_termination() -> None:
    known = of(
        segment("TERMINATED", end="2026-12-31", upstream_id="a"), segment("EXPIRED", end="2026-12-31", upstream_id="b")
    )
    assert decide(claim(), known, Policy(), TODAY).warnings == (Caution.SINCE_TERMINATED,)


def test_x7_an_unknown_word_is_reported_beside_a_line_of_business_that_matches() -> None:
    known = of(segment(lines_of_business=("FOO", "STAR")))
    finding = decide(claim(line_of_business="STAR"), known, Policy(), TODAY)
    assert finding.warnings == (Caution.LOB_UNKNOWN,)


def test_a_mismatch_is_plainly_no_match() -> None:
    records = (segment(lines_of_business=("STAR",)),)
    assert line_of_business_match("CHIP", records, frozenset()).is_enrolled is False


def test_d25_every_day_is_judged_with_its_revalidation() -> None:
    known = of(segment(end="2026-03-10", upstream_id="a"), segment(effective="2026-03-11", revalidation_due=TODAY))
    finding = decide(claim(service_end_date=date(2026, 3, 12)), known, Policy(dos_rule=DosRule.ALL), TODAY)
    assert (finding.code, finding.judged_on) == (DecisionCode.PASS, DOS)


def test_d25_only_days_after_the_first_need_another_look() -> None:
    records = [segment(effective="2026-03-10", end="2026-03-11"), segment(effective="2026-03-12", end="2026-03-14")]
    days = days_on_which_something_changes(records, DOS, date(2026, 3, 14))
    assert days == [date(2026, 3, 12)]


def test_of_two_overdue_segments_the_one_due_last_is_judged() -> None:
    longer, shorter = date(2026, 3, 1), date(2026, 2, 1)
    known = of(segment(upstream_id="b", revalidation_due=shorter), segment(upstream_id="a", revalidation_due=longer))
    finding = decide(claim(), known, Policy(), TODAY)
    assert finding.revalidation is not None
    assert finding.revalidation.due_on == longer


def test_a_segment_due_today_is_preferred_over_an_overdue_one_with_the_claims_taxonomy_alike() -> None:
    known = of(
        segment(upstream_id="a", revalidation_due=TODAY), segment(upstream_id="b", revalidation_due=date(2026, 3, 19))
    )
    finding = decide(claim(), known, Policy(), TODAY)
    assert Caution.REVALIDATION_PAST_DUE not in finding.warnings


def test_all_doubts_about_a_claim_are_told_together() -> None:
    asked = claim(npi="0000000000", service_date=date(2026, 3, 21))
    warnings = decide(asked, of(segment()), Policy(), TODAY).warnings
    assert set(warnings) == {Caution.FUTURE_DOS, Caution.NPI_CHECK_DIGIT, Caution.NPI_PREFIX}


def test_a_lapsed_profile_is_told_of_beside_a_source_of_the_state() -> None:
    lapsed = profile("EXPIRED", reason=StatusReason.CAQH_ATTESTATION_EXPIRED)
    second = found(lapsed, source="another", scope=SourceScope.NATIONAL)
    finding = decide(claim(), evidence(found(segment()), national(empty()), second), Policy(), TODAY)
    assert finding.warnings == (Caution.ATTESTATION_PAST_DUE,)
