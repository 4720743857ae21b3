"""Entries as files for people outside: CSV for a spreadsheet, JSON lines for a program. Pure."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from gate.audit.chain import AuditEntry
from gate.csv_text import csv_lines

_COLUMNS: Final = AuditEntry.__struct_fields__
_encoder: Final = msgspec.json.Encoder()


class ExportFormat(StrEnum):
    """What an export is written as."""

    CSV = "CSV"
    """With a header; instants in ISO 8601, UTC."""
    JSONL = "JSONL"
    """One object a line, with everything that was hashed as it was hashed: `at` in microseconds since 1970, UTC."""


def header(form: ExportFormat) -> bytes:
    """What a file begins with."""
    return csv_lines([_COLUMNS]) if form is ExportFormat.CSV else b""


def lines(form: ExportFormat, entries: Iterable[AuditEntry]) -> bytes:
    """The lines of `entries`."""
    return _WRITERS[form](entries)


def _csv_lines(entries: Iterable[AuditEntry]) -> bytes:
    rows = (msgspec.structs.asdict(entry) | {"at": entry.instant.isoformat()} for entry in entries)
    return csv_lines([row[name] for name in _COLUMNS] for row in rows)


_WRITERS: Final[Mapping[ExportFormat, Callable[[Iterable[AuditEntry]], bytes]]] = {
    ExportFormat.CSV: _csv_lines,
    ExportFormat.JSONL: _encoder.encode_lines,
}
