"""What is noted of every answer before it is given: counters, and a log line where a claim would have been pended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import structlog

from gate.checks.model import Decision
from gate.decision.model import ClaimAction, GateMode

_NAMED_AT_MOST: Final = 5
_log = structlog.stdlib.get_logger(__name__)


class AnswerCounter(Protocol):
    """Counts answers; see `gate.observability.metrics.Metrics.decided`."""

    def decided(self, answers: Mapping[tuple[str, ...], int], freshness: Mapping[str, int]) -> None:
        """Add to the series; the words of a vocabulary may come as its members."""
        ...


class DecisionRecorder(Protocol):
    """Hears every answer that is about to leave and can no longer be refused. Must be quick and must not raise."""

    def record(self, decisions: Sequence[Decision]) -> None:
        """Take note of the answers to one request."""
        ...


class CountingRecorder:
    """Counts every answer and logs what audit mode let pass (row C11)."""

    def __init__(self, counter: AnswerCounter) -> None:
        self._counter = counter

    def record(self, decisions: Sequence[Decision]) -> None:
        """See `DecisionRecorder`."""
        # One pass over plain dictionaries, because every claim pays: for one alone, half of what counters take.
        answers: dict[tuple[str, ...], int] = {}
        freshness: dict[str, int] = {}
        held = []
        for decision in decisions:
            finding, mode, verdict = decision.finding, decision.policy.mode, decision.verdict
            answer = (decision.tenant, decision.claim.state, mode, finding.code, verdict.action, verdict.would_action)
            answers[answer] = answers.get(answer, 0) + 1
            if finding.answer is not None:
                fresh = finding.answer.freshness
                freshness[fresh] = freshness.get(fresh, 0) + 1
            if mode is GateMode.AUDIT and verdict.would_action is not ClaimAction.CONTINUE:
                held.append(decision)
        self._counter.decided(answers, freshness)
        if held:
            # One line a request however many claims it had: a batch must not write ten thousand before it answers.
            _log.info(
                "claims_would_pend",
                tenant=held[0].tenant,
                claims=len(held),
                of=len(decisions),
                codes=Counter(decision.finding.code.value for decision in held),
                first=[_noted(decision) for decision in held[:_NAMED_AT_MOST]],
            )


def _noted(decision: Decision) -> dict[str, str | None]:
    return {
        "decision_id": decision.decision_id,
        "npi": decision.claim.npi,
        "state": decision.claim.state,
        "code": decision.finding.code.value,
        "detail": decision.finding.detail,
    }
