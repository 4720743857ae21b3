"""One claim, one segment, one piece of evidence: what the decision's tests are built from."""

from datetime import UTC, date, datetime
from typing import Any

from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from gate.decision.model import Claim
from sources.contract import ErrorKind, SourceScope
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus, StatusReason

NPI = "1234567893"
DOS = date(2026, 3, 10)
TODAY = date(2026, 3, 20)
VERIFIED = datetime(2026, 3, 20, 12, tzinfo=UTC)

STATE_SOURCE, NATIONAL_SOURCE = "tmhp_pems", "caqh_proview"


def claim(**changes: Any) -> Claim:
    return Claim(**{"npi": NPI, "state": "TX", "service_date": DOS, **changes})


def segment(
    status: str = "ACTIVE", effective: str = "2025-01-01", end: str | None = None, **more: Any
) -> EnrollmentRecord:
    return EnrollmentRecord(
        **{
            "source": STATE_SOURCE,
            "npi": NPI,
            "state": "TX",
            "status": EnrollmentStatus(status),
            "effective": date.fromisoformat(effective),
            "end": date.fromisoformat(end) if end else None,
            "verified_at": VERIFIED,
            **more,
        }
    )


def profile(
    status: str = "ACTIVE",
    attested: str = "2026-01-05",
    due: str | None = "2026-05-05",
    reason: StatusReason | None = None,
) -> EnrollmentRecord:
    """A CAQH profile."""
    on = date.fromisoformat(attested)
    return segment(
        status,
        attested,
        source=NATIONAL_SOURCE,
        reason=reason,
        attestation=Attestation(on, date.fromisoformat(due) if due else None),
    )


def found(
    *records: EnrollmentRecord, source: str = STATE_SOURCE, scope: SourceScope = SourceScope.STATE
) -> SourceAnswer:
    return SourceAnswer(source=source, scope=scope, outcome=SourceOutcome.FOUND, records=records, verified_at=VERIFIED)


def empty(source: str = STATE_SOURCE, scope: SourceScope = SourceScope.STATE) -> SourceAnswer:
    return SourceAnswer(source=source, scope=scope, outcome=SourceOutcome.EMPTY, verified_at=VERIFIED)


def failed(
    kind: ErrorKind = ErrorKind.UNREACHABLE, source: str = STATE_SOURCE, scope: SourceScope = SourceScope.STATE
) -> SourceAnswer:
    outcome = SourceOutcome.TIMEOUT if kind is ErrorKind.TIMEOUT else SourceOutcome.ERROR
    return SourceAnswer(source=source, scope=scope, outcome=outcome, error=kind)


def national(answer: SourceAnswer) -> SourceAnswer:
    """The same answer, as if the national source had given it."""
    return SourceAnswer(
        source=NATIONAL_SOURCE,
        scope=SourceScope.NATIONAL,
        outcome=answer.outcome,
        records=answer.records,
        error=answer.error,
        verified_at=answer.verified_at,
    )


def evidence(*answers: SourceAnswer, **more: Any) -> Evidence:
    return Evidence(npi=NPI, state="TX", answers=answers, **more)


def of(*records: EnrollmentRecord) -> Evidence:
    """What the state's source found, the national one knowing nothing."""
    return evidence(found(*records) if records else empty(), national(empty()))
