"""What is noted of every answer before it is given: counters, and a log line where a claim would have been pended."""

from collections.abc import Mapping
from typing import Protocol

from gate.checks.held_claims import HeldClaims
from gate.checks.model import AnswerFacts, GivenAnswers
from gate.decision.model import ClaimAction, GateMode


class AnswerCounter(Protocol):
    """Counts answers; see `gate.observability.metrics.Metrics.decided`."""

    def decided(self, answers: Mapping[tuple[str, ...], int], freshness: Mapping[str, int]) -> None:
        """Add to the series; the words of a vocabulary may come as its members."""
        ...


class DecisionRecorder(Protocol):
    """Hears every answer that is about to leave and can no longer be refused. Must be quick and must not raise."""

    def record(self, answers: GivenAnswers) -> None:
        """Take note of the answers to one request."""
        ...


class CountingRecorder:
    """Counts every answer and logs what audit mode let pass (row C11)."""

    def __init__(self, counter: AnswerCounter) -> None:
        self._counter = counter
        self._held_claims = HeldClaims()

    def record(self, answers: GivenAnswers) -> None:
        """See `DecisionRecorder`."""
        series: dict[tuple[str, ...], int] = {}
        freshness: dict[str, int] = {}
        held: dict[AnswerFacts, int] = {}
        # Equal answers of a batch are mostly one object: a claim costs what counting an object does. By hand, because
        # a `Counter` takes longer to make than one answer to count.
        counts: dict[AnswerFacts | None, int] = {}
        for each in answers.facts:
            counts[each] = counts.get(each, 0) + 1
        for facts, times in counts.items():
            if facts is None:
                continue
            labels = (facts.tenant, facts.state, facts.mode, facts.code, facts.action, facts.would_action)
            series[labels] = series.get(labels, 0) + times
            if facts.freshness is not None:
                freshness[facts.freshness] = freshness.get(facts.freshness, 0) + times
            if facts.mode is GateMode.AUDIT and facts.would_action is not ClaimAction.CONTINUE:
                held[facts] = times
        self._counter.decided(series, freshness)
        if held:
            self._held_claims.tell(next(iter(held)).tenant, answers, held)

    def flush(self) -> None:
        """Log what was not logged yet; for the end."""
        self._held_claims.flush()
