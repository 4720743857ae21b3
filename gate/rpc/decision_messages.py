"""Between what the ledger keeps and the messages that tell of it. Nothing is decided here."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from google.protobuf.message import Message

from aggregator.evidence import Evidence
from gate.checks.reevaluation import Reevaluation
from gate.checks.replay import Explanation
from gate.errors import FieldViolation, InvalidInput
from gate.ledger.history import KeptDecision, ReevaluationEvent
from gate.ledger.model import LedgerEntry
from gate.ledger.pages import DecisionFilter, DecisionPage
from gate.rpc.enums import CODES, MODES, REEVALUATIONS, Numbers
from gate.rpc.messages import answer_message, decision_message, instant_in, instant_message, record_message
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2

_COMPARED: Final = (
    "code",
    "detail",
    "warnings",
    "action",
    "would_action",
    "soft_hold",
    "source",
    "evidence_incomplete",
    "failure_mode_allowed",
    "revalidation",
    "suggested",
    "reason",
    "evaluated_npi",
    "npi_role",
)
"""What follows from claim, evidence, policy and day. The rest says when, by whom and how quickly."""


def given_in(entry: LedgerEntry) -> decision_pb2.Decision:
    """The answer as it was sent."""
    return decision_pb2.Decision.FromString(entry.answer)


def claim_in(entry: LedgerEntry) -> claim_pb2.Claim:
    """The claim as it was submitted."""
    return claim_pb2.Claim.FromString(entry.claim)


def filter_in(message: enrollment_gate_pb2.DecisionFilter) -> DecisionFilter:
    """What the caller wants, not yet verified.

    Raises:
        InvalidInput: naming a field of which nothing can be made.
    """
    return DecisionFilter(
        claim_id=message.claim_id,
        npi=message.npi,
        state=message.state,
        code=_word(CODES, message.code, "filter.code"),
        mode=_word(MODES, message.mode, "filter.mode"),
        from_time=instant_in(message.from_time, "filter.from_time") if message.HasField("from_time") else None,
        until_time=instant_in(message.until_time, "filter.until_time") if message.HasField("until_time") else None,
    )


def page_message(page: DecisionPage) -> enrollment_gate_pb2.ListDecisionsResponse:
    """One page."""
    return enrollment_gate_pb2.ListDecisionsResponse(
        decisions=[
            enrollment_gate_pb2.RecordedDecision(
                decision=given_in(entry),
                claim=claim_in(entry),
                requested_by=entry.caller,
                request_id=entry.request_id,
            )
            for entry in page.entries
        ],
        next_page_token=page.next_page_token,
    )


def explanation_message(kept: KeptDecision, explanation: Explanation) -> enrollment_gate_pb2.DecisionExplanation:
    """Why the decision was what it was."""
    return enrollment_gate_pb2.DecisionExplanation(
        decision=_with_evidence(given_in(kept.entry), kept.evidence),
        claim=claim_in(kept.entry),
        rule=explanation.rule.row,
        rule_text=explanation.rule.text,
        configured=_author_message(kept),
        requested_by=kept.entry.caller,
        request_id=kept.entry.request_id,
        repeats=[
            enrollment_gate_pb2.RelatedDecision(
                decision_id=repeat.decision_id,
                evaluated_at=instant_message(repeat.evaluated_at),
                code=CODES.number(repeat.code),
            )
            for repeat in kept.repeats
        ],
        warnings=[
            enrollment_gate_pb2.WarningExplanation(
                warning=each.warning,
                rule=each.rule.row if each.rule is not None else "",
                rule_text=each.rule.text if each.rule is not None else "",
            )
            for each in explanation.warnings
        ],
        reevaluations=event_messages(kept.reevaluations),
    )


def reevaluation_message(reevaluation: Reevaluation) -> enrollment_gate_pb2.Reevaluation:
    """What would be answered now."""
    return enrollment_gate_pb2.Reevaluation(
        outcome=REEVALUATIONS.number(reevaluation.outcome),
        decision=decision_message(reevaluation.decision, explain=True),
    )


def event_messages(events: Sequence[ReevaluationEvent]) -> list[enrollment_gate_pb2.ReevaluationEvent]:
    """Oldest first."""
    return [
        enrollment_gate_pb2.ReevaluationEvent(
            outcome=REEVALUATIONS.number(event.outcome),
            code=CODES.number(event.code),
            detail=event.detail,
            config_version=event.config_version,
            evaluated_at=instant_message(event.evaluated_at),
            requested_by=event.caller,
        )
        for event in events
    ]


def differences(
    given: decision_pb2.Decision, recomputed: decision_pb2.Decision
) -> list[enrollment_gate_pb2.ReplayDifference]:
    """By field, what differs of that which follows from claim, evidence, policy and day."""
    return [
        enrollment_gate_pb2.ReplayDifference(field=name, given=_shown(given, name), recomputed=_shown(recomputed, name))
        for name in _COMPARED
        if _shown(given, name) != _shown(recomputed, name)
    ]


def _word(numbers: Numbers[Any], number: int, field: str) -> Any:  # noqa: ANN401 - a word of either vocabulary
    word = numbers.word(number)
    if word is None and number:
        raise InvalidInput(FieldViolation(field, "is not a value that this release knows"))
    return word


def _author_message(kept: KeptDecision) -> enrollment_gate_pb2.ConfigurationAuthor | None:
    author = kept.author
    if author is None:
        return None
    return enrollment_gate_pb2.ConfigurationAuthor(
        version=author.version,
        changed_by=author.changed_by,
        changed_at=instant_message(author.changed_at),
        reason=author.reason,
    )


def _with_evidence(given: decision_pb2.Decision, evidence: Evidence | None) -> decision_pb2.Decision:
    """As it was given, with what a batch leaves out: the whole record, the times of all answers, every segment."""
    if evidence is None:
        return given
    told = {answer.source: answer for answer in evidence.answers}
    for answer in given.sources:
        if answer.source in told:
            answer.CopyFrom(answer_message(told[answer.source]))
    records = [
        (record_message(record), record_message(record, brief=True))
        for answer in sorted(evidence.answers, key=lambda answer: answer.source != given.source)
        for record in answer.records
    ]
    del given.considered[:]
    given.considered.extend(whole for whole, _ in records)
    if given.HasField("record"):
        given.record.CopyFrom(next((whole for whole, brief in records if brief == given.record), given.record))
    return given


def _shown(decision: decision_pb2.Decision, name: str) -> str:
    field = decision.DESCRIPTOR.fields_by_name[name]
    value = getattr(decision, name)
    if field.is_repeated:
        return ", ".join(value)
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    return ", ".join(_parts(value)) if isinstance(value, Message) else str(value)


def _parts(message: Message) -> Iterator[str]:
    fields: Iterable[tuple[Any, Any]] = message.ListFields()
    for field, value in fields:
        shown = "-".join(_parts(value)) if isinstance(value, Message) else str(value)
        yield f"{field.name} {shown}"
