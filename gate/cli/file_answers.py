"""What the gate said about a batch of claims, as results of the claims."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from google.protobuf.descriptor import EnumDescriptor

from gate.claimfiles.asked import AskedClaim
from gate.claimfiles.results import CheckAnswer, CheckFailure
from gate.cli.client import in_words_of_status
from gate.cli.rendering import enum_name
from gate.decision.model import DecisionCode
from gate.errors import PreconditionFailed
from gate.v1 import decision_pb2, enrollment_gate_pb2

Answer = CheckAnswer | CheckFailure


def answer_of(result: enrollment_gate_pb2.ClaimResult) -> Answer:
    """What is kept of an answer or a refusal."""
    decision = result.decision
    code = decision.code
    if not code and result.HasField("error"):
        return CheckFailure(in_words_of_status(result.error))
    return CheckAnswer(
        code=_CODES[code],
        detail=decision.detail,
        warnings=tuple(decision.warnings),
        action=_ACTIONS[decision.action],
        would_action=_ACTIONS[decision.would_action],
        source=decision.source,
        freshness=_FRESHNESS[decision.freshness],
        decision_id=decision.decision_id,
        reason=decision.reason,
        claim_status=decision.suggested.claim_status if code != _PASS else "",
    )


def had_no_turn(answer: Answer, result: enrollment_gate_pb2.ClaimResult) -> bool:
    """Whether `answer`, made of `result`, came too fast for a source."""
    return (
        isinstance(answer, CheckAnswer)
        and answer.code == DecisionCode.SOURCE_UNAVAILABLE
        and any(source.error_kind == "THROTTLED" for source in result.decision.sources)
    )


def by_claim(claims: Sequence[AskedClaim], answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers come in the order of the questions.

    Raises:
        PreconditionFailed: there are more or fewer than were asked for.
    """
    questions = sum([claim.questions for claim in claims])
    if len(answers) != questions:
        raise PreconditionFailed(f"the server gave {len(answers)} answers to {questions} questions")
    following = iter(answers)
    return [list(islice(following, claim.questions)) for claim in claims]


def _names(descriptor: EnumDescriptor) -> dict[int, str]:
    return {number: enum_name(descriptor, number) for number in descriptor.values_by_number}


_PASS: Final = decision_pb2.DECISION_CODE_PASS
_CODES: Final = _names(decision_pb2.DecisionCode.DESCRIPTOR)
_ACTIONS: Final = _names(decision_pb2.ClaimAction.DESCRIPTOR)
_FRESHNESS: Final = _names(decision_pb2.Freshness.DESCRIPTOR)
