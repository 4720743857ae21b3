"""What the gate said about a batch of claims, as results of the claims."""

from collections.abc import Iterable, Sequence
from typing import Final

from google.protobuf.descriptor import EnumDescriptor

from gate.claimfiles.asked import AskedClaim
from gate.claimfiles.results import CheckAnswer, CheckFailure
from gate.cli.client import in_words_of_status
from gate.cli.rendering import enum_name
from gate.errors import PreconditionFailed
from gate.v1 import decision_pb2, enrollment_gate_pb2

_UNAVAILABLE: Final = decision_pb2.DECISION_CODE_SOURCE_UNAVAILABLE


def had_no_turn(answers: Iterable[enrollment_gate_pb2.ClaimResult]) -> list[int]:
    """Which of them came too fast for a source."""
    return [
        index
        for index, answer in enumerate(answers)
        if answer.decision.code == _UNAVAILABLE
        and any(source.error_kind == "THROTTLED" for source in answer.decision.sources)
    ]


def by_claim(
    claims: Sequence[AskedClaim], answers: Sequence[enrollment_gate_pb2.ClaimResult]
) -> list[list[CheckAnswer | CheckFailure]]:
    """The answers come in the order of the questions.

    Raises:
        PreconditionFailed: there are more or fewer than were asked for.
    """
    questions = sum([claim.questions for claim in claims])
    if len(answers) != questions:
        raise PreconditionFailed(f"the server gave {len(answers)} answers to {questions} questions")
    following = map(_answer, answers)
    return [[next(following) for _ in range(claim.questions)] for claim in claims]


def _answer(result: enrollment_gate_pb2.ClaimResult) -> CheckAnswer | CheckFailure:
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
        claim_status=decision.suggested.claim_status,
    )


def _names(descriptor: EnumDescriptor) -> dict[int, str]:
    return {number: enum_name(descriptor, number) for number in descriptor.values_by_number}


_CODES: Final = _names(decision_pb2.DecisionCode.DESCRIPTOR)
_ACTIONS: Final = _names(decision_pb2.ClaimAction.DESCRIPTOR)
_FRESHNESS: Final = _names(decision_pb2.Freshness.DESCRIPTOR)
