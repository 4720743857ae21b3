"""Of an answer what is not about its provider. Many say the same: `gate.rpc.decision_bytes` makes it a message once."""

from typing import NamedTuple

from aggregator.evidence import Freshness, SourceAnswer
from gate.checks.model import Decision
from gate.decision.codes import suggested
from gate.decision.model import Caution, DecisionCode, Detail, GateMode, NpiRole, Verdict
from gate.rpc.enums import ACTIONS, CODES, FRESHNESS, MODES, ROLES
from gate.v1 import decision_pb2


class Judgement(NamedTuple):
    """What many answers say."""

    code: DecisionCode
    detail: Detail | None
    warnings: tuple[Caution, ...]
    verdict: Verdict
    mode: GateMode
    soft_hold: bool
    source: str
    freshness: Freshness | None
    evidence_incomplete: bool
    npi_role: NpiRole
    config_version: int
    config_stale: bool


def judgement_of(decision: Decision) -> Judgement:
    """What of the answer could be said of others."""
    finding = decision.finding
    answer = finding.answer
    answers = decision.evidence.answers if decision.evidence is not None else ()
    return Judgement(
        code=finding.code,
        detail=finding.detail,
        warnings=finding.warnings,
        verdict=decision.verdict,
        mode=decision.policy.mode,
        soft_hold=finding.soft_hold,
        source=answer.source if answer is not None else "",
        freshness=answer.freshness if answer is not None else freshness_of(answers),
        evidence_incomplete=finding.evidence_incomplete,
        npi_role=decision.claim.npi_role,
        config_version=decision.config_version,
        config_stale=decision.config_stale,
    )


def judgement_message(said: Judgement) -> decision_pb2.Decision:
    """These fields of an answer, and no others."""
    codes = suggested(said.code, said.detail, said.npi_role)
    return decision_pb2.Decision(
        code=CODES.number(said.code),
        detail=said.detail or "",
        warnings=said.warnings,
        action=ACTIONS.number(said.verdict.action),
        would_action=ACTIONS.number(said.verdict.would_action),
        mode=MODES.number(said.mode),
        soft_hold=said.soft_hold,
        source=said.source,
        freshness=FRESHNESS.number(said.freshness),
        evidence_incomplete=said.evidence_incomplete,
        failure_mode_allowed=said.verdict.failure_mode_allowed,
        suggested=decision_pb2.SuggestedCodes(carc=codes.carc, rarc=codes.rarc, claim_status=codes.claim_status),
        config_version=said.config_version,
        npi_role=ROLES.number(said.npi_role),
        config_stale=said.config_stale,
    )


def freshness_of(answers: tuple[SourceAnswer, ...]) -> Freshness | None:
    """Of an answer that rests on no record: as fresh as the first source that really answered."""
    return next((answer.freshness for answer in answers if answer.is_clean), None)
