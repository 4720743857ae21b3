"""Which row of the decision table an answer follows, and what that row says. Pure, and complete: every answer has one.

The ids are those of the decision table, as tests name them.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gate.decision.model import Caution, Claim, DecisionCode, Detail, Finding
from sources.records import EnrollmentStatus, StatusReason


class Rule(msgspec.Struct, frozen=True):
    """One row of the decision table, in a sentence."""

    row: str
    text: str


_BY_DETAIL: Final[Mapping[Detail, Rule]] = {
    Detail.NOT_CONFIGURED: Rule("C1", "A tenant without a configuration is not checked: the claim passes."),
    Detail.STATE_NOT_ENABLED: Rule("C5", "A state that the tenant has not enabled is not checked: the claim passes."),
    Detail.MODE_OFF: Rule("C13", "Where the mode is OFF nothing is checked: the claim passes."),
    Detail.NO_SOURCE: Rule("C7", "Without a source that speaks for the state no honest answer is possible."),
    Detail.ALL_SOURCES_FAILED: Rule("A5", 'When every source fails, nothing is known; that is never "not enrolled".'),
    Detail.STATE_SOURCE_FAILED: Rule(
        "A4", 'When the state\'s own source fails, absence elsewhere proves nothing; that is never "not enrolled".'
    ),
    Detail.NOTHING_RECORDED: Rule(
        "S11", "A day in the past is answered by what was recorded by then; where nothing was, nothing was known."
    ),
    Detail.INACTIVE: Rule("D13", "A period that the state calls inactive is no enrollment."),
    Detail.SUSPENDED: Rule("D14", "A suspension or payment hold that covers the date of service fails the check."),
    Detail.DENIED: Rule("D16", "An application that was denied is no enrollment."),
    Detail.TERMINATED: Rule("D11", "An enrollment that was terminated before the date of service does not cover it."),
    Detail.TERMINATED_DATE_UNKNOWN: Rule(
        "D12", "A termination without a date fails the check: nobody knows until when the enrollment held."
    ),
    Detail.NOT_YET_EFFECTIVE: Rule("D3", "An enrollment that starts after the date of service does not cover it."),
    Detail.APPLICATION_IN_FLIGHT: Rule("D15", "An application that is still pending is no enrollment."),
    Detail.TAXONOMY_NOT_ENROLLED: Rule(
        "X1", "The tenant is strict about taxonomies, and the enrollment does not list the one claimed."
    ),
    Detail.LOB_NOT_ENROLLED: Rule(
        "X5", "The tenant is strict about lines of business, and the enrollment does not include the one claimed."
    ),
    Detail.REGISTERED_ONLY: Rule(
        "D30", "Registered in Florida is not enrolled, except for the provider types for which it suffices."
    ),
    Detail.CAQH_NOT_ON_ROSTER: Rule(
        "R22", "Only CAQH answered, and a profile counts only where the provider is on the organization's roster."
    ),
    Detail.CAQH_NOT_AUTHORIZED: Rule(
        "R22", "Only CAQH answered, and a profile counts only where the provider lets the organization see it."
    ),
    Detail.CAQH_PROFILE_INCOMPLETE: Rule(
        "R22", "Only CAQH answered, and a profile counts only once it is complete and attested."
    ),
    Detail.ENDED: Rule("D6", "An enrollment that ended before the date of service does not cover it."),
    Detail.LAPSED: Rule("D17", "The state says that the enrollment lapsed."),
    Detail.GAP: Rule("S1", "The last period ended before the date of service, and the next one starts after it."),
    Detail.FAILED_TO_REVALIDATE: Rule(
        "D18", "The state says that the provider was not enrolled because it failed to revalidate."
    ),
    Detail.REVALIDATION_PAST_DUE: Rule("R9", "The tenant pends claims once the revalidation's due date has passed."),
    Detail.CAQH_ATTESTATION_EXPIRED: Rule("R23", "Only CAQH answered, and the profile's attestation has expired."),
    Detail.NPI_CHECK_DIGIT: Rule("V2", "The tenant is strict about check digits, and no provider can have this NPI."),
}

_BY_WARNING: Final[Mapping[Caution, Rule]] = {
    Caution.ATTESTATION_PAST_DUE: Rule("R24", "CAQH's attestation has expired; the state's own record decides."),
    Caution.ATTESTED_AFTER_SERVICE: Rule("R25", "CAQH's profile was attested after the date of service."),
    Caution.DATA_CONFLICT: Rule("S7", "The records contradict each other, or a second source of the state does."),
    Caution.DISAPPEARED: Rule("S14", "The source dropped these records, and has not confirmed that yet."),
    Caution.FUTURE_DOS: Rule("D23", "The date of service lies ahead; what is known may change until then."),
    Caution.LOB_NOT_ENROLLED: Rule("X5", "The enrollment does not include the line of business claimed."),
    Caution.LOB_UMBRELLA: Rule("X10", "The enrollment is in plain Medicaid, which includes the line of business."),
    Caution.LOB_UNKNOWN: Rule("X7", "The source names a line of business that is not known here."),
    Caution.NATIONAL_EVIDENCE_ONLY: Rule("A2", "Only a national source knows the provider, which proves no Medicaid."),
    Caution.NATIONAL_UNAVAILABLE: Rule("A4b", "The national source gave no answer; the state's own one suffices."),
    Caution.NPI_CHECK_DIGIT: Rule("V2", "The NPI does not end in its check digit."),
    Caution.NPI_DEACTIVATED: Rule("V4", "NPPES had deactivated the NPI by the date of service."),
    Caution.NPI_PREFIX: Rule("V3", "No NPI is issued that begins so."),
    Caution.PARTIAL_SPAN: Rule("D25", "Not every day of service is covered; the first one is, which decides here."),
    Caution.PRIMARY_TIMEOUT: Rule("A13", "The source that should have decided did not answer in time."),
    Caution.PRIMARY_UNAVAILABLE: Rule("A3", "The source that should have decided could not be asked."),
    Caution.REVALIDATION_PAST_DUE: Rule("R9", "The revalidation's due date has passed."),
    Caution.REVALIDATION_REQUIRED: Rule("R18", "The state requires revalidation, due after the date of service."),
    Caution.SINCE_EXPIRED: Rule("D7", "The enrollment has lapsed since; it covered the date of service."),
    Caution.SINCE_TERMINATED: Rule("D9", "The enrollment was terminated since; it covered the date of service."),
    Caution.TAXONOMY_NOT_ENROLLED: Rule("X1", "The enrollment does not list the taxonomy claimed."),
}

_UNKNOWN_TO_ALL: Final = Rule("A8", "Every source that counts answered, and none knows an enrollment.")
_UNKNOWN_TO_THE_STATE: Final = Rule("A4b", "The state's own source answered that it does not know the provider.")
_UNKNOWN_BY_THE_LETTER: Final = Rule(
    "A4", 'The tenant takes absence elsewhere for "not found" even while the state\'s own source fails.'
)
_ONLY_ADVISORY: Final = Rule("A2", "The tenant takes a national record for a hint only, and the state knows none.")

_NATIONAL: Final = Rule("A2", "The state knows no enrollment; the national source does, and the tenant accepts that.")
_NATIONAL_PROFILE: Final = Rule("R22", "Only CAQH answered, and the profile's attestation is current.")
_NATIONAL_IN_OUTAGE: Final = Rule("A3", "The state's source could not be asked; the national source vouches.")
_NATIONAL_IN_TIME: Final = Rule("A13", "The state's source did not answer in time; the national source vouches.")

_SPAN: Final = Rule("D25", "The first day of service is covered, and by the tenant's rule that day decides.")
_WHOLE_SPAN: Final = Rule("D25", "By the tenant's rule every day of service must be covered, and not all are.")
_HELD: Final = Rule("S6", "Of an enrollment and a suspension that cover the same day, the suspension decides.")
_REQUIRED_PAST_DUE: Final = Rule("R17", "The state requires revalidation, and it was due by the date of service.")
_REQUIRED: Final = Rule("R18", "The state requires revalidation, but not before the date of service: it still counts.")
_LIMITED: Final = Rule("D28", "Florida's limited enrollment counts as enrolled.")
_DUE_TODAY: Final = Rule("R8", "Covered; revalidation is due today, which is not past due: the claim is flagged.")
_DUE_SOON: Final = Rule("R6", "Covered; revalidation is due within the last tier: the claim is flagged.")
_FLAGGED: Final = Rule("R9", "Covered; revalidation is past due, which the tenant flags and does not pend.")
_SINCE_TERMINATED: Final = Rule("D9", "The period covers the date of service; it was terminated afterwards.")
_ON_ITS_LAST_DAY: Final = Rule("D5", "The end date is the last day covered, and it is the date of service.")
_ON_ITS_FIRST_DAY: Final = Rule("D2", "The effective date is the first day covered, and it is the date of service.")
_WITHIN: Final = Rule("D7", "The date of service lies between the effective date and the end date.")
_OPEN: Final = Rule("D1", "The date of service lies on or after the effective date, and the enrollment is open-ended.")


def rule_of(claim: Claim, finding: Finding) -> Rule:
    """The row that decided."""
    if finding.detail is not None:
        return _rule_of_detail(claim, finding, finding.detail)
    if finding.code is DecisionCode.ENROLLMENT_NOT_FOUND:
        return _rule_of_absence(finding)
    if Caution.NATIONAL_EVIDENCE_ONLY in finding.warnings:
        return _rule_of_national_record(finding)
    return _rule_of_coverage(finding)


def rule_of_warning(warning: Caution) -> Rule:
    """The row after which the warning is given."""
    return _BY_WARNING[warning]


def _rule_of_detail(claim: Claim, finding: Finding, detail: Detail) -> Rule:
    if detail is Detail.SUSPENDED and Caution.DATA_CONFLICT in finding.warnings:
        return _HELD
    if detail is Detail.REVALIDATION_PAST_DUE and _status(finding) is EnrollmentStatus.REVALIDATION_REQUIRED:
        return _REQUIRED_PAST_DUE
    if finding.judged_on is not None and finding.judged_on != claim.service_date:
        return _WHOLE_SPAN
    return _BY_DETAIL[detail]


def _rule_of_absence(finding: Finding) -> Rule:
    if Caution.NATIONAL_EVIDENCE_ONLY in finding.warnings:
        return _ONLY_ADVISORY
    if finding.evidence_incomplete:
        return _UNKNOWN_BY_THE_LETTER
    return _UNKNOWN_TO_THE_STATE if Caution.NATIONAL_UNAVAILABLE in finding.warnings else _UNKNOWN_TO_ALL


def _rule_of_national_record(finding: Finding) -> Rule:
    if Caution.PRIMARY_TIMEOUT in finding.warnings:
        return _NATIONAL_IN_TIME
    if Caution.PRIMARY_UNAVAILABLE in finding.warnings:
        return _NATIONAL_IN_OUTAGE
    return _NATIONAL if finding.record is None or finding.record.attestation is None else _NATIONAL_PROFILE


def _rule_of_coverage(finding: Finding) -> Rule:
    for warning, rule in (
        (Caution.PARTIAL_SPAN, _SPAN),
        (Caution.SINCE_TERMINATED, _SINCE_TERMINATED),
        (Caution.REVALIDATION_REQUIRED, _REQUIRED),
    ):
        if warning in finding.warnings:
            return rule
    if Caution.REVALIDATION_PAST_DUE in finding.warnings:
        return _REQUIRED_PAST_DUE if _status(finding) is EnrollmentStatus.REVALIDATION_REQUIRED else _FLAGGED
    if finding.soft_hold:
        return _DUE_TODAY if finding.revalidation is not None and not finding.revalidation.days_remaining else _DUE_SOON
    return _rule_of_dates(finding)


def _rule_of_dates(finding: Finding) -> Rule:
    record = finding.record
    if record is None:
        return _OPEN
    if record.reason is StatusReason.LIMITED_ENROLLMENT:
        return _LIMITED
    if record.end == finding.judged_on and record.end is not None:
        return _ON_ITS_LAST_DAY
    if record.effective == finding.judged_on:
        return _ON_ITS_FIRST_DAY
    return _OPEN if record.end is None else _WITHIN


def _status(finding: Finding) -> EnrollmentStatus | None:
    return finding.record.status if finding.record is not None else None
