"""What is noted of every answer before it is given: counters, and a log line where a claim would have been pended."""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

import structlog

from gate.checks.model import AnswerFacts, GivenAnswers
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

    def record(self, answers: GivenAnswers) -> None:
        """Take note of the answers to one request."""
        ...


class CountingRecorder:
    """Counts every answer and logs what audit mode let pass (row C11)."""

    def __init__(self, counter: AnswerCounter) -> None:
        self._counter = counter

    def record(self, answers: GivenAnswers) -> None:
        """See `DecisionRecorder`."""
        series: dict[tuple[str, ...], int] = {}
        freshness: dict[str, int] = {}
        held = set()
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
                held.add(facts)
        self._counter.decided(series, freshness)
        if held:
            _log_held(answers, held)


def _log_held(answers: GivenAnswers, held: AbstractSet[AnswerFacts]) -> None:
    """One line a request however many claims it had: a batch must not write ten thousand before it answers."""
    pairs = zip(answers.facts, answers.decision_ids, strict=True)
    named = [(facts, decision_id) for facts, decision_id in pairs if facts is not None and facts in held]
    _log.info(
        "claims_would_pend",
        tenant=named[0][0].tenant,
        claims=len(named),
        of=len(answers.facts) - answers.facts.count(None),
        codes=Counter(facts.code.value for facts, _ in named),
        first=[_noted(*each) for each in named[:_NAMED_AT_MOST]],
    )


def _noted(facts: AnswerFacts, decision_id: str) -> dict[str, str | None]:
    return {
        "decision_id": decision_id,
        "npi": facts.npi,
        "state": facts.state,
        "code": facts.code.value,
        "detail": facts.detail or None,
    }
