"""Decisions as the check gives them, from what they rest on."""

from datetime import date, datetime

from aggregator.evidence import Evidence
from gate.checks.model import Decision, SubmittedClaim
from gate.decision.actions import verdict
from gate.decision.model import Claim, Finding, GateMode, Policy
from gate.decision.rules import decide
from tests.ledger.builders import NOON

ENFORCING = Policy(mode=GateMode.ENFORCE)


def given(
    judged: Claim,
    known_then: Evidence | None,
    policy: Policy = ENFORCING,
    *,
    at: datetime = NOON,
    finding: Finding | None = None,
    number: int = 1,
) -> Decision:
    if finding is None:
        assert known_then is not None
        finding = decide(judged, known_then, policy, at.date())
    return Decision(
        decision_id=f"018f0000-0000-7000-8000-{number:012}",
        tenant="acme",
        submitted=SubmittedClaim(
            claim_id=f"CLM-{number}",
            rendering_npi=judged.npi,
            state=judged.state,
            service_date=_parts(judged.service_date),
            service_end_date=_parts(judged.service_end_date) if judged.service_end_date else None,
            taxonomy_code=judged.taxonomy or "",
            line_of_business=judged.line_of_business or "",
        ),
        claim=judged,
        finding=finding,
        verdict=verdict(finding.code, policy),
        policy=policy,
        evidence=known_then,
        config_version=0,
        config_stale=False,
        evaluated_at=at,
    )


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day
