"""Entries as files for people outside: CSV for a spreadsheet, JSON lines for a program. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from gate.audit.chain import AuditEntry

_COLUMNS: Final = AuditEntry.__struct_fields__
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
_encoder: Final = msgspec.json.Encoder()


class ExportFormat(StrEnum):
    """What an export is written as."""

    CSV = "CSV"
    """With a header; instants in ISO 8601, UTC."""
    JSONL = "JSONL"
    """One object a line, with everything that was hashed as it was hashed: `at` in microseconds since 1970, UTC."""


def header(form: ExportFormat) -> bytes:
    """What a file begins with."""
    return _csv([_COLUMNS]) if form is ExportFormat.CSV else b""


def lines(form: ExportFormat, entries: Iterable[AuditEntry]) -> bytes:
    """The lines of `entries`."""
    return _WRITERS[form](entries)


def _csv_lines(entries: Iterable[AuditEntry]) -> bytes:
    rows = (msgspec.structs.asdict(entry) | {"at": entry.instant.isoformat()} for entry in entries)
    return _csv([_harmless(row[name]) for name in _COLUMNS] for row in rows)


def _csv(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _harmless(value: Any) -> Any:  # noqa: ANN401 - a cell is a text or a number
    """A spreadsheet would run a cell that begins like a formula; an apostrophe makes it text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_SIGNS) else value


def _json_lines(entries: Iterable[AuditEntry]) -> bytes:
    return b"".join(_encoder.encode(entry) + b"\n" for entry in entries)


_WRITERS: Final[Mapping[ExportFormat, Callable[[Iterable[AuditEntry]], bytes]]] = {
    ExportFormat.CSV: _csv_lines,
    ExportFormat.JSONL: _json_lines,
}
