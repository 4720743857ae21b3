"""The rows that decisions.yaml has no words for: which source speaks, attestations, taxonomy, revalidation by DOS."""

from datetime import date
from typing import Any

import msgspec
import pytest

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from gate.decision.model import (
    Caution,
    DecisionCode,
    Detail,
    DosRule,
    Finding,
    NationalFallback,
    PartialFailure,
    PastDueAction,
    Policy,
    Strictness,
)
from gate.decision.rules import decide
from sources.contract import ErrorKind, SourceScope
from sources.records import StatusReason
from tests.decision.building import (
    DOS,
    TODAY,
    VERIFIED,
    claim,
    empty,
    evidence,
    failed,
    found,
    national,
    of,
    profile,
    segment,
)

PASS = DecisionCode.PASS
INACTIVE = DecisionCode.ENROLLMENT_INACTIVE
EXPIRED = DecisionCode.ENROLLMENT_EXPIRED
NOT_FOUND = DecisionCode.ENROLLMENT_NOT_FOUND
UNAVAILABLE = DecisionCode.SOURCE_UNAVAILABLE


def judged(known: Evidence, *, asked: dict[str, Any] | None = None, today: date = TODAY, **policy: Any) -> Finding:
    return decide(claim(**(asked or {})), known, Policy(**policy), today)


LAPSED_PROFILE = profile("EXPIRED", "2026-02-01", None, StatusReason.CAQH_ATTESTATION_EXPIRED)


@pytest.mark.parametrize(
    ("answers", "code", "detail", "warnings", "incomplete"),
    [
        pytest.param([empty(), national(empty())], NOT_FOUND, None, [], False, id="A8 all empty"),
        pytest.param(
            [failed(), national(failed())], UNAVAILABLE, Detail.ALL_SOURCES_FAILED, [], True, id="A5 all failed"
        ),
        pytest.param(
            [failed(), national(empty())], UNAVAILABLE, Detail.STATE_SOURCE_FAILED, [], True, id="A4 state failed"
        ),
        pytest.param(
            [empty(), national(failed())],
            NOT_FOUND,
            None,
            [Caution.NATIONAL_UNAVAILABLE],
            False,
            id="A4b national failed",
        ),
        pytest.param(
            [failed(), national(found(profile()))],
            PASS,
            None,
            [Caution.NATIONAL_EVIDENCE_ONLY, Caution.PRIMARY_UNAVAILABLE],
            True,
            id="A3 the national source vouches",
        ),
        pytest.param(
            [failed(ErrorKind.TIMEOUT), national(found(profile()))],
            PASS,
            None,
            [Caution.NATIONAL_EVIDENCE_ONLY, Caution.PRIMARY_TIMEOUT],
            True,
            id="A13 the state was too slow",
        ),
        pytest.param(
            [failed(), national(found(LAPSED_PROFILE))],
            UNAVAILABLE,
            Detail.STATE_SOURCE_FAILED,
            [Caution.NATIONAL_EVIDENCE_ONLY, Caution.PRIMARY_UNAVAILABLE],
            True,
            id="A3 a lapsed profile never speaks against a provider whose state is down",
        ),
        pytest.param(
            [empty(), national(found(profile()))], PASS, None, [Caution.NATIONAL_EVIDENCE_ONLY], False, id="A2 R22"
        ),
        pytest.param(
            [empty(), national(found(LAPSED_PROFILE))],
            EXPIRED,
            Detail.CAQH_ATTESTATION_EXPIRED,
            [Caution.NATIONAL_EVIDENCE_ONLY],
            False,
            id="R23",
        ),
        pytest.param(
            [found(segment()), national(found(LAPSED_PROFILE))],
            PASS,
            None,
            [Caution.ATTESTATION_PAST_DUE],
            False,
            id="R24",
        ),
        pytest.param([found(segment()), national(failed())], PASS, None, [], False, id="A1 the state has spoken"),
        pytest.param([], UNAVAILABLE, Detail.NO_SOURCE, [], True, id="C7 nobody to ask"),
        pytest.param([national(empty())], UNAVAILABLE, Detail.NO_SOURCE, [], True, id="C7 only the nation was asked"),
        pytest.param(
            [national(found(profile()))],
            PASS,
            None,
            [Caution.NATIONAL_EVIDENCE_ONLY],
            False,
            id="C7 the nation vouches",
        ),
        pytest.param(
            [national(found(LAPSED_PROFILE))],
            UNAVAILABLE,
            Detail.NO_SOURCE,
            [Caution.NATIONAL_EVIDENCE_ONLY],
            True,
            id="C7 a lapsed profile says nothing about the state",
        ),
        pytest.param(
            [failed(ErrorKind.NOT_CONFIGURED), national(empty())],
            UNAVAILABLE,
            Detail.NO_SOURCE,
            [],
            True,
            id="C7 withdrawn",
        ),
        pytest.param(
            [failed(ErrorKind.NOT_IMPLEMENTED), national(found(LAPSED_PROFILE))],
            UNAVAILABLE,
            Detail.NO_SOURCE,
            [Caution.NATIONAL_EVIDENCE_ONLY, Caution.PRIMARY_UNAVAILABLE],
            True,
            id="A17 a stub cannot be asked",
        ),
        pytest.param(
            [failed(ErrorKind.NOT_CONFIGURED), national(found(profile()))],
            PASS,
            None,
            [Caution.NATIONAL_EVIDENCE_ONLY, Caution.PRIMARY_UNAVAILABLE],
            True,
            id="C7 the nation vouches where the state's contract is gone, and it is told",
        ),
        pytest.param(
            [failed(source="tx_list"), found(segment())],
            PASS,
            None,
            [Caution.PRIMARY_UNAVAILABLE],
            True,
            id="A3 the state's second source answers",
        ),
        pytest.param(
            [found(segment()), failed(source="tx_list")],
            PASS,
            None,
            [],
            False,
            id="A1 the lower source does not matter",
        ),
        pytest.param(
            [empty(source="tx_list"), failed(), national(empty())],
            UNAVAILABLE,
            Detail.STATE_SOURCE_FAILED,
            [],
            True,
            id="A4 one of two state sources failed",
        ),
        pytest.param(
            [failed(), national(failed(ErrorKind.TIMEOUT)), empty("second", SourceScope.NATIONAL)],
            UNAVAILABLE,
            Detail.STATE_SOURCE_FAILED,
            [Caution.NATIONAL_UNAVAILABLE],
            True,
            id="A4 with a failing national source",
        ),
    ],
)
def test_which_source_speaks(
    answers: list[Any], code: DecisionCode, detail: Detail | None, warnings: list[Caution], incomplete: bool
) -> None:
    finding = judged(evidence(*answers))

    assert (finding.code, finding.detail, list(finding.warnings)) == (code, detail, warnings)
    assert finding.evidence_incomplete is incomplete


def test_a4_the_letter_of_the_guide_is_a_tenants_choice_and_says_that_evidence_is_missing() -> None:
    known = evidence(failed(), national(empty()))
    finding = judged(known, partial_failure=PartialFailure.NOT_FOUND)
    assert (finding.code, finding.evidence_incomplete) == (NOT_FOUND, True)


def test_a5_the_letter_never_turns_a_total_outage_into_not_found() -> None:
    known = evidence(failed(), national(failed()))
    assert judged(known, partial_failure=PartialFailure.NOT_FOUND).code is UNAVAILABLE


def test_a3_by_the_letter_a_lapsed_profile_decides_while_the_state_is_down() -> None:
    known = evidence(failed(), national(found(LAPSED_PROFILE)))
    finding = judged(known, partial_failure=PartialFailure.NOT_FOUND)
    assert (finding.code, finding.evidence_incomplete) == (EXPIRED, True)


@pytest.mark.parametrize(
    ("state_answer", "partial_failure", "code"),
    [
        (empty(), PartialFailure.SOURCE_UNAVAILABLE, NOT_FOUND),
        (failed(), PartialFailure.SOURCE_UNAVAILABLE, UNAVAILABLE),
        (failed(), PartialFailure.NOT_FOUND, NOT_FOUND),
    ],
)
def test_a2_an_advisory_national_record_is_shown_and_does_not_count(
    state_answer: Any, partial_failure: PartialFailure, code: DecisionCode
) -> None:
    finding = judged(
        evidence(state_answer, national(found(profile()))),
        national_fallback=NationalFallback.ADVISORY,
        partial_failure=partial_failure,
    )
    assert finding.code is code
    assert Caution.NATIONAL_EVIDENCE_ONLY in finding.warnings
    assert finding.record is None


@pytest.mark.parametrize(
    ("kind", "warning"),
    [(ErrorKind.UNREACHABLE, Caution.PRIMARY_UNAVAILABLE), (ErrorKind.TIMEOUT, Caution.PRIMARY_TIMEOUT)],
)
@pytest.mark.parametrize("status", ["ACTIVE", "PENDING"])
def test_k13_an_old_record_that_stands_in_for_its_source_says_that_evidence_is_missing(
    kind: ErrorKind, warning: Caution, status: str
) -> None:
    stale = msgspec.structs.replace(found(segment(status)), error=kind, freshness=Freshness.STALE)
    finding = judged(evidence(stale, national(empty())))
    assert finding.code is (PASS if status == "ACTIVE" else INACTIVE)
    assert (finding.warnings, finding.evidence_incomplete) == ((warning,), True)


def test_k13_an_old_record_nobody_wanted_to_refresh_is_no_missing_evidence() -> None:
    lapsed = msgspec.structs.replace(national(found(LAPSED_PROFILE)), freshness=Freshness.STALE)
    assert not judged(evidence(found(segment()), lapsed)).evidence_incomplete


def test_c7_the_letter_of_a_partial_failure_needs_somebody_who_could_have_failed() -> None:
    known = evidence(failed(ErrorKind.NOT_CONFIGURED), national(found(LAPSED_PROFILE)))
    assert judged(known, partial_failure=PartialFailure.NOT_FOUND).detail is Detail.NO_SOURCE


def test_a15_two_sources_of_the_state_that_disagree_are_reported() -> None:
    ended = segment("ACTIVE", "2020-01-01", "2025-01-01", source="tx_list")
    finding = judged(evidence(found(segment()), found(ended, source="tx_list")))
    assert (finding.code, finding.warnings) == (PASS, (Caution.DATA_CONFLICT,))


def test_a15_two_sources_of_the_state_that_agree_are_not() -> None:
    finding = judged(evidence(found(segment()), found(segment(source="tx_list"), source="tx_list")))
    assert finding.warnings == ()


@pytest.mark.parametrize(
    ("known", "today", "code", "warnings"),
    [
        pytest.param(profile("ACTIVE", "2025-11-20", "2026-03-20"), TODAY, PASS, [], id="R26 due today is current"),
        pytest.param(profile("ACTIVE", "2025-11-19", "2026-03-19"), TODAY, EXPIRED, [], id="R26 one day late"),
        pytest.param(profile("ACTIVE", "2025-11-19", None), TODAY, PASS, [], id="R22 no due date"),
        pytest.param(
            profile("ACTIVE", "2026-03-15", "2026-07-13"), TODAY, PASS, [Caution.ATTESTED_AFTER_SERVICE], id="R25"
        ),
        pytest.param(profile("ACTIVE", "2026-03-10", "2026-07-08"), TODAY, PASS, [], id="R25 attested on the day"),
    ],
)
def test_attestations(known: Any, today: date, code: DecisionCode, warnings: list[Caution]) -> None:
    finding = judged(evidence(empty(), national(found(known))), today=today)
    assert finding.code is code
    assert set(finding.warnings) == {Caution.NATIONAL_EVIDENCE_ONLY, *warnings}
    assert finding.detail is (None if code is PASS else Detail.CAQH_ATTESTATION_EXPIRED)


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        (StatusReason.CAQH_NOT_ON_ROSTER, Detail.CAQH_NOT_ON_ROSTER),
        (StatusReason.CAQH_NOT_AUTHORIZED, Detail.CAQH_NOT_AUTHORIZED),
        (StatusReason.CAQH_PROFILE_INCOMPLETE, Detail.CAQH_PROFILE_INCOMPLETE),
    ],
)
def test_a_profile_that_is_not_current_says_which_leg_is_missing(reason: StatusReason, detail: Detail) -> None:
    finding = judged(evidence(empty(), national(found(profile("INACTIVE", reason=reason)))))
    assert (finding.code, finding.detail) == (INACTIVE, detail)


@pytest.mark.parametrize(
    ("status", "due", "dos", "past_due_action", "code", "soft_hold", "warning"),
    [
        pytest.param("REVALIDATION_REQUIRED", "2026-03-11", DOS, "FLAG", PASS, True, "REQUIRED", id="R18"),
        pytest.param("REVALIDATION_REQUIRED", "2026-03-11", DOS, "PEND", PASS, True, "REQUIRED", id="R18 pend"),
        pytest.param("REVALIDATION_REQUIRED", "2026-03-10", DOS, "FLAG", PASS, True, "PAST_DUE", id="R17"),
        pytest.param("REVALIDATION_REQUIRED", "2026-03-10", DOS, "PEND", EXPIRED, True, "PAST_DUE", id="R17 pend"),
        pytest.param("REVALIDATION_REQUIRED", None, DOS, "PEND", PASS, True, "REQUIRED", id="R17 due unknown"),
        pytest.param("ACTIVE", "2026-03-20", DOS, "PEND", PASS, True, None, id="R8 pend"),
        pytest.param("TERMINATED", "2026-01-01", DOS, "PEND", PASS, True, None, id="R16 only ACTIVE goes past due"),
    ],
)
def test_revalidation_by_status(
    status: str,
    due: str | None,
    dos: date,
    past_due_action: str,
    code: DecisionCode,
    soft_hold: bool,
    warning: str | None,
) -> None:
    end = "2026-12-31" if status == "TERMINATED" else None
    known = segment(status, end=end, revalidation_due=date.fromisoformat(due) if due else None)
    finding = judged(of(known), asked={"service_date": dos}, past_due_action=PastDueAction(past_due_action))
    assert (finding.code, finding.soft_hold) == (code, soft_hold)
    reported = [name for name in finding.warnings if name.startswith("REVALIDATION")]
    assert reported == ([f"REVALIDATION_{warning}"] if warning else [])


@pytest.mark.parametrize(
    ("days", "tier"),
    [(91, ""), (90, "_90"), (61, "_90"), (60, "_60"), (31, "_60"), (30, "_30"), (0, "_30"), (-1, "_PAST_DUE")],
)
def test_r1_to_r9_the_tier_is_the_lowest_that_has_begun(days: int, tier: str) -> None:
    due = date.fromordinal(TODAY.toordinal() + days)
    finding = judged(of(segment(revalidation_due=due)))
    assert finding.revalidation is not None
    assert (finding.revalidation.due_on, finding.revalidation.days_remaining) == (due, days)
    assert finding.revalidation.tier == (f"REVALIDATION{tier}" if tier else "")
    assert finding.soft_hold is (days <= 30)


def test_r21_a_tenants_own_ladder_moves_the_soft_hold_to_its_last_tier() -> None:
    due = date.fromordinal(TODAY.toordinal() + 45)
    assert judged(of(segment(revalidation_due=due)), revalidation_warning_days=(120, 45)).soft_hold
    assert not judged(of(segment(revalidation_due=due)), revalidation_warning_days=()).soft_hold


def test_r15_without_a_due_date_there_is_no_revalidation() -> None:
    finding = judged(of(segment()))
    assert (finding.revalidation, finding.soft_hold) == (None, False)


def test_of_two_covering_segments_the_one_that_is_not_past_due_is_judged() -> None:
    overdue = segment(upstream_id="a", revalidation_due=date(2026, 1, 1))
    renewed = segment(upstream_id="b", revalidation_due=date(2030, 1, 1))
    finding = judged(of(overdue, renewed), past_due_action=PastDueAction.PEND)
    assert (finding.code, finding.record) == (PASS, renewed)


def test_the_segment_that_lists_the_claims_taxonomy_is_shown() -> None:
    family = segment(upstream_id="b", taxonomies=("207Q00000X",))
    psychiatry = segment(upstream_id="a", taxonomies=("2084P0800X",))
    assert judged(of(family, psychiatry), asked={"taxonomy": "2084P0800X"}).record == psychiatry


@pytest.mark.parametrize(
    ("known", "code", "detail"),
    [
        pytest.param(
            [segment("EXPIRED", end="2026-12-31", reason=StatusReason.FAILED_TO_REVALIDATE)],
            EXPIRED,
            Detail.FAILED_TO_REVALIDATE,
            id="D18",
        ),
        pytest.param(
            [segment("EXPIRED", end="2026-01-31", reason=StatusReason.FAILED_TO_REVALIDATE)],
            EXPIRED,
            Detail.FAILED_TO_REVALIDATE,
            id="D18 after the gap",
        ),
        pytest.param(
            [segment("INACTIVE", reason=StatusReason.REGISTERED_ONLY)], INACTIVE, Detail.REGISTERED_ONLY, id="D30"
        ),
        pytest.param([segment("ACTIVE", reason=StatusReason.LIMITED_ENROLLMENT)], PASS, None, id="D28"),
        pytest.param([segment("EXPIRED", end="2026-12-31")], PASS, None, id="D9 lapsed after the service"),
        pytest.param([segment("EXPIRED")], EXPIRED, Detail.LAPSED, id="D17"),
        pytest.param([segment("ACTIVE", end="2026-03-09")], EXPIRED, Detail.ENDED, id="D6"),
        pytest.param([segment("DENIED", end="2026-03-09")], INACTIVE, Detail.DENIED, id="D16 denied before"),
        pytest.param([segment("INACTIVE")], INACTIVE, Detail.INACTIVE, id="D13"),
        pytest.param([segment("PENDING", "2026-04-01")], INACTIVE, Detail.NOT_YET_EFFECTIVE, id="D3 of an application"),
        pytest.param([segment(), segment("PENDING", upstream_id="b")], PASS, None, id="D15 beside an enrollment"),
        pytest.param(
            [segment(end="2026-04-30"), segment("TERMINATED", "2026-01-01")],
            PASS,
            None,
            id="S7 active beside terminated",
        ),
        pytest.param(
            [segment(end="2026-02-28"), segment("TERMINATED", "2026-03-01")], INACTIVE, Detail.TERMINATED, id="S5"
        ),
        pytest.param(
            [segment("PENDING", end="2026-02-28"), segment("TERMINATED", "2026-03-01")],
            INACTIVE,
            Detail.TERMINATED_DATE_UNKNOWN,
            id="D12 an application before it is no enrollment",
        ),
        pytest.param(
            [segment("TERMINATED", end="2025-12-31"), segment("ACTIVE", "2026-04-01")],
            INACTIVE,
            Detail.GAP,
            id="S1 cut off",
        ),
        pytest.param(
            [segment(end="2025-12-31"), segment("PENDING", "2026-04-01")],
            EXPIRED,
            Detail.ENDED,
            id="S1 an application is no later start",
        ),
        pytest.param(
            [segment(end="2025-12-31"), segment("TERMINATED", "2020-01-01", "2024-12-31")],
            EXPIRED,
            Detail.ENDED,
            id="the last one ended decides",
        ),
        pytest.param(
            [segment(end="2025-12-31"), segment("TERMINATED", "2025-01-01", "2025-12-31")],
            INACTIVE,
            Detail.TERMINATED,
            id="ended the same day: the termination is named",
        ),
        pytest.param(
            [segment("PENDING"), segment("INACTIVE", upstream_id="b")], INACTIVE, Detail.INACTIVE, id="adverse first"
        ),
    ],
)
def test_status_and_dates(known: list[Any], code: DecisionCode, detail: Detail | None) -> None:
    finding = judged(of(*known))
    assert (finding.code, finding.detail) == (code, detail)


def test_s1_a_gap_names_the_day_on_which_enrollment_resumes() -> None:
    known = of(segment(end="2025-12-31"), segment(effective="2026-05-01"), segment(effective="2026-04-01"))
    assert judged(known).next_start == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("known", "warnings"),
    [
        pytest.param([segment("TERMINATED", end="2026-12-31")], [Caution.SINCE_TERMINATED], id="D9"),
        pytest.param([segment("EXPIRED", end="2026-12-31")], [Caution.SINCE_EXPIRED], id="D9 lapsed"),
        pytest.param(
            [segment("TERMINATED", end="2026-12-31", upstream_id="a"), segment(upstream_id="b")],
            [],
            id="another is active",
        ),
        pytest.param([segment(), segment("PENDING", upstream_id="b")], [], id="an application is no conflict"),
        pytest.param(
            [segment(), segment("INACTIVE", upstream_id="b")], [Caution.DATA_CONFLICT], id="S6 inactive beside"
        ),
        pytest.param([segment(upstream_id="a"), segment(upstream_id="b")], [], id="two locations are no conflict"),
        pytest.param(
            [segment(lines_of_business=("STAR",)), segment(lines_of_business=("CHIP",))], [], id="two programs are none"
        ),
        pytest.param([segment(lines_of_business=("FOO",))], [Caution.LOB_UNKNOWN], id="X7"),
    ],
)
def test_warnings_of_a_pass(known: list[Any], warnings: list[Caution]) -> None:
    finding = judged(of(*known))
    assert (finding.code, list(finding.warnings)) == (PASS, warnings)


@pytest.mark.parametrize(
    ("lines", "asked", "code", "warnings"),
    [
        pytest.param(("MEDICAID",), "STAR", PASS, [Caution.LOB_UMBRELLA], id="X10"),
        pytest.param(("MEDICAID",), "CHIP", INACTIVE, [Caution.LOB_NOT_ENROLLED], id="X10 CHIP is not Medicaid"),
        pytest.param(("STAR", "MEDICAID"), "STAR", PASS, [], id="X8"),
        pytest.param(("FOO",), "STAR", PASS, [Caution.LOB_UNKNOWN], id="X7 the unknown word may be it"),
        pytest.param((), "STAR", PASS, [], id="X2 of programs"),
    ],
)
def test_lines_of_business(lines: tuple[str, ...], asked: str, code: DecisionCode, warnings: list[Caution]) -> None:
    finding = judged(
        of(segment(lines_of_business=lines)), asked={"line_of_business": asked}, lob_check=Strictness.STRICT
    )
    assert (finding.code, list(finding.warnings)) == (code, warnings)


def test_x10_the_tenant_decides_what_the_umbrella_covers() -> None:
    known = of(segment(lines_of_business=("MEDICAID",)))
    asked = {"line_of_business": "STAR"}
    assert judged(known, asked=asked, lob_check=Strictness.STRICT, umbrella_covers=frozenset()).code is INACTIVE


def test_taxonomy_is_named_before_line_of_business_when_both_differ() -> None:
    known = of(segment(taxonomies=("207Q00000X",), lines_of_business=("STAR",)))
    finding = judged(
        known,
        asked={"taxonomy": "2084P0800X", "line_of_business": "CHIP"},
        taxonomy_check=Strictness.STRICT,
        lob_check=Strictness.STRICT,
    )
    assert finding.detail is Detail.TAXONOMY_NOT_ENROLLED
    assert set(finding.warnings) == {Caution.TAXONOMY_NOT_ENROLLED, Caution.LOB_NOT_ENROLLED}


@pytest.mark.parametrize(
    ("npi", "warnings"),
    [
        pytest.param("1234567890", [Caution.NPI_CHECK_DIGIT], id="V2"),
        pytest.param("0000000006", [Caution.NPI_PREFIX], id="V3"),
        pytest.param("2000000002", [], id="2 is a valid first digit"),
    ],
)
def test_doubts_about_the_npi_are_warnings(npi: str, warnings: list[Caution]) -> None:
    assert list(judged(of(segment()), asked={"npi": npi}).warnings) == warnings


@pytest.mark.parametrize(("day", "warns"), [(DOS, True), (date(2026, 3, 11), False), (date(2020, 1, 1), True)])
def test_v4_an_npi_deactivated_by_the_date_of_service_is_a_warning(day: date, warns: bool) -> None:
    finding = judged(evidence(found(segment()), npi_deactivated_on=day))
    assert (finding.code, Caution.NPI_DEACTIVATED in finding.warnings) == (PASS, warns)


@pytest.mark.parametrize(("dos", "warns"), [(date(2026, 3, 21), True), (TODAY, False)])
def test_d23_a_future_date_of_service_is_a_warning(dos: date, warns: bool) -> None:
    assert (Caution.FUTURE_DOS in judged(of(segment()), asked={"service_date": dos}).warnings) is warns


@pytest.mark.parametrize(
    ("known", "rule", "code", "partial"),
    [
        pytest.param([segment()], DosRule.FROM, PASS, False, id="covered throughout"),
        pytest.param([segment(end="2026-03-12")], DosRule.ALL, PASS, False, id="ends on the last day"),
        pytest.param([segment(end="2026-03-11")], DosRule.ALL, EXPIRED, False, id="ends the day before the last"),
        pytest.param([segment(end="2026-03-10")], DosRule.FROM, PASS, True, id="D25 ends on the first day"),
        pytest.param(
            [segment(), segment("SUSPENDED", "2026-03-11", "2026-03-11")],
            DosRule.ALL,
            INACTIVE,
            False,
            id="held between",
        ),
        pytest.param(
            [segment(), segment("SUSPENDED", "2026-03-12")], DosRule.ALL, INACTIVE, False, id="held on the last day"
        ),
        pytest.param([segment(), segment("SUSPENDED", "2026-03-13")], DosRule.ALL, PASS, False, id="held afterwards"),
        pytest.param(
            [segment(effective="2026-03-11")], DosRule.FROM, INACTIVE, False, id="the first day is not covered"
        ),
        pytest.param(
            [segment(end="2026-03-10", upstream_id="a"), segment(effective="2026-03-12", upstream_id="b")],
            DosRule.ALL,
            EXPIRED,
            False,
            id="a gap of one day",
        ),
    ],
)
def test_d25_spans(known: list[Any], rule: DosRule, code: DecisionCode, partial: bool) -> None:
    finding = judged(of(*known), asked={"service_end_date": date(2026, 3, 12)}, dos_rule=rule)
    assert (finding.code, Caution.PARTIAL_SPAN in finding.warnings) == (code, partial)


def test_s14_records_that_a_source_dropped_without_confirmation_still_answer() -> None:
    answer = found(segment())
    dropped = type(answer)(
        source=answer.source, scope=answer.scope, outcome=answer.outcome, records=answer.records, absent_since=VERIFIED
    )
    finding = judged(evidence(dropped))
    assert (finding.code, finding.warnings) == (PASS, (Caution.DISAPPEARED,))


def test_the_finding_names_the_day_that_decided() -> None:
    finding = judged(of(segment(end="2026-03-11")), asked={"service_end_date": date(2026, 3, 12)}, dos_rule=DosRule.ALL)
    assert finding.judged_on == date(2026, 3, 12)


@pytest.mark.parametrize("partial_failure", PartialFailure)
@pytest.mark.parametrize("of_nation", [empty(), failed(), found(profile("EXPIRED"))], ids=["empty", "failed", "lapsed"])
def test_s11_what_the_state_was_never_heard_to_say_is_no_absence(
    of_nation: SourceAnswer, partial_failure: PartialFailure
) -> None:
    unheard = SourceAnswer(source="tmhp_pems", scope=SourceScope.STATE, outcome=SourceOutcome.SKIPPED)

    finding = decide(claim(), evidence(unheard, national(of_nation)), Policy(partial_failure=partial_failure), TODAY)

    assert (finding.code, finding.detail) == (DecisionCode.SOURCE_UNAVAILABLE, Detail.NOTHING_RECORDED)
    assert finding.evidence_incomplete


def test_s11_a_nation_that_was_never_heard_leaves_the_states_word_and_says_so() -> None:
    unheard = national(SourceAnswer(source="caqh_proview", scope=SourceScope.NATIONAL, outcome=SourceOutcome.SKIPPED))

    finding = decide(claim(), evidence(empty(), unheard), Policy(), TODAY)

    assert (finding.code, finding.warnings) == (DecisionCode.ENROLLMENT_NOT_FOUND, (Caution.NATIONAL_UNAVAILABLE,))
