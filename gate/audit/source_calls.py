"""Verification calls to sources, as events: who was asked about whom, and what came of it. Pure."""

from collections.abc import Container, Iterator
from datetime import datetime
from typing import Final

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from gate.audit.model import Actor, AuditAction, AuditEvent
from sources.contract import ErrorKind

_NEVER_SENT: Final = frozenset({ErrorKind.CIRCUIT_OPEN, ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED})
"""Failures before anything was sent."""


def source_calls(
    evidence: Evidence, actor: Actor, at: datetime, *, news: Container[tuple[str, datetime]], is_new: bool
) -> tuple[AuditEvent, ...]:
    """One event for each call to a source that `evidence` tells of for the first time, for `actor`.

    A clean answer tells of its call in every snapshot it is part of, long after it was given and also where no claim
    had waited for it; `news` are the sources and instants (`verified_at`) not heard of before. A failure tells of its
    call in one snapshot, which `is_new` or not. `at` (UTC) is when a failure became known.
    """
    return tuple(_events(evidence, actor, at, news, is_new))


def _events(
    evidence: Evidence, actor: Actor, at: datetime, news: Container[tuple[str, datetime]], is_new: bool
) -> Iterator[AuditEvent]:
    for answer in evidence.answers:
        if answer.is_clean and answer.verified_at is not None and (answer.source, answer.verified_at) in news:
            yield _event(evidence, actor, answer, answer.outcome, answer.verified_at)
        if is_new and answer.error is not None and answer.error not in _NEVER_SENT:
            timed_out = answer.error is ErrorKind.TIMEOUT
            failure = SourceOutcome.TIMEOUT if timed_out else SourceOutcome.ERROR
            yield _event(evidence, actor, answer, failure, at, answer.error)


def _event(
    evidence: Evidence,
    actor: Actor,
    answer: SourceAnswer,
    outcome: SourceOutcome,
    at: datetime,
    error: ErrorKind | None = None,
) -> AuditEvent:
    was_timed = error is not None or answer.freshness is Freshness.LIVE
    return AuditEvent(
        actor=actor,
        action=AuditAction.SOURCE_ASKED,
        object=f"provider/{evidence.npi}",
        at=at,
        details={
            "source": answer.source,
            "state": evidence.state,
            "outcome": outcome.value,
            "error": error.value if error is not None else None,
            "records": len(answer.records) if error is None else 0,
            "milliseconds": round(answer.latency_ms) if was_timed else None,
        },
    )
