"""Judging a kept claim by what is known now, under the configuration in force now (rows S9, S10)."""

from datetime import timedelta
from typing import Final

import msgspec

from gate.checks.model import Decision, SubmittedClaim
from gate.checks.profile import PastAnswers
from gate.checks.service import CheckService
from gate.decision.model import ClaimAction, DecisionCode
from gate.ledger.history import KeptDecision, ReevaluationEvent, ReevaluationOutcome
from sources.contract import ErrorKind, SourceScope

_CONFIRMED_AFTER: Final = timedelta(minutes=5)
_NOBODY_THERE: Final = (None, ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED)


class Reevaluation(msgspec.Struct, frozen=True):
    """What would be answered now, and what that means for what was done. The decision itself stays what it was."""

    outcome: ReevaluationOutcome
    decision: Decision

    def event(self, kept: KeptDecision, caller: str) -> ReevaluationEvent:
        """For the ledger."""
        return ReevaluationEvent(
            decision_id=kept.entry.decision_id,
            outcome=self.outcome,
            code=self.decision.finding.code,
            detail=self.decision.finding.detail or "",
            config_version=self.decision.config_version,
            caller=caller,
            evaluated_at=self.decision.evaluated_at,
        )


async def reevaluated(
    checks: CheckService, past: PastAnswers, kept: KeptDecision, submitted: SubmittedClaim, deadline: float | None
) -> Reevaluation:
    """Ask the sources now, whatever is cached, and compare.

    Raises:
        StoreUnavailable: the tenant's configuration was never read, or the ledger cannot be.
    """
    now = await checks.check(kept.entry.tenant, submitted, fresh=True, deadline=deadline)
    outcome = outcome_of(kept, now)
    if outcome is ReevaluationOutcome.RECOUP_REVIEW and not await is_confirmed(past, now):
        outcome = ReevaluationOutcome.UNKNOWN
    return Reevaluation(outcome, now)


async def is_confirmed(past: PastAnswers, now: Decision) -> bool:
    """Whether an absence was told before, long enough ago to count as confirmed (row S14).

    A portal that was loaded by halves knows nobody. The cache sees to that while it remembers the provider; after a
    restart only the ledger does. Anything but an absence needs no confirmation.
    """
    if now.finding.code is not DecisionCode.ENROLLMENT_NOT_FOUND or now.evidence is None:
        return True
    states = [answer.source for answer in now.evidence.answers if answer.scope is SourceScope.STATE]
    before = now.evaluated_at - _CONFIRMED_AFTER
    known = await past.known_before(now.tenant, now.claim.npi, now.claim.state, states, before)
    return all(name in known and (not known[name].records or known[name].absent_since) for name in states)


def outcome_of(kept: KeptDecision, now: Decision) -> ReevaluationOutcome:
    """What differs for the claim, by what enforcing did then and would do now.

    Nothing honest can be said while a source is silent that could change the answer, nor where then or now nobody was
    asked: a mode or a state that was switched is no news of the provider.
    """
    passed = kept.entry.would_action is ClaimAction.CONTINUE
    passes = now.verdict.would_action is ClaimAction.CONTINUE
    if _is_unsure(now, passes=passes):
        return ReevaluationOutcome.UNKNOWN
    if passed == passes:
        return ReevaluationOutcome.UNCHANGED
    if kept.evidence is None or now.evidence is None:
        return ReevaluationOutcome.UNKNOWN
    return ReevaluationOutcome.RELEASABLE if passes else ReevaluationOutcome.RECOUP_REVIEW


def _is_unsure(now: Decision, *, passes: bool) -> bool:
    """Against a provider more is needed than for one: then every source that was asked must have answered."""
    if now.finding.evidence_incomplete:
        return True
    answers = now.evidence.answers if now.evidence is not None else ()
    return not passes and any(answer.error not in _NOBODY_THERE for answer in answers)
