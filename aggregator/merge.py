"""How the answers of several sources become one piece of evidence: by priority, never by arrival. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from aggregator.knowledge import KnownAnswer
from sources.contract import EnrollmentSource, ErrorKind, SourceDescription, SourceScope


def by_priority(sources: Iterable[EnrollmentSource]) -> tuple[EnrollmentSource, ...]:
    """The sources in the order in which they decide.

    A state's own before national ones, then by priority number. Among equals the order given (the configured one)
    stands, because the sort is stable (row A15).
    """
    return tuple(
        sorted(
            sources,
            key=lambda source: (source.description.scope is SourceScope.NATIONAL, source.description.priority),
        )
    )


def settled(order: Sequence[SourceDescription], answers: Mapping[str, SourceAnswer]) -> bool:
    """Whether no outstanding source could change who decides.

    True once the records of some source are preceded by final answers only, or once everybody answered. An error is
    a final answer too: it falls through to the next source (rows A1-A5, A14).
    """
    for description in order:
        answer = answers.get(description.name)
        if answer is None:
            return False
        if answer.outcome is SourceOutcome.FOUND:
            return True
    return True


def assemble(
    npi: str,
    state: str,
    order: Sequence[SourceDescription],
    answers: Mapping[str, SourceAnswer],
    stand_ins: Mapping[str, KnownAnswer],
) -> Evidence:
    """All answers in order of priority, as they stand.

    A source without an answer is SKIPPED where it could not have changed who decides, and a TIMEOUT where it could;
    either way its stand-in, the records it was last known to have, is shown instead where there is one.
    """
    silent = skipped if settled(order, answers) else timed_out
    return Evidence(
        npi=npi,
        state=state,
        answers=tuple(
            answers.get(description.name) or standing_in(silent(description), stand_ins.get(description.name))
            for description in order
        ),
    )


def recollected(npi: str, state: str, order: Sequence[SourceDescription], known: Mapping[str, KnownAnswer]) -> Evidence:
    """Evidence of a day in the past, by what each source had said last; one never heard by then is SKIPPED.

    Nobody is asked, so every answer is STALE: how old it was tells its `verified_at`.
    """
    return Evidence(
        npi=npi,
        state=state,
        answers=tuple(
            skipped(description)
            if (answer := known.get(description.name)) is None
            else answered(description, answer, Freshness.STALE)
            for description in order
        ),
    )


def answered(
    description: SourceDescription, known: KnownAnswer, freshness: Freshness, latency_ms: float = 0.0
) -> SourceAnswer:
    """A clean answer, live or remembered."""
    return SourceAnswer(
        source=description.name,
        scope=description.scope,
        outcome=SourceOutcome.FOUND if known.records else SourceOutcome.EMPTY,
        records=known.records,
        latency_ms=latency_ms,
        verified_at=known.verified_at,
        freshness=freshness,
        absent_since=known.absent_since if known.records else None,
    )


def skipped(description: SourceDescription) -> SourceAnswer:
    """Not waited for."""
    return SourceAnswer(source=description.name, scope=description.scope, outcome=SourceOutcome.SKIPPED)


def timed_out(description: SourceDescription) -> SourceAnswer:
    """No answer within the time there was."""
    return failed(description, ErrorKind.TIMEOUT)


def failed(description: SourceDescription, kind: ErrorKind, latency_ms: float = 0.0) -> SourceAnswer:
    """No clean answer."""
    return SourceAnswer(
        source=description.name,
        scope=description.scope,
        outcome=SourceOutcome.TIMEOUT if kind is ErrorKind.TIMEOUT else SourceOutcome.ERROR,
        error=kind,
        latency_ms=latency_ms,
    )


def standing_in(answer: SourceAnswer, stand_in: KnownAnswer | None) -> SourceAnswer:
    """`stand_in` in the place of an answer that is not clean; it keeps the error that made it necessary (row K13)."""
    if stand_in is None:
        return answer
    return SourceAnswer(
        source=answer.source,
        scope=answer.scope,
        outcome=SourceOutcome.FOUND,
        records=stand_in.records,
        error=answer.error,
        latency_ms=answer.latency_ms,
        verified_at=stand_in.verified_at,
        freshness=Freshness.STALE,
        absent_since=stand_in.absent_since,
    )
