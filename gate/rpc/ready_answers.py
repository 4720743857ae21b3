"""Answers kept ready as bytes, for claims that ask what was asked before.

A claim is answered by its question alone (`gate.rpc.questions`). So the message that answers it is made once, without
what differs from claim to claim, and used again as long as deciding anew would come to the same
(`gate.checks.service.Standing`). It buys a batch some sixty microseconds a claim, of two that are left.

And all days of service of one period share an answer, but for the day that its reason names
(`gate.decision.periods`). So a claim that asks about a provider what was asked about another day only is answered from
there, the first time too, which takes some four microseconds instead of sixty.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from aggregator.recollection import ReadyEvidence
from gate.checks.model import AnswerFacts, Decision
from gate.checks.service import Basis, CheckService, Standing
from gate.decision.periods import Period
from gate.decision.sentences import around_the_day, judged_day
from gate.errors import StoreUnavailable
from gate.rpc.decision_bytes import undated_bytes
from gate.rpc.questions import Question, days_of, series_of
from gate.rpc.reply_bytes import reason

MOST_KEPT: Final = 100_000
"""Questions, at about a kilobyte each, distinct facts and periods; as many of each as evidence is kept ready for by
default."""
_OF_ONE_ANSWER: Final = 3
"""Its question, its facts and its period."""


class ReadyAnswer(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The answer to a question, but for what differs from claim to claim."""

    wire: bytes
    """`gate.v1.Decision` as `unidentified_message` makes it."""
    facts: AnswerFacts

    @classmethod
    def of(cls, decision: Decision, *, brief: bool, explain: bool = False) -> "ReadyAnswer":
        """As it is sent, in a batch (`brief`) or alone."""
        undated = UndatedAnswer.of(decision, brief=brief, explain=explain)
        return undated.on(judged_day(decision.claim, decision.finding))


class UndatedAnswer(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The same for all days of a period, but for the day that its reason names."""

    wire: bytes
    """`gate.v1.Decision` as `undated_message` makes it."""
    around_the_day: tuple[str, ...]
    """See `gate.decision.sentences.around_the_day`."""
    facts: AnswerFacts

    @classmethod
    def of(cls, decision: Decision, *, brief: bool, explain: bool = False) -> "UndatedAnswer":
        """As it is sent, in a batch (`brief`) or alone."""
        wire = undated_bytes(decision, brief=brief, explain=explain)
        return cls(wire, tuple(around_the_day(decision.claim, decision.finding)), decision.facts())

    def on(self, day: date) -> ReadyAnswer:
        """The answer for a service that begins on that day."""
        return ReadyAnswer(self.wire + reason(day.isoformat().join(self.around_the_day)), self.facts)


class _Kept(msgspec.Struct, frozen=True, eq=False, gc=False):
    answer: ReadyAnswer
    good_from: datetime
    good_until: datetime
    ready: ReadyEvidence | None
    """See `gate.checks.service.Standing`, of which this is a copy: every claim pays for a look at another object."""


class _OfPeriod(msgspec.Struct, frozen=True, eq=False, gc=False):
    period: Period
    answer: UndatedAnswer
    standing: Standing


class _Room(msgspec.Struct):
    """How much is kept, of all tenants."""

    most: int
    taken: int = 0


_NO_ROOM: Final = _Room(0)


class TenantAnswers:
    """What is ready for one tenant, on one basis."""

    def __init__(self, basis: Basis, room: _Room) -> None:
        self.basis = basis
        self._room = room
        self._kept: dict[Question, _Kept] = {}
        self._facts: dict[tuple[object, ...], AnswerFacts] = {}
        self._periods: dict[Question, tuple[_OfPeriod, ...]] = {}
        self._period_count = 0

    def __len__(self) -> int:
        """Questions, facts and periods: what is answered anew leaves the facts of its last answer, with their
        evidence.
        """
        return len(self._kept) + len(self._facts) + self._period_count

    def get(self, question: Question, now: datetime) -> ReadyAnswer | None:
        """The answer, if it would be given at that instant."""
        kept = self._kept.get(question)
        if kept is not None and kept.good_from <= now < kept.good_until:
            ready = kept.ready
            if ready is None or ready.is_current:
                return kept.answer
        return self._in_period(question, now)

    def keep(self, question: Question, answer: UndatedAnswer, decision: Decision, standing: Standing) -> ReadyAnswer:
        """Have it ready, with one object for the facts of all answers that differ in their words only."""
        before = len(self)
        facts = self._facts.setdefault(answer.facts.identity, answer.facts)
        answer = UndatedAnswer(answer.wire, answer.around_the_day, facts)
        if standing.period is not None:
            self._keep_period(series_of(question), _OfPeriod(standing.period, answer, standing), decision.evaluated_at)
        dated = answer.on(judged_day(decision.claim, decision.finding))
        self._keep(question, dated, standing)
        self._room.taken += len(self) - before
        return dated

    def let_go(self) -> None:
        """Nothing is kept any more; who still holds it finds what there was."""
        self._room.taken -= len(self)
        self._room = _NO_ROOM

    def _in_period(self, question: Question, now: datetime) -> ReadyAnswer | None:
        periods = self._periods.get(series_of(question))
        days = None if periods is None else days_of(question)
        if periods is None or days is None:
            return None
        for each in periods:
            if each.period.covers(*days) and each.standing.holds_at(now):
                answer = each.answer.on(days[0])
                if self._room.taken < self._room.most:
                    self._room.taken += question not in self._kept
                    self._keep(question, answer, each.standing)
                return answer
        return None

    def _keep(self, question: Question, answer: ReadyAnswer, standing: Standing) -> None:
        self._kept[question] = _Kept(answer, standing.good_from, standing.good_until, standing.ready)

    def _keep_period(self, series: Question, new: _OfPeriod, now: datetime) -> None:
        """In place of those that are over, or are of the same days."""
        before = self._periods.get(series, ())
        others = [
            each
            for each in before
            if each.standing.holds_at(now)
            and (each.period.last < new.period.first or new.period.last < each.period.first)
        ]
        self._periods[series] = (*others, new)
        self._period_count += len(others) + 1 - len(before)


class ReadyAnswers:
    """What is ready for all tenants: nothing of one is ever found by another."""

    def __init__(self, checks: CheckService, *, brief: bool, most_kept: int = MOST_KEPT) -> None:
        """`brief`: as they are sent in a batch."""
        self._checks = checks
        self._brief = brief
        self._room = _Room(most_kept)
        self._of_tenant: dict[str, TenantAnswers] = {}

    def of(self, tenant: str) -> TenantAnswers | None:
        """What is ready for the tenant as it is configured at present; None while that is unknown."""
        answers = self._of_tenant.get(tenant)
        try:
            if answers is None or not self._checks.is_still(answers.basis, tenant):
                self._drop(tenant)
                answers = self._of_tenant[tenant] = TenantAnswers(self._checks.basis(tenant), self._room)
        except StoreUnavailable:
            self._drop(tenant)
            return None
        return answers

    def _drop(self, tenant: str) -> None:
        answers = self._of_tenant.pop(tenant, None)
        if answers is not None:
            answers.let_go()

    def learn(self, answers: TenantAnswers | None, question: Question, decision: Decision) -> ReadyAnswer:
        """Make the decision an answer, and have that ready in `answers` if it stands.

        `answers` were handed out for the decision's tenant before it was decided.
        """
        answer = UndatedAnswer.of(decision, brief=self._brief)
        self._make_room()
        standing = None if answers is None else self._standing(answers, decision)
        if answers is None or standing is None:
            return answer.on(judged_day(decision.claim, decision.finding))
        return answers.keep(question, answer, decision, standing)

    def _standing(self, answers: TenantAnswers, decision: Decision) -> Standing | None:
        if self._of_tenant.get(decision.tenant) is not answers:
            return None
        basis = answers.basis
        # Where something was configured in between, the decision may rest on the one or the other.
        if decision.config_stale != basis.config_stale or not self._checks.is_still(basis, decision.tenant):
            return None
        return self._checks.standing(decision, basis)

    def _make_room(self) -> None:
        """By starting anew: learning an answer again takes microseconds, and looking after their ages as well."""
        if self._room.taken + _OF_ONE_ANSWER > self._room.most:
            for tenant in tuple(self._of_tenant):
                self._drop(tenant)
