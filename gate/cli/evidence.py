"""What sources said of a provider, as lines for a terminal."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from gate.cli.rendering import enum_name
from gate.cli.timeline import Period, Scale, bar, marker
from gate.v1 import decision_pb2

_LABEL: Final = 12


def section(name: str, lines: Sequence[str]) -> Iterator[str]:
    """`lines` below each other, the first behind its name."""
    for number, line in enumerate(lines):
        yield f"  {name if not number else '':<{_LABEL}}{line}".rstrip()


def period_lines(
    records: Sequence[decision_pb2.EnrollmentRecord], day: date, decided: decision_pb2.EnrollmentRecord | None = None
) -> list[str]:
    """Each period on one scale, the day of service marked below, the record that `decided` marked beside."""
    if not records:
        return []
    periods = [_period(record) for record in records]
    scale = Scale(periods, day)
    shown = [
        f"{bar(period, scale)}  {_dates(period)}  {_record(record)}{'  ◀ decided' if record == decided else ''}"
        for period, record in zip(periods, records, strict=True)
    ]
    return [*shown, marker(day, scale, "service")]


def source_lines(sources: Sequence[decision_pb2.SourceAnswer]) -> list[str]:
    """What became of asking each."""
    width = max((len(answer.source) for answer in sources), default=0)
    return [f"{answer.source:<{width}}  {_answer(answer)}" for answer in sources]


def code_name(number: int) -> str:
    """As files and people call an answer."""
    return enum_name(decision_pb2.DecisionCode.DESCRIPTOR, number)


def day_in(message: Date) -> date:
    """The calendar day of a message that names one."""
    return date(message.year, message.month, message.day)


def instant(message: Timestamp) -> str:
    """In UTC, to the second."""
    return f"{message.ToDatetime(UTC):%Y-%m-%d %H:%M:%SZ}"


def _answer(answer: decision_pb2.SourceAnswer) -> str:
    outcome = enum_name(decision_pb2.SourceOutcome.DESCRIPTOR, answer.outcome)
    freshness = enum_name(decision_pb2.Freshness.DESCRIPTOR, answer.freshness)
    parts = [f"{outcome:<8}{answer.error_kind or freshness:<12}"]
    if answer.HasField("verified_at"):
        parts.append(f"verified {instant(answer.verified_at)}")
    if answer.record_count:
        parts.append("1 period" if answer.record_count == 1 else f"{answer.record_count} periods")
    return "  ".join(parts).rstrip()


def _period(record: decision_pb2.EnrollmentRecord) -> Period:
    return Period(day_in(record.effective_date), day_in(record.end_date) if record.HasField("end_date") else None)


def _dates(period: Period) -> str:
    return f"{period.first_day} to {period.last_day or 'open'!s:<10}"


def _record(record: decision_pb2.EnrollmentRecord) -> str:
    status = enum_name(decision_pb2.EnrollmentStatus.DESCRIPTOR, record.status)
    return " ".join(filter(None, (f"{status:<10}", record.source, record.upstream_id, record.reason)))
