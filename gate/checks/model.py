"""A claim as it was submitted and the answer it was given."""

from datetime import datetime

import msgspec

from aggregator.evidence import Evidence
from gate.decision.model import Claim, Finding, Policy, Verdict


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
