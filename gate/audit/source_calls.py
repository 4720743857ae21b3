"""Verification calls to sources, as events: who was asked about whom, and what came of it. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from gate.audit.model import Actor, AuditAction, AuditEvent
from sources.contract import ErrorKind

_NEVER_SENT: Final = frozenset({ErrorKind.CIRCUIT_OPEN, ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED})
"""Failures before anything was sent."""


def source_calls(evidence: Evidence, actor: Actor, at: datetime) -> tuple[AuditEvent, ...]:
    """One event for each source that was really asked when `evidence` was gathered, for `actor`.

    `at` (UTC) is when that was known; a source that gave a clean answer says itself when it gave it. Call it once for
    each distinct snapshot: a later claim that a remembered answer settles asks nobody.
    """
    return tuple(_events(evidence, actor, at))


def _events(evidence: Evidence, actor: Actor, at: datetime) -> Iterator[AuditEvent]:
    for answer in evidence.answers:
        outcome = _outcome_of_call(answer)
        if outcome is None:
            continue
        yield AuditEvent(
            actor=actor,
            action=AuditAction.SOURCE_ASKED,
            object=f"provider/{evidence.npi}",
            at=(answer.verified_at or at) if answer.freshness is Freshness.LIVE else at,
            details={
                "source": answer.source,
                "state": evidence.state,
                "outcome": outcome.value,
                "error": answer.error.value if answer.error is not None else None,
                "records": len(answer.records) if answer.freshness is Freshness.LIVE else 0,
                "milliseconds": round(answer.latency_ms),
            },
        )


def _outcome_of_call(answer: SourceAnswer) -> SourceOutcome | None:
    """What the call itself came to; None where there was none."""
    if answer.outcome is SourceOutcome.SKIPPED or answer.error in _NEVER_SENT:
        return None
    if answer.freshness is Freshness.LIVE:
        return answer.outcome
    if answer.freshness is Freshness.STALE and answer.error is not None:
        # It was asked and failed; what it said earlier stands in.
        return SourceOutcome.TIMEOUT if answer.error is ErrorKind.TIMEOUT else SourceOutcome.ERROR
    return None
