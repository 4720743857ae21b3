"""How claims are answered on the wire: with what is ready, else by a check; first those that need no wait.

Of a batch, each question is checked once, however many claims ask it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import uuid_utils

from gate.checks.model import Decision, GivenAnswers
from gate.checks.service import CheckService
from gate.clock import Clock
from gate.errors import InvalidInput
from gate.rpc.batch import Answered, Batch, is_well_identified
from gate.rpc.messages import submitted
from gate.rpc.questions import Question, question_in
from gate.rpc.ready_answers import ReadyAnswer, ReadyAnswers, TenantAnswers
from gate.rpc.reply_bytes import decision_reply, stamp
from gate.v1 import claim_pb2

LONGEST_STRETCH: Final = 1_000
"""Claims answered in a row with what is ready, at some microseconds each, before others have their turn."""
CHECKS_IN_A_ROW: Final = 100
"""Checks of a batch that wait for nothing; one takes up to 0.1 ms."""

_Checked = dict[Question, tuple[ReadyAnswer, bytes]]
"""What was answered by a check, and its stamp: not all of it is kept ready."""


class _Asked(msgspec.Struct, frozen=True):
    """By one caller of a batch: the ways in which all its claims are to be answered."""

    tenant: str
    ready: TenantAnswers | None
    fresh: bool
    deadline: float


class ClaimAnswers:
    """Answers for every tenant. A reply is no answer yet: whoever gives it keeps it first (`gate.rpc.answering`)."""

    def __init__(self, checks: CheckService, clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._alone = ReadyAnswers(checks, brief=False)
        self._in_batches = ReadyAnswers(checks, brief=True)

    async def one(
        self, tenant: str, claim: claim_pb2.Claim, *, fresh: bool, explain: bool, deadline: float
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
        decision = await self._checks.check(tenant, submitted(claim), fresh=fresh, deadline=deadline)
        if ready is not None:
            answer = self._alone.learn(ready, question, decision)
        else:
            answer = ReadyAnswer.of(decision, brief=False, explain=explain)
        return _alone(claim, answer, decision.decision_id, decision.evaluated_at)

    async def many(self, tenant: str, claims: Sequence[claim_pb2.Claim], *, fresh: bool, deadline: float) -> Answered:
        """Answer a batch with a `CheckClaimsResponse`, in order; a malformed claim by its error (row B3).

        Raises:
            InvalidInput: it is too large, or names a claim twice (rows B2, B4).
            StoreUnavailable: the tenant's configuration was never read.
        """
        batch = Batch(claims)
        asked = _Asked(tenant, None if fresh else self._in_batches.of(tenant), fresh, deadline)
        unanswered = await self._answer_at_once(batch, asked)
        if unanswered:
            await self._check(batch, asked, unanswered)
        return batch.answered()

    async def _answer_at_once(self, batch: Batch, asked: _Asked) -> dict[Question, list[int]]:
        """Answer what needs no wait. The places of all other claims, by question; those that cannot share an answer by
        one of their own.
        """
        now, ready = self._clock(), asked.ready
        batch.stamp(stamp(now))
        unfit = batch.misidentified()
        unanswered: dict[Question, list[int]] = {(place,): [place] for place in unfit}
        checked: _Checked = {}
        checks = 0
        for place, claim in enumerate(batch.claims):
            if place % LONGEST_STRETCH == LONGEST_STRETCH - 1:
                await asyncio.sleep(0)
            if place in unfit:
                continue
            question = question_in(claim)
            answer = ready.get(question, now) if ready is not None else None
            if answer is not None:
                batch.answers[place] = answer
            elif question in unanswered or not self._answer_by_check(batch, place, question, asked, checked):
                unanswered.setdefault(question, []).append(place)
            else:
                checks += 1
                if checks % CHECKS_IN_A_ROW == 0:
                    await asyncio.sleep(0)
        return unanswered

    def _answer_by_check(self, batch: Batch, place: int, question: Question, asked: _Asked, checked: _Checked) -> bool:
        """Answer the claim at that place by what is at hand about its provider; False where nothing is.

        What comes of it may answer the claims behind it, too: those that ask about other days.
        """
        if asked.ready is None:
            return False
        answered = checked.get(question)
        if answered is None:
            try:
                decision = self._checks.check_at_once(asked.tenant, submitted(batch.claims[place]), f"claims[{place}]")
            except InvalidInput as error:
                batch.refuse(place, error)
                return True
            if decision is None:
                return False
            answer = self._in_batches.learn(asked.ready, question, decision)
            answered = checked[question] = (answer, stamp(decision.evaluated_at))
        batch.answer(place, *answered)
        return True

    async def _check(self, batch: Batch, asked: _Asked, unanswered: dict[Question, list[int]]) -> None:
        """Check the first claim of each question, and answer the others alike."""
        left: list[int] = []
        first = await self._checked(batch, asked, [places[0] for places in unanswered.values()])
        for (question, places), answer in zip(unanswered.items(), first, strict=True):
            if isinstance(answer, InvalidInput):
                batch.refuse(places[0], answer)
                left += places[1:]  # each is told of its own fields
                continue
            ready = self._in_batches.learn(asked.ready, question, answer)
            stamped = stamp(answer.evaluated_at)
            for place in places:
                batch.answer(place, ready, stamped)
        for place, answer in zip(left, await self._checked(batch, asked, left), strict=True):
            if isinstance(answer, InvalidInput):
                batch.refuse(place, answer)
            else:
                batch.answer(place, ReadyAnswer.of(answer, brief=True), stamp(answer.evaluated_at))

    async def _checked(self, batch: Batch, asked: _Asked, places: Sequence[int]) -> Sequence[Decision | InvalidInput]:
        if not places:
            return ()
        claims = {place: submitted(batch.claims[place]) for place in places}
        return await self._checks.check_many(asked.tenant, claims, fresh=asked.fresh, deadline=asked.deadline)


def _alone(claim: claim_pb2.Claim, answer: ReadyAnswer, decision_id: str, evaluated_at: datetime) -> Answered:
    reply = decision_reply(decision_id, claim.claim_id, claim.line_number, answer.wire, stamp(evaluated_at))
    return Answered(reply, GivenAnswers((answer.facts,), (decision_id,)))
