"""What is noted of every answer before it is given: counters, and a log line where a claim would have been pended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from itertools import chain, islice
from typing import Final, Protocol

from gate.checks.held_claims import NAMED_AT_MOST, Held, HeldClaims, NamedClaim
from gate.checks.model import AnswerFacts, GivenAnswers
from gate.decision.model import ClaimAction, GateMode
from gate.observability import request_ids

_MOST_NOTED: Final = 10_000
"""Claims. Counting so many takes less than a millisecond, and their notes hold a megabyte."""


_Note = tuple[GivenAnswers, str]
"""The answers to one request, and its name."""


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
    """Counts every answer and logs what audit mode let pass (row C11); the one and the other a moment later."""

    def __init__(self, counter: AnswerCounter) -> None:
        """Somebody else sees to it that `count` is called now and then (`gate.observability.noted.Noted`)."""
        self._counter = counter
        self._held_claims = HeldClaims()
        self._noted: list[_Note] = []
        self._claims_noted = 0
        self._nobody_s = copy_context()

    def record(self, answers: GivenAnswers) -> None:
        """See `DecisionRecorder`."""
        self._noted.append((answers, request_ids.current.get()))
        self._claims_noted += len(answers.facts)
        if self._claims_noted >= _MOST_NOTED:
            self._nobody_s.run(self.count)  # what is logged then is not this request's alone

    def count(self) -> None:
        """Count what was noted, and log what is to be logged by now."""
        noted, self._noted, self._claims_noted = self._noted, [], 0
        # Equal answers of a batch are mostly one object: a claim costs what counting an object does.
        counts = Counter(chain.from_iterable(answers.facts for answers, _ in noted))
        series: Counter[tuple[str, ...]] = Counter()
        freshness: Counter[str] = Counter()
        answered: Counter[str] = Counter()
        held: dict[str, dict[AnswerFacts, int]] = {}
        for facts, times in counts.items():
            if facts is None:
                continue
            answered[facts.tenant] += times
            series[facts.labels] += times
            if facts.freshness is not None:
                freshness[facts.freshness] += times
            if facts.mode is GateMode.AUDIT and facts.would_action is not ClaimAction.CONTINUE:
                held.setdefault(facts.tenant, {})[facts] = times
        self._counter.decided(series, freshness)
        for tenant, of_tenant in held.items():
            self._held_claims.add(tenant, _held(noted, of_tenant, answered[tenant]))
        self._held_claims.tell()

    def flush(self) -> None:
        """Count and log what was not yet; for the end."""
        self.count()
        self._held_claims.flush()


def _held(noted: Sequence[_Note], held: Mapping[AnswerFacts, int], of: int) -> Held:
    codes: Counter[str] = Counter()
    for facts, times in held.items():
        codes[facts.code.value] += times
    named = (
        NamedClaim(decision_id, request_id, facts.npi, facts.state, facts.code.value, facts.detail or None)
        for answers, request_id in noted
        for facts, decision_id in zip(answers.facts, answers.decision_ids, strict=True)
        if facts is not None and facts in held
    )
    return Held(codes.total(), of, codes, list(islice(named, NAMED_AT_MOST)))
