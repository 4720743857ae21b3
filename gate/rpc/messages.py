"""Between the gate's values and the public contract's messages. Nothing is decided here."""

from datetime import UTC, date, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from aggregator.evidence import Evidence, SourceAnswer
from gate.checks.model import Decision, SubmittedClaim
from gate.checks.profile import StateEnrollment
from gate.decision.model import Revalidation
from gate.decision.sentences import sentence
from gate.errors import FieldViolation, InvalidInput
from gate.rpc.enums import CODES, FRESHNESS, OUTCOMES, SCOPES, STATUSES
from gate.rpc.judgements import judgement_message, judgement_of
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2
from sources.records import EnrollmentRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_PER_DAY: Final = 86_400


def submitted(claim: claim_pb2.Claim) -> SubmittedClaim:
    """The claim as the caller sent it."""
    first, last = claim.service_date, claim.service_end_date
    return SubmittedClaim(
        correlation_id=claim.correlation_id,
        claim_id=claim.claim_id,
        line_number=claim.line_number,
        rendering_npi=claim.rendering_npi,
        billing_npi=claim.billing_npi,
        state=claim.state,
        service_date=(first.year, first.month, first.day) if claim.HasField("service_date") else None,
        service_end_date=(last.year, last.month, last.day) if claim.HasField("service_end_date") else None,
        taxonomy_code=claim.taxonomy_code,
        line_of_business=claim.line_of_business,
        charge_cents=claim.charge_cents,
    )


def day_in(message: Date, field: str) -> date:
    """The calendar date of a request's field.

    Raises:
        InvalidInput: naming `field`.
    """
    try:
        return date(message.year, message.month, message.day)
    except ValueError:
        raise InvalidInput(FieldViolation(field, "is not a calendar date")) from None


def day_message(day: date | None) -> Date | None:
    """None stays unset."""
    return Date(year=day.year, month=day.month, day=day.day) if day is not None else None


def instant_message(instant: datetime) -> Timestamp:
    """UTC."""
    message = Timestamp()
    _tell_instant(message, instant)
    return message


def known_instant_message(instant: datetime | None) -> Timestamp | None:
    """UTC; None stays unset."""
    return None if instant is None else instant_message(instant)


def instant_in(message: Timestamp, field: str) -> datetime:
    """The instant of a request's field, in UTC.

    Raises:
        InvalidInput: naming `field`.
    """
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(FieldViolation(field, "is not an instant of the years 1 to 9999")) from None


def decision_message(decision: Decision, *, explain: bool = False, brief: bool = False) -> decision_pb2.Decision:
    """The answer as it is sent; `brief` in a batch, of which a full one has to fit gRPC's default of 4 MiB."""
    message = unidentified_message(decision, explain=explain, brief=brief)
    message.decision_id = decision.decision_id
    message.claim_id = decision.submitted.claim_id
    message.line_number = decision.submitted.line_number
    message.evaluated_at.MergeFrom(instant_message(decision.evaluated_at))
    return message


def unidentified_message(decision: Decision, *, explain: bool = False, brief: bool = False) -> decision_pb2.Decision:
    """The same without what differs between claims that ask the same: which decision, of which claim, and when."""
    message = undated_message(decision, explain=explain, brief=brief)
    message.reason = sentence(decision.claim, decision.finding)
    return message


def undated_message(decision: Decision, *, explain: bool = False, brief: bool = False) -> decision_pb2.Decision:
    """The same without the reason, which alone names the day of service."""
    finding = decision.finding
    message = judgement_message(judgement_of(decision))
    answers = decision.evidence.answers if decision.evidence is not None else ()
    rest = decision_pb2.Decision(
        record=record_message(finding.record, brief=brief) if finding.record is not None else None,
        sources=[answer_message(answer, brief=brief) for answer in answers],
        revalidation=revalidation_message(finding.revalidation),
        verified_at=known_instant_message(finding.answer.verified_at if finding.answer is not None else None),
        evaluated_npi=decision.claim.npi,
        considered=considered_messages(decision) if explain else (),
    )
    message.MergeFrom(rest)
    return message


def considered_messages(decision: Decision) -> list[decision_pb2.EnrollmentRecord]:
    """Every segment that was looked at, those of the source that decided first."""
    if decision.evidence is None:
        return []
    chosen = decision.finding.answer
    ordered = sorted(decision.evidence.answers, key=lambda answer: answer is not chosen)
    return [record_message(record) for answer in ordered for record in answer.records]


def record_message(record: EnrollmentRecord, *, brief: bool = False) -> decision_pb2.EnrollmentRecord:
    """One segment as it is sent; `brief` leaves out what the decision around it says already, and the attributes."""
    # Field by field, here and below, because of every answer: one call with all of them takes three times as long.
    message = decision_pb2.EnrollmentRecord()
    message.source = record.source
    message.status = STATUSES.number(record.status)
    _tell_day(message.effective_date, record.effective)
    if record.end is not None:
        _tell_day(message.end_date, record.end)
    if record.revalidation_due is not None:
        _tell_day(message.revalidation_due_date, record.revalidation_due)
    message.lines_of_business.extend(record.lines_of_business)
    message.taxonomy_codes.extend(record.taxonomies)
    message.upstream_id = record.upstream_id
    message.reason = record.reason or ""
    if not brief:
        message.npi = record.npi
        message.state = record.state
        _tell_instant(message.verified_at, record.verified_at)
        message.attributes.update(record.attributes)
    return message


def answer_message(answer: SourceAnswer, *, brief: bool = False) -> decision_pb2.SourceAnswer:
    """What became of asking one source; `brief` leaves out when that was."""
    message = decision_pb2.SourceAnswer()
    message.source = answer.source
    message.scope = SCOPES.number(answer.scope)
    message.outcome = OUTCOMES.number(answer.outcome)
    message.error_kind = answer.error or ""
    message.latency_ms = answer.latency_ms
    message.freshness = FRESHNESS.number(answer.freshness if answer.is_clean else None)
    if answer.verified_at is not None and not brief:
        _tell_instant(message.verified_at, answer.verified_at)
    message.record_count = len(answer.records)
    return message


def revalidation_message(revalidation: Revalidation | None) -> decision_pb2.Revalidation | None:
    """Unset without a due date."""
    if revalidation is None:
        return None
    message = decision_pb2.Revalidation()
    _tell_day(message.due_date, revalidation.due_on)
    message.days_remaining = revalidation.days_remaining
    message.tier = revalidation.tier
    return message


def _tell_day(message: Date, day: date) -> None:
    message.year = day.year
    message.month = day.month
    message.day = day.day


def _tell_instant(message: Timestamp, instant: datetime) -> None:
    # The library's own conversion goes by way of calendars and takes ten times as long; every answer has several.
    since = instant - _EPOCH
    message.seconds = since.days * _SECONDS_PER_DAY + since.seconds
    message.nanos = since.microseconds * 1000


def profile_message(npi: str, entries: list[StateEnrollment]) -> enrollment_gate_pb2.ProviderProfile:
    """Everything known about one provider."""
    return enrollment_gate_pb2.ProviderProfile(npi=npi, states=[_state_message(entry) for entry in entries])


def _state_message(entry: StateEnrollment) -> enrollment_gate_pb2.StateEnrollment:
    return enrollment_gate_pb2.StateEnrollment(
        state=entry.state,
        code=CODES.number(entry.finding.code),
        detail=entry.finding.detail or "",
        warnings=entry.finding.warnings,
        records=_records(entry.evidence),
        sources=[answer_message(answer) for answer in entry.evidence.answers],
        revalidation=revalidation_message(entry.finding.revalidation),
        gaps=[
            enrollment_gate_pb2.EnrollmentGap(first_day=day_message(gap.first_day), last_day=day_message(gap.last_day))
            for gap in entry.gaps
        ],
        as_of=day_message(entry.as_of),
        service_date=day_message(entry.service_date),
        evidence_incomplete=entry.finding.evidence_incomplete,
        reason=entry.reason,
    )


def _records(evidence: Evidence) -> list[decision_pb2.EnrollmentRecord]:
    return [record_message(record) for answer in evidence.answers for record in answer.records]
