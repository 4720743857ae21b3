"""When the services of an 837 claim were given. Pure."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from gate.claimfiles.model import ClaimProblem
from gate.claimfiles.values import parse_x12_span
from gate.claimfiles.x12_forms import ClaimForm
from gate.claimfiles.x12_marks import Marks

Span = tuple[date, date]
"""First and last covered day."""

NO_DATE: Final = "no date of service"
_LONGEST_REMEMBERED: Final = 40
"""Bytes. A date has 24 at most; what a file may hold in its place could fill the memory."""
UNREADABLE: Final = "the date of service is not a day (D8) or a span of days (RD8)"


class ServiceDates(msgspec.Struct, frozen=True, gc=False):
    """A claim's days of service."""

    whole: Span | None = None
    """None where there is no date, or one that cannot be read."""
    by_line: tuple[Span | None, ...] = ()
    """None for a line without a readable date of its own."""
    differ: bool = False
    """Whether any line's days are others than the whole claim's."""


def dates_of(
    head: bytes, lines: Sequence[bytes], form: ClaimForm, marks: Marks, problems: list[ClaimProblem]
) -> ServiceDates:
    """The statement's span where the form has one, else from the lines' first day to their last, else the claim's."""
    mark, terminator = marks.service_date, marks.terminator
    by_line = [line.partition(mark)[2].partition(terminator)[0] for line in lines]
    claims_own = b""
    if form.has_statement_dates:
        claims_own = marks.after(head, marks.statement_dates)
    elif form.has_claim_date:
        claims_own = marks.after(head, mark)
        if any(by_line):
            # A line without a date has the claim's, which may lie before or after the days of other lines.
            by_line = [written or claims_own for written in by_line]
            claims_own = b""
    distinct = set(by_line)
    distinct.add(claims_own)
    distinct.discard(b"")
    if len(distinct) == 1 and (claims_own or all(by_line)):
        (written,) = distinct
        days = span(written, marks.element)
        if days:
            return ServiceDates(days)
    return _differing(by_line, claims_own, {written: span(written, marks.element) for written in distinct}, problems)


def _differing(
    by_line: Sequence[bytes], claims_own: bytes, spans: dict[bytes, Span | None], problems: list[ClaimProblem]
) -> ServiceDates:
    """As `dates_of`, where there is more than one date, or none that can be read."""
    wanted = [spans[claims_own]] if claims_own else list(spans.values())
    readable = [span for span in wanted if span]
    if not spans:
        problems.append(ClaimProblem("DTP", NO_DATE))
    elif None in spans.values():
        problems.append(ClaimProblem("DTP", UNREADABLE))
    if not readable or len(readable) < len(wanted):
        return ServiceDates()  # The days that can be read are not all of them.
    return ServiceDates(
        whole=(min(readable)[0], max(last for _, last in readable)),
        by_line=tuple([spans.get(written) for written in by_line]),
        differ=True,
    )


def span(written: bytes, element: bytes) -> Span | None:
    """Of a DTP's elements from the second on; None where that is no day, nor a span of days."""
    return _remembered(written, element) if len(written) <= _LONGEST_REMEMBERED else _parsed(written, element)


def _parsed(written: bytes, element: bytes) -> Span | None:
    form, _, days = written.partition(element)
    return parse_x12_span(form.strip(), days.strip())


_remembered: Final = lru_cache(maxsize=4096)(_parsed)


def is_span(form: bytes, days: bytes) -> bool:
    """Whether a DTP's second and third element are a day or a span of days."""
    return parse_x12_span(form, days) is not None
