"""The checks of one batch: what is left of it once all is given that was ready."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from gate.checks.model import Decision
from gate.checks.service import CheckService
from gate.checks.turns import in_turns
from gate.errors import InvalidInput
from gate.rpc.batch import Batch
from gate.rpc.messages import submitted
from gate.rpc.questions import Question, series_of
from gate.rpc.ready_answers import ReadyAnswer, ReadyAnswers, TenantAnswers
from gate.rpc.reply_bytes import stamp

Deadline = Callable[[], float]
"""Event loop time at which to answer with what is known; reckoned only where something has to be waited for."""


class Asked(msgspec.Struct, frozen=True):
    """By one caller of a batch: the ways in which all its claims are to be answered."""

    tenant: str
    ready: TenantAnswers | None
    fresh: bool
    deadline: Deadline
    at: datetime
    """When it was taken up; what is ready is given as of then."""


class BatchChecks:
    """Each question is checked once, however many claims ask it; and of those that differ in their days of service
    only, as few as there are periods (`gate.decision.periods`).
    """

    def __init__(
        self,
        checks: CheckService,
        learning: ReadyAnswers,
        batch: Batch,
        asked: Asked,
        unanswered: dict[Question, list[int]],
    ) -> None:
        """`unanswered` are the places of those who ask a question."""
        self._checks = checks
        self._learning = learning
        self._batch = batch
        self._asked = asked
        self._unanswered = unanswered

    async def make(self, apart: Sequence[int]) -> None:
        """Answer all that is unanswered, and the claims in the places `apart`, each by itself.

        Raises:
            StoreUnavailable: the tenant's configuration was never read.
        """
        if self._asked.ready is not None:
            await self._answer_from_memory(self._asked.ready)
        await self._answer_by_waiting(apart)

    async def _answer_from_memory(self, ready: TenantAnswers) -> None:
        """What needs no wait: of each series one question first, because mostly that answers all of it."""
        firsts = {series_of(question): question for question in reversed(self._unanswered)}
        await self._check_at_once(tuple(firsts.values()))
        async for question in in_turns(tuple(self._unanswered)):
            if firsts[series_of(question)] in self._unanswered:
                continue  # it has to be waited for, and so have all others of its series
            answer = ready.get(question, self._asked.at)
            if answer is None:
                await self._check_at_once((question,))
            else:
                for place in self._unanswered.pop(question):
                    self._batch.answers[place] = answer

    async def _check_at_once(self, questions: Sequence[Question]) -> None:
        places = [self._unanswered[question][0] for question in questions]
        claims = {place: submitted(self._batch.claims[place]) for place in places}
        checked = await self._checks.check_at_once(self._asked.tenant, claims)
        async for question, answer in in_turns(zip(questions, checked, strict=True)):
            if answer is not None:
                self._answer(question, answer)

    async def _answer_by_waiting(self, apart: Sequence[int]) -> None:
        questions = tuple(self._unanswered)
        places = [self._unanswered[question][0] for question in questions]
        checked = await self._checked([*places, *apart])
        async for question, answer in in_turns(zip(questions, checked, strict=False)):
            self._answer(question, answer)
        refused = [place for places in self._unanswered.values() for place in places]
        by_themselves = [*checked[len(questions) :], *await self._checked(refused)]
        for place, answer in zip([*apart, *refused], by_themselves, strict=True):
            if isinstance(answer, InvalidInput):
                self._batch.refuse(place, answer)
            else:
                self._batch.answer(place, ReadyAnswer.of(answer, brief=True), stamp(answer.evaluated_at))

    def _answer(self, question: Question, answer: Decision | InvalidInput) -> None:
        """All claims that ask it; where it is malformed the first one, because each is told of its own fields."""
        places = self._unanswered[question]
        if isinstance(answer, InvalidInput):
            self._batch.refuse(places.pop(0), answer)
            if not places:
                del self._unanswered[question]
            return
        ready = self._learning.learn(self._asked.ready, question, answer)
        stamped = stamp(answer.evaluated_at)
        for place in self._unanswered.pop(question):
            self._batch.answer(place, ready, stamped)

    async def _checked(self, places: Sequence[int]) -> Sequence[Decision | InvalidInput]:
        if not places:
            return ()
        claims = {place: submitted(self._batch.claims[place]) for place in places}
        asked = self._asked
        return await self._checks.check_many(asked.tenant, claims, fresh=asked.fresh, deadline=asked.deadline())
