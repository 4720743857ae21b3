"""What audit mode let pass, in the log (row C11): some lines a minute, however many claims there are.

A line takes longer to write than a claim to answer. So the first is written at once; what comes within a second after
it is told by one more line, and so on.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextvars import Context
from itertools import islice
from typing import Final

import msgspec
import structlog

from gate.checks.model import AnswerFacts, GivenAnswers

TOLD_EVERY_SECONDS: Final = 1.0
_NAMED_AT_MOST: Final = 5
_log = structlog.stdlib.get_logger(__name__)


class _Held(msgspec.Struct):
    """Of one tenant, what no line has told yet."""

    claims: int = 0
    of: int = 0
    codes: Counter[str] = msgspec.field(default_factory=Counter)
    first: list[dict[str, str | None]] = msgspec.field(default_factory=list)

    def add(self, answers: GivenAnswers, held: Mapping[AnswerFacts, int]) -> None:
        self.of += len(answers.facts) - answers.facts.count(None)
        for facts, times in held.items():
            self.claims += times
            self.codes[facts.code.value] += times
        if len(self.first) < _NAMED_AT_MOST:
            pairs = zip(answers.facts, answers.decision_ids, strict=True)
            named = (_named(facts, decision_id) for facts, decision_id in pairs if facts is not None and facts in held)
            self.first += islice(named, _NAMED_AT_MOST - len(self.first))

    def tell(self, tenant: str) -> None:
        _log.info(
            "claims_would_pend", tenant=tenant, claims=self.claims, of=self.of, codes=self.codes, first=self.first
        )


class HeldClaims:
    """Tells of claims that would be held were their tenant's mode ENFORCE."""

    def __init__(self) -> None:
        self._untold: dict[str, _Held] = {}
        """By tenants of whom a line told less than a second ago."""

    def tell(self, tenant: str, answers: GivenAnswers, held: Mapping[AnswerFacts, int]) -> None:
        """Tell of the answers to one request, of which those with the facts in `held` would be held: so many."""
        untold = self._untold.get(tenant)
        if untold is not None:
            untold.add(answers, held)
            return
        told = _Held()
        told.add(answers, held)
        told.tell(tenant)
        self._wait(tenant)

    def flush(self) -> None:
        """Tell what is left."""
        for tenant, untold in self._untold.items():
            if untold.claims:
                untold.tell(tenant)
        self._untold.clear()

    def _wait(self, tenant: str) -> None:
        self._untold[tenant] = _Held()
        # In a context of its own: the line tells of many requests, and is named after none of them.
        loop = asyncio.get_running_loop()
        loop.call_later(TOLD_EVERY_SECONDS, self._waited, tenant, context=Context())

    def _waited(self, tenant: str) -> None:
        untold = self._untold.pop(tenant, None)
        if untold is not None and untold.claims:
            untold.tell(tenant)
            self._wait(tenant)


def _named(facts: AnswerFacts, decision_id: str) -> dict[str, str | None]:
    return {
        "decision_id": decision_id,
        "npi": facts.npi,
        "state": facts.state,
        "code": facts.code.value,
        "detail": facts.detail or None,
    }
