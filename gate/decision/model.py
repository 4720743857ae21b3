"""The words in which the gate decides: claim, policy, finding. Pure values."""

from datetime import date
from enum import StrEnum

import msgspec

from aggregator.evidence import SourceAnswer
from sources.lines_of_business import COVERED_BY_UMBRELLA
from sources.records import EnrollmentRecord


class DecisionCode(StrEnum):
    """What the evidence says; the same in every mode."""

    PASS = "PASS"  # noqa: S105 - a decision, not a password
    ENROLLMENT_INACTIVE = "ENROLLMENT_INACTIVE"
    ENROLLMENT_EXPIRED = "ENROLLMENT_EXPIRED"
    ENROLLMENT_NOT_FOUND = "ENROLLMENT_NOT_FOUND"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"


class Detail(StrEnum):
    """A finer reason than the code."""

    # The question was not asked.
    NOT_CONFIGURED = "NOT_CONFIGURED"
    STATE_NOT_ENABLED = "STATE_NOT_ENABLED"
    MODE_OFF = "MODE_OFF"
    # No honest answer.
    NO_SOURCE = "NO_SOURCE"
    ALL_SOURCES_FAILED = "ALL_SOURCES_FAILED"
    STATE_SOURCE_FAILED = "STATE_SOURCE_FAILED"
    NOTHING_RECORDED = "NOTHING_RECORDED"
    """Of an answer by what was known on a day in the past: the state had said nothing by then (row S11)."""
    # Inactive.
    INACTIVE = "INACTIVE"
    SUSPENDED = "SUSPENDED"
    DENIED = "DENIED"
    TERMINATED = "TERMINATED"
    TERMINATED_DATE_UNKNOWN = "TERMINATED_DATE_UNKNOWN"
    NOT_YET_EFFECTIVE = "NOT_YET_EFFECTIVE"
    APPLICATION_IN_FLIGHT = "APPLICATION_IN_FLIGHT"
    TAXONOMY_NOT_ENROLLED = "TAXONOMY_NOT_ENROLLED"
    LOB_NOT_ENROLLED = "LOB_NOT_ENROLLED"
    REGISTERED_ONLY = "REGISTERED_ONLY"
    CAQH_NOT_ON_ROSTER = "CAQH_NOT_ON_ROSTER"
    CAQH_NOT_AUTHORIZED = "CAQH_NOT_AUTHORIZED"
    CAQH_PROFILE_INCOMPLETE = "CAQH_PROFILE_INCOMPLETE"
    # Expired.
    ENDED = "ENDED"
    LAPSED = "LAPSED"
    GAP = "GAP"
    FAILED_TO_REVALIDATE = "FAILED_TO_REVALIDATE"
    REVALIDATION_PAST_DUE = "REVALIDATION_PAST_DUE"
    CAQH_ATTESTATION_EXPIRED = "CAQH_ATTESTATION_EXPIRED"
    # Not found.
    NPI_CHECK_DIGIT = "NPI_CHECK_DIGIT"


class Caution(StrEnum):
    """The warnings of an answer. They never change the action."""

    ATTESTATION_PAST_DUE = "ATTESTATION_PAST_DUE"
    ATTESTED_AFTER_SERVICE = "ATTESTED_AFTER_SERVICE"
    DATA_CONFLICT = "DATA_CONFLICT"
    DISAPPEARED = "DISAPPEARED"
    FUTURE_DOS = "FUTURE_DOS"
    LOB_NOT_ENROLLED = "LOB_NOT_ENROLLED"
    LOB_UMBRELLA = "LOB_UMBRELLA"
    LOB_UNKNOWN = "LOB_UNKNOWN"
    NATIONAL_EVIDENCE_ONLY = "NATIONAL_EVIDENCE_ONLY"
    NATIONAL_UNAVAILABLE = "NATIONAL_UNAVAILABLE"
    NPI_CHECK_DIGIT = "NPI_CHECK_DIGIT"
    NPI_DEACTIVATED = "NPI_DEACTIVATED"
    NPI_PREFIX = "NPI_PREFIX"
    PARTIAL_SPAN = "PARTIAL_SPAN"
    PRIMARY_TIMEOUT = "PRIMARY_TIMEOUT"
    PRIMARY_UNAVAILABLE = "PRIMARY_UNAVAILABLE"
    REVALIDATION_PAST_DUE = "REVALIDATION_PAST_DUE"
    REVALIDATION_REQUIRED = "REVALIDATION_REQUIRED"
    SINCE_EXPIRED = "SINCE_EXPIRED"
    SINCE_TERMINATED = "SINCE_TERMINATED"
    TAXONOMY_NOT_ENROLLED = "TAXONOMY_NOT_ENROLLED"


class ClaimAction(StrEnum):
    """What the claims pipeline should do."""

    CONTINUE = "CONTINUE"
    PEND_REVIEW = "PEND_REVIEW"
    PEND_MANUAL_VERIFICATION = "PEND_MANUAL_VERIFICATION"


class GateMode(StrEnum):
    """How a tenant uses the answers."""

    AUDIT = "AUDIT"
    ENFORCE = "ENFORCE"
    OFF = "OFF"


class NpiRole(StrEnum):
    """Whose NPI was judged (row V5)."""

    RENDERING = "RENDERING"
    BILLING = "BILLING"


class Strictness(StrEnum):
    """Whether a mismatch is a warning or fails the check."""

    ADVISORY = "ADVISORY"
    STRICT = "STRICT"


class OutageAction(StrEnum):
    """What happens to a claim when no honest answer is possible (rows A5-A7)."""

    PEND = "PEND"
    PASS_THROUGH = "PASS_THROUGH"  # noqa: S105 - an action, not a password


class PartialFailure(StrEnum):
    """The code when the state's own source failed and the others know nothing (row A4)."""

    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    NOT_FOUND = "NOT_FOUND"


class NationalFallback(StrEnum):
    """Whether a national record counts where the state's source is empty or down (row A2)."""

    ACCEPT = "ACCEPT"
    ADVISORY = "ADVISORY"


class PastDueAction(StrEnum):
    """What a missed revalidation deadline does (row R9)."""

    FLAG = "FLAG"
    PEND = "PEND"


class DosRule(StrEnum):
    """Which days of service must be covered (row D25)."""

    FROM = "FROM"
    ALL = "ALL"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a claim that decides. Codes are upper case, the line of business canonical."""

    npi: str
    state: str
    service_date: date
    service_end_date: date | None = None
    npi_role: NpiRole = NpiRole.RENDERING
    taxonomy: str | None = None
    line_of_business: str | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's settled choices for one state and line of business. The defaults are the product's."""

    mode: GateMode = GateMode.AUDIT
    outage_action: OutageAction = OutageAction.PEND
    partial_failure: PartialFailure = PartialFailure.SOURCE_UNAVAILABLE
    national_fallback: NationalFallback = NationalFallback.ACCEPT
    past_due_action: PastDueAction = PastDueAction.FLAG
    dos_rule: DosRule = DosRule.FROM
    taxonomy_check: Strictness = Strictness.ADVISORY
    lob_check: Strictness = Strictness.ADVISORY
    npi_check_digit: Strictness = Strictness.ADVISORY
    revalidation_warning_days: tuple[int, ...] = (90, 60, 30)
    """Tiers in days before the due date, descending; the last one sets the soft hold."""
    umbrella_covers: frozenset[str] = COVERED_BY_UMBRELLA
    """Lines of business that an enrollment in plain MEDICAID includes (row X10)."""


class Revalidation(msgspec.Struct, frozen=True):
    """How near a revalidation deadline is, counted in the state's own calendar."""

    due_on: date
    days_remaining: int
    """Negative: past due."""
    tier: str
    """REVALIDATION_90, REVALIDATION_60 …, REVALIDATION_PAST_DUE, or empty outside every window."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the evidence says about the claim, before mode and outage policy turn it into an action."""

    code: DecisionCode
    detail: Detail | None = None
    warnings: tuple[Caution, ...] = ()
    record: EnrollmentRecord | None = None
    """The record that decided."""
    answer: SourceAnswer | None = None
    """The source's answer that decided."""
    judged_on: date | None = None
    """The day of service that decided."""
    next_start: date | None = None
    """For a GAP: the day on which enrollment resumes."""
    soft_hold: bool = False
    revalidation: Revalidation | None = None
    evidence_incomplete: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What to do with the claim."""

    action: ClaimAction
    would_action: ClaimAction
    failure_mode_allowed: bool = False
