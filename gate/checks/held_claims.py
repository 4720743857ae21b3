"""What audit mode let pass, in the log (row C11): some lines a minute, however many claims there are.

A line takes longer to write than a claim to answer. So the first is written at once; what comes within a second after
it is told by one more line, and so on.
"""

import asyncio
from collections import Counter
from collections.abc import Set as AbstractSet
from contextvars import Context
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

    def add(self, answers: GivenAnswers, held: AbstractSet[AnswerFacts]) -> None:
        self.of += len(answers.facts) - answers.facts.count(None)
        for facts, decision_id in zip(answers.facts, answers.decision_ids, strict=True):
            if facts is None or facts not in held:
                continue
            self.claims += 1
            self.codes[facts.code.value] += 1
            if len(self.first) < _NAMED_AT_MOST:
                self.first.append(_named(facts, decision_id))

    def tell(self, tenant: str) -> None:
        _log.info(
            "claims_would_pend", tenant=tenant, claims=self.claims, of=self.of, codes=self.codes, first=self.first
        )


class HeldClaims:
    """Tells of claims that would be held were their tenant's mode ENFORCE."""

    def __init__(self) -> None:
        self._untold: dict[str, _Held] = {}
        """By tenants of whom a line told less than a second ago."""

    def tell(self, tenant: str, answers: GivenAnswers, held: AbstractSet[AnswerFacts]) -> None:
        """Tell of the answers to one request, of which those with the facts in `held` would be held."""
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
