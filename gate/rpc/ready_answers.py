"""Answers kept ready as bytes, for claims that ask what was asked before.

A claim is answered by its question alone: provider, state, days of service, taxonomy, line of business. Its own numbers
and its charge change nothing. So the message that answers it is made once, without what differs from claim to claim,
and used again as long as deciding anew would come to the same (`gate.checks.service.Standing`). It buys a batch some
sixty microseconds a claim, of two that are left.
"""

from datetime import datetime
from typing import Final

import msgspec

from aggregator.recollection import ReadyEvidence
from gate.checks.model import AnswerFacts, Decision
from gate.checks.service import Basis, CheckService, Standing
from gate.errors import StoreUnavailable
from gate.rpc.messages import unidentified_message
from gate.v1 import claim_pb2

MOST_KEPT: Final = 100_000
"""Questions, at about a kilobyte each, and distinct facts; as many of each as evidence is kept ready for by default."""
_OF_ONE_ANSWER: Final = 2
"""Its question and its facts."""

Question = tuple[str | int, ...]
"""What of a claim its answer depends on."""


def question_in(claim: claim_pb2.Claim) -> Question:
    """Claims with equal questions have equal answers; one that has no end of service asks by a shorter one."""
    first = claim.service_date
    question = (
        claim.rendering_npi,
        claim.billing_npi,
        claim.state,
        first.year,
        first.month,
        first.day,
        claim.taxonomy_code,
        claim.line_of_business,
    )
    if not claim.HasField("service_end_date"):
        return question
    last = claim.service_end_date
    return (*question, last.year, last.month, last.day)


class ReadyAnswer(msgspec.Struct, frozen=True, eq=False):
    """The answer to a question, but for what differs from claim to claim."""

    wire: bytes
    """`gate.v1.Decision` as `unidentified_message` makes it."""
    facts: AnswerFacts

    @classmethod
    def of(cls, decision: Decision, *, brief: bool, explain: bool = False) -> "ReadyAnswer":
        """As it is sent, in a batch (`brief`) or alone."""
        message = unidentified_message(decision, brief=brief, explain=explain)
        return cls(message.SerializeToString(), decision.facts())


class _Kept(msgspec.Struct, frozen=True, eq=False):
    answer: ReadyAnswer
    good_from: datetime
    good_until: datetime
    ready: ReadyEvidence | None
    """See `gate.checks.service.Standing`, of which this is a copy: every claim pays for a look at another object."""


class TenantAnswers:
    """What is ready for one tenant, on one basis."""

    def __init__(self, basis: Basis) -> None:
        self.basis = basis
        self._kept: dict[Question, _Kept] = {}
        self._facts: dict[tuple[object, ...], AnswerFacts] = {}

    def __len__(self) -> int:
        """Questions and facts: what is answered anew leaves the facts of its last answer, with their evidence."""
        return len(self._kept) + len(self._facts)

    def get(self, question: Question, now: datetime) -> ReadyAnswer | None:
        """The answer, if it would be given at that instant."""
        kept = self._kept.get(question)
        if kept is None or not kept.good_from <= now < kept.good_until:
            return None
        ready = kept.ready
        return kept.answer if ready is None or ready.is_current else None

    def keep(self, question: Question, answer: ReadyAnswer, standing: Standing) -> ReadyAnswer:
        """Have it ready, with one object for the facts of all answers that differ in their words only."""
        facts = self._facts.setdefault(answer.facts.identity, answer.facts)
        answer = ReadyAnswer(answer.wire, facts)
        self._kept[question] = _Kept(answer, standing.good_from, standing.good_until, standing.ready)
        return answer


class ReadyAnswers:
    """What is ready for all tenants: nothing of one is ever found by another."""

    def __init__(self, checks: CheckService, *, brief: bool, most_kept: int = MOST_KEPT) -> None:
        """`brief`: as they are sent in a batch."""
        self._checks = checks
        self._brief = brief
        self._most_kept = most_kept
        self._of_tenant: dict[str, TenantAnswers] = {}
        self._count = 0

    def of(self, tenant: str) -> TenantAnswers | None:
        """What is ready for the tenant as it is configured at present; None while that is unknown."""
        answers = self._of_tenant.get(tenant)
        try:
            if answers is None or not self._checks.is_still(answers.basis, tenant):
                self._drop(tenant)
                answers = self._of_tenant[tenant] = TenantAnswers(self._checks.basis(tenant))
        except StoreUnavailable:
            self._drop(tenant)
            return None
        return answers

    def _drop(self, tenant: str) -> None:
        self._count -= len(self._of_tenant.pop(tenant, ()))

    def learn(self, answers: TenantAnswers | None, question: Question, decision: Decision) -> ReadyAnswer:
        """Make the decision an answer, and have that ready in `answers` if it stands.

        `answers` were handed out for the decision's tenant before it was decided.
        """
        answer = ReadyAnswer.of(decision, brief=self._brief)
        self._make_room()
        if answers is None or self._of_tenant.get(decision.tenant) is not answers:
            return answer
        basis = answers.basis
        # Where something was configured in between, the decision may rest on the one or the other.
        if decision.config_stale != basis.config_stale or not self._checks.is_still(basis, decision.tenant):
            return answer
        standing = self._checks.standing(decision, basis)
        if standing is not None:
            before = len(answers)
            answer = answers.keep(question, answer, standing)
            self._count += len(answers) - before
        return answer

    def _make_room(self) -> None:
        """By starting anew: learning an answer again takes microseconds, and looking after their ages as well."""
        if self._count + _OF_ONE_ANSWER > self._most_kept:
            self._of_tenant.clear()
            self._count = 0
