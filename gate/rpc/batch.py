"""A batch of claims, and the reply to it that is being put together."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
import uuid_utils

from gate.checks.intake import LONGEST_IDENTIFIER
from gate.checks.model import AnswerFacts, GivenAnswers
from gate.errors import FieldViolation, InvalidInput
from gate.ledger.batches import GivenBatch
from gate.rpc.ready_answers import ReadyAnswer
from gate.rpc.refusals import status_of
from gate.rpc.reply_bytes import result, result_pieces
from gate.v1 import claim_pb2, enrollment_gate_pb2

LARGEST_BATCH: Final = 10_000


class Answered(msgspec.Struct, frozen=True):
    """A reply that may not leave yet."""

    reply: bytes
    answers: GivenAnswers
    """Those that `reply` says, in the same order."""
    kept: AnswerFacts | GivenBatch
    """What the ledger keeps: of a claim alone the reply, with these facts; a batch in fewer words."""


class Batch:
    """Claims by their place, and what is known of their answers; each is answered or refused once."""

    def __init__(self, claims: Sequence[claim_pb2.Claim]) -> None:
        """Read `claims`.

        Raises:
            InvalidInput: they are no batch that can be answered claim by claim (rows B2, B4).
        """
        if len(claims) > LARGEST_BATCH:
            raise InvalidInput(
                FieldViolation("claims", f"holds {len(claims)} claims; a batch may hold {LARGEST_BATCH} at most")
            )
        self.claims = claims
        # Once for all: to read a field of a message takes as long as to look up the claim's answer.
        self._correlation_ids = [claim.correlation_id for claim in claims]
        self._claim_ids = [claim.claim_id for claim in claims]
        self._line_numbers = [claim.line_number for claim in claims]
        _refuse_ambiguity(self._correlation_ids)
        self.answers: list[ReadyAnswer | None] = [None] * len(claims)
        """By place; None where there is none yet, or an error."""
        self._stamp = b""
        self._own_stamps: dict[int, bytes] = {}
        self._refusals: dict[int, bytes] = {}

    def misidentified(self) -> AbstractSet[int]:
        """The places of claims whose own numbers may be unfit (row V9), so that no other claim's answer is theirs.

        What is printable holds no control character, though not the other way round: `intake` has the last word.
        """
        if (
            "".join(self._correlation_ids).isprintable()
            and "".join(self._claim_ids).isprintable()
            and max(map(len, self._correlation_ids), default=0) <= LONGEST_IDENTIFIER
            and max(map(len, self._claim_ids), default=0) <= LONGEST_IDENTIFIER
            and min(self._line_numbers, default=0) >= 0
        ):
            return frozenset()
        return {
            place
            for place, numbers in enumerate(
                zip(self._correlation_ids, self._claim_ids, self._line_numbers, strict=True)
            )
            if not is_well_identified(*numbers)
        }

    def stamp(self, stamped: bytes) -> None:
        """When all were answered whose answer says nothing else."""
        self._stamp = stamped

    def answer(self, place: int, answer: ReadyAnswer, stamped: bytes) -> None:
        """Answer the claim at that place, at a time of its own."""
        self.answers[place] = answer
        self._own_stamps[place] = stamped

    def refuse(self, place: int, error: InvalidInput) -> None:
        """Answer the claim at that place by an error."""
        message = enrollment_gate_pb2.ClaimResult(correlation_id=self._correlation_ids[place], error=status_of(error))
        self._refusals[place] = result(message)

    def answered(self) -> Answered:
        """The reply, once every claim has its answer."""
        decision_ids = [str(uuid_utils.uuid7()) for _ in self.claims]
        stamps = [self._stamp] * len(self.claims)
        for place, stamped in self._own_stamps.items():
            stamps[place] = stamped
        told = zip(
            *(self._correlation_ids, self._claim_ids, self._line_numbers, decision_ids),
            [answer.wire if answer is not None else None for answer in self.answers],
            stamps,
            strict=True,
        )
        reply = b"".join(result_pieces(told, self._refusals))
        for place in self._refusals:
            decision_ids[place] = ""
        facts = [answer.facts if answer is not None else None for answer in self.answers]
        given = GivenBatch(
            answers=self.answers, decision_ids=decision_ids, stamp=self._stamp, own_stamps=self._own_stamps
        )
        return Answered(reply, GivenAnswers(facts, decision_ids), given)


def is_well_identified(correlation_id: str, claim_id: str, line_number: int) -> bool:
    """Whether a claim's own numbers are certainly in order."""
    return (
        correlation_id.isprintable()
        and claim_id.isprintable()
        and len(correlation_id) <= LONGEST_IDENTIFIER
        and len(claim_id) <= LONGEST_IDENTIFIER
        and line_number >= 0
    )


def _refuse_ambiguity(correlation_ids: Sequence[str]) -> None:
    named = [name for name in correlation_ids if name]
    if len(set(named)) == len(named):
        return
    first_use: dict[str, int] = {}
    for index, name in enumerate(correlation_ids):
        if name and first_use.setdefault(name, index) != index:
            raise InvalidInput(
                FieldViolation(f"claims[{index}].correlation_id", f"was used before, by claims[{first_use[name]}]")
            )
