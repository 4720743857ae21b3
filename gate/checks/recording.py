"""What is noted of every answer before it is given: counters, and a log line where a claim would have been pended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from gate.checks.model import Decision
from gate.decision.model import ClaimAction, GateMode

_log = structlog.stdlib.get_logger(__name__)


class AnswerCounter(Protocol):
    """Counts answers; see `gate.observability.metrics.Metrics.decided`."""

    def decided(self, answers: Mapping[tuple[str, ...], int], freshness: Mapping[str, int]) -> None:
        """Add to the series."""
        ...


class CountingRecorder:
    """Counts every answer and logs what audit mode let pass (row C11)."""

    def __init__(self, counter: AnswerCounter) -> None:
        self._counter = counter

    def record(self, decisions: Sequence[Decision]) -> None:
        """See `gate.checks.service.DecisionRecorder`."""
        answers: Counter[tuple[str, ...]] = Counter(
            (
                decision.tenant,
                decision.claim.state,
                decision.policy.mode.value,
                decision.finding.code.value,
                decision.verdict.action.value,
                decision.verdict.would_action.value,
            )
            for decision in decisions
        )
        freshness = Counter(
            decision.finding.answer.freshness.value for decision in decisions if decision.finding.answer is not None
        )
        self._counter.decided(answers, freshness)
        for decision in decisions:
            if decision.policy.mode is GateMode.AUDIT and decision.verdict.would_action is not ClaimAction.CONTINUE:
                _log.info(
                    "claim_would_pend",
                    tenant=decision.tenant,
                    decision_id=decision.decision_id,
                    npi=decision.claim.npi,
                    state=decision.claim.state,
                    code=decision.finding.code.value,
                    detail=decision.finding.detail,
                )
