"""What is written about each claim of a file. Pure; `result_files` writes it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from gate.claimfiles.asked import AskedClaim, AskedLines
from gate.claimfiles.checks import severity
from gate.decision.model import ClaimAction

_ACTION_ORDER: Final = (ClaimAction.CONTINUE, ClaimAction.PEND_REVIEW, ClaimAction.PEND_MANUAL_VERIFICATION)
_ACTION_RANK: Final[dict[str, int]] = {action: rank for rank, action in enumerate(_ACTION_ORDER)}


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The gate's decision on one `CheckUnit`, enum values without their prefix."""

    code: str
    detail: str = ""
    warnings: tuple[str, ...] = ()
    action: str = ""
    would_action: str = ""
    source: str = ""
    freshness: str = ""
    decision_id: str = ""
    reason: str = ""
    claim_status: str = ""
    """Suggested for a 277CA, category:status:entity; empty where the answer is no reason to reject."""


class CheckFailure(msgspec.Struct, frozen=True, gc=False):
    """The gate refused one `CheckUnit`."""

    message: str


class LineResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer for one service line that differs from its claim."""

    line_number: int
    rendering_npi: str
    state: str
    service_date: date
    service_end_date: date
    code: str
    detail: str
    warnings: tuple[str, ...]
    action: str
    would_action: str
    source: str
    freshness: str
    decision_id: str
    reason: str


class ClaimResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer for one claim: that of its worst line (row D26). Money is in US cents, both dates are covered days."""

    claim_id: str
    claim_key: str
    rendering_npi: str
    billing_npi: str
    state: str
    service_date: date | None
    service_end_date: date | None
    charge_cents: int | None
    code: str
    detail: str
    warnings: tuple[str, ...]
    action: str
    would_action: str
    source: str
    freshness: str
    decision_id: str
    reason: str
    lines: tuple[LineResult, ...] = ()


class ClaimFailure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A claim that could not be checked, with what is known of it."""

    claim_id: str
    claim_key: str
    rendering_npi: str
    billing_npi: str
    state: str
    service_date: date | None
    service_end_date: date | None
    charge_cents: int | None
    error: str


Result = ClaimResult | ClaimFailure


def result_of(claim: AskedClaim, answers: Sequence[CheckAnswer | CheckFailure]) -> Result:
    """Put one claim's answers together, in the order of its questions.

    A claim of which any part could not be checked is a failure as a whole: what is unknown of it is not a pass.
    The action is the strictest of any line, because a claim is let through or held as one.
    """
    decided = [answer for answer in answers if isinstance(answer, CheckAnswer)]
    if claim.error or not decided or len(decided) < len(answers):
        return _failure(claim, _reasons(claim, answers))
    worst = decided[0] if len(decided) == 1 else _worst(decided)
    return ClaimResult(
        claim_id=claim.claim_id,
        claim_key=claim.claim_key,
        rendering_npi=claim.rendering_npi,
        billing_npi=claim.billing_npi,
        state=claim.state,
        service_date=claim.service_date,
        service_end_date=claim.service_end_date,
        charge_cents=claim.charge_cents,
        code=worst.code,
        detail=worst.detail,
        warnings=worst.warnings,
        action=worst.action,
        would_action=worst.would_action,
        source=worst.source,
        freshness=worst.freshness,
        decision_id=worst.decision_id,
        reason=worst.reason,
        lines=_line_results(claim.lines, decided) if claim.lines else (),
    )


def _reasons(claim: AskedClaim, answers: Sequence[CheckAnswer | CheckFailure]) -> str:
    reasons = [claim.error] if claim.error else []
    for index, answer in enumerate(answers):
        if isinstance(answer, CheckFailure):
            numbers = claim.lines[index].line_numbers if claim.lines else ()
            reasons.append(f"line {numbers[0]}: {answer.message}" if numbers else answer.message)
    return "; ".join(reasons) or "the claim was not answered"


def _worst(answers: Sequence[CheckAnswer]) -> CheckAnswer:
    """The answer with the worst code, under the strictest actions and with the warnings of all."""
    worst = max(answers, key=lambda answer: (severity(answer.code), _strictness(answer.would_action)))
    return msgspec.structs.replace(
        worst,
        warnings=tuple(dict.fromkeys(warning for answer in answers for warning in answer.warnings)),
        action=max((answer.action for answer in answers), key=_strictness),
        would_action=max((answer.would_action for answer in answers), key=_strictness),
    )


def _strictness(action: str) -> int:
    if not action:
        return -1
    return _ACTION_RANK.get(action, len(_ACTION_ORDER))


def _failure(claim: AskedClaim, error: str) -> ClaimFailure:
    return ClaimFailure(
        claim_id=claim.claim_id,
        claim_key=claim.claim_key,
        rendering_npi=claim.rendering_npi,
        billing_npi=claim.billing_npi,
        state=claim.state,
        service_date=claim.service_date,
        service_end_date=claim.service_end_date,
        charge_cents=claim.charge_cents,
        error=error,
    )


def _line_results(asked: Sequence[AskedLines], answers: Sequence[CheckAnswer]) -> tuple[LineResult, ...]:
    return tuple(
        [
            LineResult(
                line_number=line_number,
                rendering_npi=lines.rendering_npi,
                state=lines.state,
                service_date=lines.service_date,
                service_end_date=lines.service_end_date,
                code=answer.code,
                detail=answer.detail,
                warnings=answer.warnings,
                action=answer.action,
                would_action=answer.would_action,
                source=answer.source,
                freshness=answer.freshness,
                decision_id=answer.decision_id,
                reason=answer.reason,
            )
            for lines, answer in zip(asked, answers, strict=True)
            for line_number in lines.line_numbers
        ]
    )
