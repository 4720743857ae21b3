"""What the evidence says about a claim: `decide`. No clock, no I/O, no tenant lookup; everything is an argument.

The rules are the rows of the decision table: which source speaks (A), whether its segments cover the date of service
(D, S), whether taxonomy and line of business match (X), how revalidation stands (R). Read top down.
"""

from datetime import date
from itertools import takewhile

import msgspec

from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from gate.decision import coverage
from gate.decision.coverage import Coverage
from gate.decision.matching import line_of_business_match, taxonomy_match
from gate.decision.model import (
    Caution,
    Claim,
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
from gate.decision.revalidation import is_soft_hold, revalidation_of
from sources.contract import ErrorKind, SourceScope
from sources.npi import has_valid_check_digit
from sources.records import EnrollmentRecord, EnrollmentStatus

_ISSUED_FIRST_DIGITS = ("1", "2")
_NOBODY_THERE = (ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED)
_SILENT = (SourceOutcome.ERROR, SourceOutcome.TIMEOUT, SourceOutcome.SKIPPED)
"""No answer. A source that could decide is only skipped where the day is past and it was never heard by then."""


def decide(claim: Claim, evidence: Evidence, policy: Policy, today: date) -> Finding:
    """The finding for `claim`. `today` is the calendar day in the claim's state."""
    chosen = evidence.chosen()
    state_answers = [answer for answer in evidence.answers if answer.scope is SourceScope.STATE]
    silent_state = [answer for answer in state_answers if answer.outcome in _SILENT]
    if chosen is None:
        finding = _nobody_knows(evidence, state_answers, silent_state, policy)
    elif chosen.scope is SourceScope.STATE:
        finding = _with_conflicting_sources(_judge(claim, chosen, policy, today), claim, state_answers, policy, today)
        if could_not_speak := _could_not_speak(chosen, evidence):
            finding = _add(finding, _primary(could_not_speak), incomplete=True)
        finding = _add(finding, _national_lapse(evidence, today))
    else:
        finding = _national(claim, chosen, state_answers, silent_state, policy, today)
    return _add(finding, _about_the_claim(claim, evidence, today))


# ── which source speaks ──────────────────────────────────────────────────────────────────────────────────────────


def _nobody_knows(
    evidence: Evidence, state_answers: list[SourceAnswer], silent_state: list[SourceAnswer], policy: Policy
) -> Finding:
    """No source holds a record (rows A4, A4b, A5, A8, C7)."""
    if not _anybody_to_ask(state_answers):
        # Only the state can say that a provider is unknown to it.
        return _unavailable(Detail.NO_SOURCE)
    national_failed = any(
        answer.outcome in _SILENT for answer in evidence.answers if answer.scope is SourceScope.NATIONAL
    )
    warnings = (Caution.NATIONAL_UNAVAILABLE,) if national_failed else ()
    if not silent_state:
        return Finding(code=DecisionCode.ENROLLMENT_NOT_FOUND, warnings=warnings)
    anybody_answered = any(answer.outcome is SourceOutcome.EMPTY for answer in evidence.answers)
    if not anybody_answered and not _never_heard(silent_state):
        return _unavailable(Detail.ALL_SOURCES_FAILED)
    if _never_heard(silent_state):
        return _unavailable(Detail.NOTHING_RECORDED, warnings)
    if policy.partial_failure is PartialFailure.NOT_FOUND:
        return Finding(code=DecisionCode.ENROLLMENT_NOT_FOUND, warnings=warnings, evidence_incomplete=True)
    return _unavailable(Detail.STATE_SOURCE_FAILED, warnings)


def _national(
    claim: Claim,
    chosen: SourceAnswer,
    state_answers: list[SourceAnswer],
    silent_state: list[SourceAnswer],
    policy: Policy,
    today: date,
) -> Finding:
    """Only a national source holds a record (rows A2, A3, A13, R22-R27).

    It may vouch for a provider whose state could not be asked, but never speak against one: a profile that lapsed
    says nothing about an enrollment that nobody could look up.
    """
    finding = _add(_judge(claim, chosen, policy, today), (Caution.NATIONAL_EVIDENCE_ONLY,))
    counts = policy.national_fallback is NationalFallback.ACCEPT
    passes = counts and finding.code is DecisionCode.PASS
    if silent_state:
        finding = _add(finding, _primary(silent_state), incomplete=True)
    if not _anybody_to_ask(state_answers):
        return finding if passes else _unavailable(Detail.NO_SOURCE, finding.warnings)
    if _never_heard(silent_state) and not passes:
        return _unavailable(Detail.NOTHING_RECORDED, finding.warnings)
    if silent_state and not passes and policy.partial_failure is PartialFailure.SOURCE_UNAVAILABLE:
        return _unavailable(Detail.STATE_SOURCE_FAILED, finding.warnings)
    return finding if counts else _not_found_despite(finding)


def _anybody_to_ask(state_answers: list[SourceAnswer]) -> bool:
    """Whether the state has a source that can be asked at all (rows C7, A17)."""
    return any(answer.error not in _NOBODY_THERE for answer in state_answers)


def _never_heard(state_answers: list[SourceAnswer]) -> bool:
    """Whether a source of the state had said nothing by the day whose knowledge is asked for (row S11).

    Absence that was never recorded is none, whatever the tenant made of a source that failed.
    """
    return any(answer.outcome is SourceOutcome.SKIPPED for answer in state_answers)


def _not_found_despite(finding: Finding) -> Finding:
    return Finding(
        code=DecisionCode.ENROLLMENT_NOT_FOUND,
        warnings=finding.warnings,
        answer=finding.answer,
        evidence_incomplete=finding.evidence_incomplete,
    )


def _unavailable(detail: Detail, warnings: tuple[Caution, ...] = ()) -> Finding:
    return Finding(code=DecisionCode.SOURCE_UNAVAILABLE, detail=detail, warnings=warnings, evidence_incomplete=True)


def _primary(failed: list[SourceAnswer]) -> tuple[Caution, ...]:
    """How the source that should have spoken failed (rows A3, A13)."""
    timed_out = failed[0].error is ErrorKind.TIMEOUT
    return (Caution.PRIMARY_TIMEOUT if timed_out else Caution.PRIMARY_UNAVAILABLE,)


def _with_conflicting_sources(
    finding: Finding, claim: Claim, state_answers: list[SourceAnswer], policy: Policy, today: date
) -> Finding:
    """Say so when a second source of the same state would have answered differently (row A15)."""
    others = [
        answer for answer in state_answers if answer.outcome is SourceOutcome.FOUND and answer is not finding.answer
    ]
    if any(_judge(claim, other, policy, today).code is not finding.code for other in others):
        return _add(finding, (Caution.DATA_CONFLICT,))
    return finding


def _could_not_speak(chosen: SourceAnswer, evidence: Evidence) -> list[SourceAnswer]:
    """Sources that would have spoken before `chosen`, or in its place with newer words, and could not (row K13)."""
    before = takewhile(lambda answer: answer is not chosen, evidence.answers)
    stale = [chosen] if chosen.error is not None else []
    return [answer for answer in before if answer.outcome in _SILENT] + stale


def _national_lapse(evidence: Evidence, today: date) -> tuple[Caution, ...]:
    """A lapsed CAQH attestation beside a state's own record (row R24)."""
    lapsed = any(coverage.attestation_lapsed(record, today) for answer in evidence.answers for record in answer.records)
    return (Caution.ATTESTATION_PAST_DUE,) if lapsed else ()


# ── what that source's segments say ──────────────────────────────────────────────────────────────────────────────


def _judge(claim: Claim, answer: SourceAnswer, policy: Policy, today: date) -> Finding:
    """The finding from one source's records: the first day of service, or every day, as the tenant's rule says."""
    first = _judge_day(claim, claim.service_date, answer, policy, today)
    if first.code is not DecisionCode.PASS or claim.service_end_date is None:
        return first
    later_days = coverage.days_on_which_something_changes(answer.records, claim.service_date, claim.service_end_date)
    for day in later_days:
        later = _judge_day(claim, day, answer, policy, today)
        if later.code is not DecisionCode.PASS:
            return later if policy.dos_rule is DosRule.ALL else _add(first, (Caution.PARTIAL_SPAN,))
    return first


def _judge_day(claim: Claim, day: date, answer: SourceAnswer, policy: Policy, today: date) -> Finding:
    found = coverage.on(day, answer.records, today)
    warnings = found.warnings + ((Caution.DISAPPEARED,) if answer.absent_since is not None else ())
    if found.code is not DecisionCode.PASS or found.record is None:
        return Finding(
            code=found.code,
            detail=found.detail,
            warnings=warnings,
            record=found.record,
            answer=answer,
            judged_on=day,
            next_start=found.next_start,
        )
    return _enrolled(claim, found, warnings, answer, policy, (day, today))


def _enrolled(
    claim: Claim,
    found: Coverage,
    warnings: tuple[Caution, ...],
    answer: SourceAnswer,
    policy: Policy,
    days: tuple[date, date],
) -> Finding:
    """Covered on the day: do taxonomy, line of business and revalidation agree (rows X, R)?"""
    day, today = days
    matches = line_of_business_match(claim.line_of_business, found.positive, policy.umbrella_covers)
    taxonomy_is_enrolled = taxonomy_match(claim.taxonomy, found.positive)
    record = _best(matches.records, claim.taxonomy)
    due = revalidation_of(record.revalidation_due, today, policy.revalidation_warning_days)
    is_past_due, must_revalidate, revalidation_warnings = _revalidation_state(record, day, today)
    warnings += revalidation_warnings + matches.warnings
    detail = None
    if not taxonomy_is_enrolled:
        warnings += (Caution.TAXONOMY_NOT_ENROLLED,)
    if not taxonomy_is_enrolled and policy.taxonomy_check is Strictness.STRICT:
        detail = Detail.TAXONOMY_NOT_ENROLLED
    elif not matches.is_enrolled and policy.lob_check is Strictness.STRICT:
        detail = Detail.LOB_NOT_ENROLLED
    elif is_past_due and policy.past_due_action is PastDueAction.PEND:
        detail = Detail.REVALIDATION_PAST_DUE
    return Finding(
        code=_CODE_OF_FAILED_MATCH.get(detail, DecisionCode.PASS),
        detail=detail,
        warnings=_ordered(warnings),
        record=record,
        answer=answer,
        judged_on=day,
        soft_hold=must_revalidate or is_past_due or is_soft_hold(due, policy.revalidation_warning_days),
        revalidation=due,
    )


_CODE_OF_FAILED_MATCH: dict[Detail | None, DecisionCode] = {
    Detail.TAXONOMY_NOT_ENROLLED: DecisionCode.ENROLLMENT_INACTIVE,
    Detail.LOB_NOT_ENROLLED: DecisionCode.ENROLLMENT_INACTIVE,
    Detail.REVALIDATION_PAST_DUE: DecisionCode.ENROLLMENT_EXPIRED,
}


def _revalidation_state(record: EnrollmentRecord, day: date, today: date) -> tuple[bool, bool, tuple[Caution, ...]]:
    """(past due, must revalidate, warnings).

    An ACTIVE record is past due from the day after the due date (rows R8, R9); where the upstream itself says
    REVALIDATION_REQUIRED, the date of service decides (rows R17, R18), and an unnamed due date proves nothing.
    """
    due = record.revalidation_due
    if record.status is EnrollmentStatus.REVALIDATION_REQUIRED:
        past_due = due is not None and day >= due
        warning = Caution.REVALIDATION_PAST_DUE if past_due else Caution.REVALIDATION_REQUIRED
        return past_due, True, (warning,)
    past_due = record.status is EnrollmentStatus.ACTIVE and due is not None and due < today
    return past_due, False, (Caution.REVALIDATION_PAST_DUE,) if past_due else ()


def _best(records: tuple[EnrollmentRecord, ...], taxonomy: str | None) -> EnrollmentRecord:
    """The covering record to show and to judge revalidation by: the most favourable, whatever the payload's order."""

    def favour(record: EnrollmentRecord) -> tuple[bool, date, date, date, str]:
        due = record.revalidation_due
        return (
            taxonomy is not None and taxonomy in record.taxonomies,
            due or date.max,
            record.end or date.max,
            record.effective,
            record.upstream_id,
        )

    return max(records, key=favour)


# ── what is said besides ─────────────────────────────────────────────────────────────────────────────────────────


def _about_the_claim(claim: Claim, evidence: Evidence, today: date) -> tuple[Caution, ...]:
    """Rows D23, V2 to V4. A check digit or a deactivation is a doubt about the claim, not about the enrollment."""
    deactivated_on = evidence.npi_deactivated_on
    doubts = {
        Caution.FUTURE_DOS: claim.service_date > today,
        Caution.NPI_CHECK_DIGIT: not has_valid_check_digit(claim.npi),
        Caution.NPI_PREFIX: claim.npi[0] not in _ISSUED_FIRST_DIGITS,
        Caution.NPI_DEACTIVATED: deactivated_on is not None and deactivated_on <= claim.service_date,
    }
    return tuple(doubt for doubt, holds in doubts.items() if holds)


def _add(finding: Finding, warnings: tuple[Caution, ...], *, incomplete: bool = False) -> Finding:
    if not warnings:
        return finding
    return msgspec.structs.replace(
        finding,
        warnings=_ordered(finding.warnings + warnings),
        evidence_incomplete=finding.evidence_incomplete or incomplete,
    )


def _ordered(warnings: tuple[Caution, ...]) -> tuple[Caution, ...]:
    return tuple(sorted(set(warnings)))
