"""What of a claim its answer depends on. Its own numbers and its charge change nothing."""

from datetime import date
from typing import Final

from gate.v1 import claim_pb2

Question = tuple[str | int, ...]
"""First what is asked, which is the series, and then the days of service."""

_SERIES: Final = 5
_ONE_DAY: Final = _SERIES + 3


def question_in(claim: claim_pb2.Claim) -> Question:
    """Claims with equal questions have equal answers; one that has no end of service asks by a shorter one."""
    first = claim.service_date
    question = (
        claim.rendering_npi,
        # Where another provider is judged, it says nothing: groups that bill for the same people ask alike (row V5).
        "" if claim.rendering_npi else claim.billing_npi,
        claim.state,
        claim.taxonomy_code,
        claim.line_of_business,
        first.year,
        first.month,
        first.day,
    )
    if not claim.HasField("service_end_date"):
        return question
    last = claim.service_end_date
    return (*question, last.year, last.month, last.day)


def series_of(question: Question) -> Question:
    """Claims of one series ask the same about different days."""
    return question[:_SERIES]


def days_of(question: Question) -> tuple[date, date] | None:
    """The first and the last day of service; None where `gate.checks.intake` has something to say about them."""
    first = _day(question[_SERIES:_ONE_DAY])
    last = first if len(question) == _ONE_DAY else _day(question[_ONE_DAY:])
    return None if first is None or last is None or last < first else (first, last)


def _day(parts: Question) -> date | None:
    try:
        return date(*parts)  # type: ignore[arg-type]  # a question ends with numbers
    except (ValueError, OverflowError):
        return None
