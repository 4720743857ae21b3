"""A claim as it was submitted and the answer it was given."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from aggregator.evidence import Evidence, Freshness
from gate.decision.model import Claim, ClaimAction, DecisionCode, Finding, GateMode, Policy, Verdict


class SubmittedClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller sent, not yet verified. Dates are (year, month, day), zeros where a part is missing."""

    correlation_id: str = ""
    claim_id: str = ""
    line_number: int = 0
    rendering_npi: str = ""
    billing_npi: str = ""
    state: str = ""
    service_date: tuple[int, int, int] | None = None
    service_end_date: tuple[int, int, int] | None = None
    taxonomy_code: str = ""
    line_of_business: str = ""
    charge_cents: int = 0


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One answer given: everything it was made from, by one version of the tenant's configuration."""

    decision_id: str
    tenant: str
    submitted: SubmittedClaim
    claim: Claim
    finding: Finding
    verdict: Verdict
    policy: Policy
    evidence: Evidence | None
    """None where no source had to be asked."""
    config_version: int
    config_stale: bool
    evaluated_at: datetime
    """UTC."""

    def facts(self) -> "AnswerFacts":
        """What is noted of it when it is given."""
        answer = self.finding.answer
        return AnswerFacts(
            tenant=self.tenant,
            npi=self.claim.npi,
            state=self.claim.state,
            mode=self.policy.mode,
            code=self.finding.code,
            detail=self.finding.detail or "",
            action=self.verdict.action,
            would_action=self.verdict.would_action,
            freshness=answer.freshness if answer is not None else None,
            evidence=self.evidence,
            policy=self.policy,
            labels=(
                *(self.tenant, self.claim.state, self.policy.mode.value, self.finding.code.value),
                *(self.verdict.action.value, self.verdict.would_action.value),
            ),
        )


class AnswerFacts(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What ledger, metrics and log note of an answer beside its bytes.

    One object serves all answers that say the same, and is told apart by its identity: a batch is counted by counting
    objects.
    """

    tenant: str
    npi: str
    state: str
    mode: GateMode
    code: DecisionCode
    detail: str
    """Empty where the code says it all."""
    action: ClaimAction
    would_action: ClaimAction
    freshness: Freshness | None
    """Of the record that decided; None where none did."""
    evidence: Evidence | None
    """None where no source had to be asked."""
    policy: Policy
    labels: tuple[str, ...]
    """Of the series it counts for, as plain words: to find a series by members of vocabularies takes five times as
    long."""

    @property
    def identity(self) -> tuple[object, ...]:
        """The same for answers that note the same and rest on the same objects, while one of them is held."""
        return (self.npi, self.detail, self.labels, self.freshness, id(self.evidence), id(self.policy))


class GivenAnswers(msgspec.Struct, frozen=True):
    """The answers to one request, in order."""

    facts: Sequence[AnswerFacts | None]
    """None for a claim that was answered by an error."""
    decision_ids: Sequence[str]
    """Empty for an error."""
