"""How claims are answered on the wire: with what is ready, else by a check."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import uuid_utils

from gate.checks.model import GivenAnswers
from gate.checks.service import CheckService
from gate.clock import Clock
from gate.rpc.batch import Answered, Batch, is_well_identified
from gate.rpc.batch_checks import Asked, BatchChecks, Deadline
from gate.rpc.messages import submitted
from gate.rpc.questions import Question, question_in
from gate.rpc.ready_answers import ReadyAnswer, ReadyAnswers
from gate.rpc.reply_bytes import decision_reply, stamp
from gate.v1 import claim_pb2

LONGEST_STRETCH: Final = 1_000
"""Claims answered in a row with what is ready, at some microseconds each, before others have their turn."""


class ClaimAnswers:
    """Answers for every tenant. A reply is no answer yet: whoever gives it keeps it first (`gate.rpc.answering`)."""

    def __init__(self, checks: CheckService, clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._alone = ReadyAnswers(checks, brief=False)
        self._in_batches = ReadyAnswers(checks, brief=True)

    async def one(
        self, tenant: str, claim: claim_pb2.Claim, *, fresh: bool, explain: bool, deadline: Deadline
    ) -> Answered:
        """Answer one claim with a `CheckClaimResponse`.

        Raises:
            InvalidInput: the claim is malformed.
            StoreUnavailable: the tenant's configuration was never read.
        """
        now = self._clock()
        ready = None if fresh or explain else self._alone.of(tenant)
        if ready is not None:
            question = question_in(claim)
            answer = ready.get(question, now)
            if answer is not None and is_well_identified(claim.correlation_id, claim.claim_id, claim.line_number):
                return _alone(claim, answer, str(uuid_utils.uuid7()), now)
        decision = await self._checks.check(tenant, submitted(claim), fresh=fresh, deadline=deadline())
        if ready is not None:
            answer = self._alone.learn(ready, question, decision)
        else:
            answer = ReadyAnswer.of(decision, brief=False, explain=explain)
        return _alone(claim, answer, decision.decision_id, decision.evaluated_at)

    async def many(
        self, tenant: str, claims: Sequence[claim_pb2.Claim], *, fresh: bool, deadline: Deadline
    ) -> Answered:
        """Answer a batch with a `CheckClaimsResponse`, in order; a malformed claim by its error (row B3).

        Raises:
            InvalidInput: it is too large, or names a claim twice (rows B2, B4).
            StoreUnavailable: the tenant's configuration was never read.
        """
        batch = Batch(claims)
        asked = Asked(tenant, None if fresh else self._in_batches.of(tenant), fresh, deadline, self._clock())
        batch.stamp(stamp(asked.at))
        apart = batch.misidentified()
        unanswered = await self._answer_what_is_ready(batch, asked, apart)
        if unanswered or apart:
            await BatchChecks(self._checks, self._in_batches, batch, asked, unanswered).make(sorted(apart))
        return batch.answered()

    async def _answer_what_is_ready(
        self, batch: Batch, asked: Asked, apart: AbstractSet[int]
    ) -> dict[Question, list[int]]:
        """The places of all other claims, by question, but for those `apart`."""
        ready, now = asked.ready, asked.at
        unanswered: dict[Question, list[int]] = {}
        found: dict[Question, ReadyAnswer | None] = {}
        for place, claim in enumerate(batch.claims):
            if place % LONGEST_STRETCH == LONGEST_STRETCH - 1:
                await asyncio.sleep(0)
            if place in apart:
                continue
            question = question_in(claim)
            if question in found:
                answer = found[question]
            else:
                answer = found[question] = ready.get(question, now) if ready is not None else None
            if answer is not None:
                batch.answers[place] = answer
            else:
                unanswered.setdefault(question, []).append(place)
        return unanswered


def _alone(claim: claim_pb2.Claim, answer: ReadyAnswer, decision_id: str, evaluated_at: datetime) -> Answered:
    reply = decision_reply(decision_id, claim.claim_id, claim.line_number, answer.wire, stamp(evaluated_at))
    return Answered(reply, GivenAnswers((answer.facts,), (decision_id,)), answer.facts)
