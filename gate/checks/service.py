"""The check: take the claim in, see whether it is in scope, ask, decide."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import uuid_utils

from aggregator.evidence import Evidence
from aggregator.panel import Panel
from aggregator.recollection import ReadyEvidence
from aggregator.resolve import Inquiry, Resolver
from gate.checks.deactivations import DeactivationList
from gate.checks.intake import FIRST_DAY_OF_MEDICAID, FURTHEST_FUTURE, accept
from gate.checks.model import Decision, SubmittedClaim
from gate.checks.panels import Panels
from gate.checks.scope import NOT_CONFIGURED, answer_without_asking
from gate.checks.turns import in_turns
from gate.clock import Clock, day_around, today_in
from gate.decision.actions import verdict
from gate.decision.model import Claim, Finding, Policy
from gate.decision.periods import ALL_DAYS, Period, same_finding
from gate.decision.rules import decide
from gate.errors import InvalidInput
from gate.tenancy.model import EffectiveConfig
from gate.tenancy.snapshot import ConfigSnapshot

_UNCONFIGURED_POLICY = Policy()


class _Question(msgspec.Struct, frozen=True):
    """A claim in scope, with the one configuration that judges it (row C16)."""

    submitted: SubmittedClaim
    claim: Claim
    config: EffectiveConfig | None
    policy: Policy
    panel: Panel | None
    answered: Finding | None
    """Set where no source has to be asked."""


class Basis(msgspec.Struct, frozen=True, eq=False):
    """What every answer to one tenant is judged by, beside claim and evidence."""

    config: EffectiveConfig | None
    config_stale: bool
    deactivations: object


class Standing(msgspec.Struct, frozen=True, eq=False, gc=False):
    """For how long an answer is the answer to every claim that asks the same.

    As long as its `Basis` is the same, too, and what it rests on is current.
    """

    good_from: datetime
    good_until: datetime
    ready: ReadyEvidence | None
    """What it rests on; None where no source had to be asked."""
    period: Period | None
    """The days of service that share the answer, but for the day that its reason names; None: no others do."""

    def holds_at(self, now: datetime) -> bool:
        """Whether it is the answer at that instant."""
        return self.good_from <= now < self.good_until and (self.ready is None or self.ready.is_current)


class CheckService:
    """Decides claims for every tenant. The tenant is the caller's credential's, never the request's.

    A decision is no answer yet: whoever gives it keeps it first (`gate.ledger.journal`) and counts it then.
    """

    def __init__(
        self,
        configurations: ConfigSnapshot,
        panels: Panels,
        resolver: Resolver,
        clock: Clock,
        deactivations: DeactivationList | None = None,
    ) -> None:
        self._configurations = configurations
        self._panels = panels
        self._resolver = resolver
        self._clock = clock
        self._deactivations = deactivations or DeactivationList(None)

    async def check(
        self, tenant: str, submitted: SubmittedClaim, *, fresh: bool = False, deadline: float | None = None
    ) -> Decision:
        """Answer one claim by `deadline` (event loop time).

        Raises:
            InvalidInput: the claim is malformed.
            StoreUnavailable: the tenant's configuration was never read.
        """
        question = self._question(tenant, submitted, "claim")
        evidence = None
        if question.panel is not None:
            evidence = await self._resolver.resolve(Inquiry(question.claim.npi, question.panel, fresh, deadline))
        return self._decide(tenant, question, evidence, self._clock())

    async def check_many(
        self,
        tenant: str,
        claims: Mapping[int, SubmittedClaim],
        *,
        fresh: bool = False,
        deadline: float | None = None,
    ) -> list[Decision | InvalidInput]:
        """Answer claims of a batch in order; `claims` are by their place in it.

        A malformed claim is answered by its error, which names its place, and never fails the others (row B3).

        Raises:
            StoreUnavailable: the tenant's configuration was never read.
        """
        questions = await self._questions(tenant, claims)
        asked = [item for item in questions if isinstance(item, _Question) and item.panel is not None]
        evidence = iter(
            await self._resolver.resolve_many(
                [Inquiry(item.claim.npi, item.panel, fresh, deadline) for item in asked if item.panel is not None]
            )
        )
        now = self._clock()
        return [
            item
            if isinstance(item, InvalidInput)
            else self._decide(tenant, item, next(evidence) if item.panel is not None else None, now)
            async for item in in_turns(questions)
        ]

    async def check_at_once(
        self, tenant: str, claims: Mapping[int, SubmittedClaim]
    ) -> list[Decision | InvalidInput | None]:
        """As `check_many`; None for each claim of which something would have to be waited for.

        Raises:
            StoreUnavailable: the tenant's configuration was never read.
        """
        questions = await self._questions(tenant, claims)
        now = self._clock()
        return [
            item if isinstance(item, InvalidInput) else self._decide_at_once(tenant, item, now)
            async for item in in_turns(questions)
        ]

    def basis(self, tenant: str) -> Basis:
        """What the tenant's claims are judged by at present.

        Raises:
            StoreUnavailable: the tenant's configuration was never read.
        """
        config = self._configurations.get(tenant)
        return Basis(config, self._configurations.is_stale, self._deactivations.edition)

    def is_still(self, basis: Basis, tenant: str) -> bool:
        """Whether nothing was configured, lost or listed anew since that was the tenant's basis.

        Raises:
            StoreUnavailable: the tenant's configuration was never read.
        """
        configurations = self._configurations
        return (
            basis.config is configurations.get(tenant)
            and basis.config_stale == configurations.is_stale
            and basis.deactivations is self._deactivations.edition
        )

    def standing(self, decision: Decision, basis: Basis) -> Standing | None:
        """For how long the decision, made on that basis, answers every claim that asks the same; None: only this one.

        Days are counted from today (rows R19, R26), so that nothing stands past midnight in the claim's state.
        """
        day_begins, day_ends = day_around(decision.evaluated_at, decision.claim.state)
        if decision.evidence is None:
            return Standing(day_begins, day_ends, None, _that_can_be_claimed(ALL_DAYS, decision.evaluated_at))
        if basis.config is None:
            return None
        ready = self._resolver.prepared(decision.claim.npi, self._panels.panel(basis.config, decision.claim.state))
        if ready is None or ready.evidence is not decision.evidence:
            return None  # it was just asked for, or is not settled, or is more than the sources said (row V4)
        # From `refresh_from` on it is asked for again with each use, so that it is renewed before it lapses.
        good_until = min(day_ends, ready.good_until, ready.refresh_from)
        period = same_finding(decision.claim, decision.evidence, today_in(decision.claim.state, decision.evaluated_at))
        if period is not None:
            period = _that_can_be_claimed(period, decision.evaluated_at)
        return Standing(max(day_begins, ready.good_from), good_until, ready, period)

    async def _questions(self, tenant: str, claims: Mapping[int, SubmittedClaim]) -> list[_Question | InvalidInput]:
        questions: list[_Question | InvalidInput] = []
        async for index, submitted in in_turns(claims.items()):
            try:
                questions.append(self._question(tenant, submitted, f"claims[{index}]"))
            except InvalidInput as error:
                questions.append(error)
        return questions

    def _question(self, tenant: str, submitted: SubmittedClaim, path: str) -> _Question:
        claim = accept(submitted, self._clock().date(), path)
        config = self._configurations.get(tenant)
        if config is None:
            return _Question(submitted, claim, None, _UNCONFIGURED_POLICY, None, NOT_CONFIGURED)
        policy = config.policy_for(claim.state, claim.line_of_business)
        answered = answer_without_asking(claim, config.enabled_states, policy)
        panel = self._panels.panel(config, claim.state) if answered is None else None
        return _Question(submitted, claim, config, policy, panel, answered)

    def _decide_at_once(self, tenant: str, question: _Question, now: datetime) -> Decision | None:
        evidence = None
        if question.panel is not None:
            evidence = self._resolver.at_hand(question.claim.npi, question.panel)
            if evidence is None:
                return None
        return self._decide(tenant, question, evidence, now)

    def _decide(self, tenant: str, question: _Question, evidence: Evidence | None, now: datetime) -> Decision:
        finding = question.answered
        if finding is None:
            evidence = self._with_deactivation(evidence or _nothing_known(question.claim))
            today = today_in(question.claim.state, now)
            finding = decide(question.claim, evidence, question.policy, today)
        return Decision(
            decision_id=str(uuid_utils.uuid7()),
            tenant=tenant,
            submitted=question.submitted,
            claim=question.claim,
            finding=finding,
            verdict=verdict(finding.code, question.policy),
            policy=question.policy,
            evidence=evidence,
            config_version=question.config.version if question.config is not None else 0,
            config_stale=self._configurations.is_stale,
            evaluated_at=now,
        )

    def _with_deactivation(self, evidence: Evidence) -> Evidence:
        """Row V4."""
        deactivated_on = self._deactivations.on(evidence.npi)
        if deactivated_on is None:
            return evidence
        return msgspec.structs.replace(evidence, npi_deactivated_on=deactivated_on)


def _that_can_be_claimed(period: Period, now: datetime) -> Period:
    """Of its days those that `accept` lets pass."""
    return period.within(FIRST_DAY_OF_MEDICAID, now.date() + FURTHEST_FUTURE)


def _nothing_known(claim: Claim) -> Evidence:
    return Evidence(npi=claim.npi, state=claim.state, answers=())
