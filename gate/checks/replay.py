"""Judging a kept claim by the kept evidence and policy once more, and naming the rule behind its answer. Pure."""

from collections.abc import Sequence

import msgspec

from gate.checks.intake import accept
from gate.checks.model import Decision, SubmittedClaim
from gate.checks.scope import NOT_CONFIGURED, STATE_NOT_ENABLED, answer_without_asking
from gate.clock import today_in
from gate.decision.actions import verdict
from gate.decision.explaining import Rule, rule_of, rule_of_warning
from gate.decision.model import Caution, Claim, Detail, Finding
from gate.decision.rules import decide
from gate.errors import PreconditionFailed
from gate.ledger.history import KeptDecision

_BY_CONFIGURATION = {finding.detail: finding for finding in (NOT_CONFIGURED, STATE_NOT_ENABLED)}
"""Said by the tenant's states, of which a policy knows nothing: replayed as a fact of the configuration then."""


class ExplainedWarning(msgspec.Struct, frozen=True):
    """A warning as it was given, and the row it follows; None for a warning this release does not know."""

    warning: str
    rule: Rule | None


class Explanation(msgspec.Struct, frozen=True):
    """Why a decision was what it was."""

    rule: Rule
    warnings: tuple[ExplainedWarning, ...]


def replayed(kept: KeptDecision, submitted: SubmittedClaim, *, config_stale: bool) -> Decision:
    """What this release says of the same claim, evidence, policy and day.

    Raises:
        PreconditionFailed: no source was asked then, and what the ledger holds does not say why.
    """
    entry = kept.entry
    claim = accept(submitted, entry.evaluated_at.date())
    finding = _finding(kept, claim)
    return Decision(
        decision_id=entry.decision_id,
        tenant=entry.tenant,
        submitted=submitted,
        claim=claim,
        finding=finding,
        verdict=verdict(finding.code, kept.policy),
        policy=kept.policy,
        evidence=kept.evidence,
        config_version=entry.config_version,
        config_stale=config_stale,
        evaluated_at=entry.evaluated_at,
    )


def explained(kept: KeptDecision, submitted: SubmittedClaim, warnings: Sequence[str]) -> Explanation:
    """The rules behind the answer as it was given, also where this release would answer otherwise."""
    claim = accept(submitted, kept.entry.evaluated_at.date())
    return Explanation(_rule(kept, claim), tuple(ExplainedWarning(each, _rule_of_warning(each)) for each in warnings))


def _finding(kept: KeptDecision, claim: Claim) -> Finding:
    if kept.evidence is not None:
        return decide(claim, kept.evidence, kept.policy, today_in(claim.state, kept.entry.evaluated_at))
    finding = _BY_CONFIGURATION.get(_detail(kept)) or answer_without_asking(
        claim, frozenset({claim.state}), kept.policy
    )
    if finding is None:
        raise PreconditionFailed("the ledger does not say why no source was asked about this claim")
    return finding


def _rule(kept: KeptDecision, claim: Claim) -> Rule:
    given = Finding(code=kept.entry.code, detail=_detail(kept))
    try:
        finding = _finding(kept, claim)
    except PreconditionFailed:
        return rule_of(claim, given)
    says_the_same = (finding.code, finding.detail) == (given.code, given.detail)
    return rule_of(claim, finding if says_the_same else given)


def _detail(kept: KeptDecision) -> Detail | None:
    """None also for what another release said."""
    return Detail(kept.entry.detail) if kept.entry.detail in Detail.__members__ else None


def _rule_of_warning(warning: str) -> Rule | None:
    return rule_of_warning(Caution(warning)) if warning in Caution.__members__ else None
