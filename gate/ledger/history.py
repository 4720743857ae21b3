"""What the ledger tells of a decision. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from aggregator.evidence import Evidence
from gate.decision.model import DecisionCode, Policy
from gate.ledger.model import LedgerEntry


class ConfigurationAuthor(msgspec.Struct, frozen=True):
    """Who set a version of the tenant's configuration, when (UTC), and why."""

    version: int
    changed_by: str
    changed_at: datetime
    reason: str


class RelatedDecision(msgspec.Struct, frozen=True):
    """Another answer about the same claim and line (row B5)."""

    decision_id: str
    evaluated_at: datetime
    code: DecisionCode


class ReevaluationOutcome(StrEnum):
    """What judging a claim anew means for what was done with it. Names are stored."""

    UNCHANGED = "UNCHANGED"
    RELEASABLE = "RELEASABLE"
    """It failed then and passes now: a pended claim can be released (row S9)."""
    RECOUP_REVIEW = "RECOUP_REVIEW"
    """It passed then and fails now: somebody has to look at what was paid; nothing happens by itself (row S10)."""
    UNKNOWN = "UNKNOWN"
    """No honest comparison is possible at present. Never stored."""


class ReevaluationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Judging a decision's claim anew came to another outcome than the time before."""

    decision_id: str
    outcome: ReevaluationOutcome
    code: DecisionCode
    """What would have been answered then."""
    detail: str
    config_version: int
    """The version then in force."""
    caller: str
    evaluated_at: datetime
    """UTC."""


class KeptDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision and everything it rests on."""

    entry: LedgerEntry
    evidence: Evidence | None
    """None where no source had to be asked."""
    policy: Policy
    author: ConfigurationAuthor | None
    """None where the deployment's defaults were in force."""
    repeats: Sequence[RelatedDecision] = ()
    """Oldest first, without this one."""
    reevaluations: Sequence[ReevaluationEvent] = ()
    """Oldest first."""
