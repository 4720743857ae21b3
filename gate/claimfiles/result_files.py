"""Writes results as CSV or JSON lines: whole, or not at all."""

import csv
import io
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from gate.claimfiles.results import ClaimResult, Result

STANDARD_OUTPUT: Final = "-"

_COLUMNS: Final = (*ClaimResult.__struct_fields__, "error")
_FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")


class ResultFormat(StrEnum):
    """The formats that can be written."""

    CSV = "csv"
    JSONL = "jsonl"


class ResultWriter(Protocol):
    """Takes results in file order."""

    def write(self, results: Iterable[Result]) -> None:
        """Append these."""
        ...


class JsonLinesWriter:
    """One object a claim: a `ClaimResult`, or a `ClaimFailure` with `error`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._encoder = msgspec.json.Encoder()

    def write(self, results: Iterable[Result]) -> None:
        """Append these."""
        self._stream.write(self._encoder.encode_lines(results))


class CsvWriter:
    """One row a claim: warnings separated by blanks, lines as JSON. No cell is taken for a formula (row I6)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._append([_COLUMNS])

    def write(self, results: Iterable[Result]) -> None:
        """Append these."""
        self._append([_cell(getattr(result, column, None)) for column in _COLUMNS] for result in results)

    def _append(self, rows: Iterable[Iterable[object]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self._stream.write(text.getvalue().encode("utf-8", errors="replace"))


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        if not value:
            return ""
        value = " ".join(value) if isinstance(value[0], str) else msgspec.json.encode(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULA_BEGINNINGS):
        return f"'{value}"
    return value


@contextmanager
def open_results(target: str | Path, form: ResultFormat) -> Iterator[ResultWriter]:
    """Write results to the file `target`, or to standard output for ``-``.

    A file appears, or replaces the one before, only when the block ends without an exception; until then everything
    goes to a file beside it, which an exception removes.

    Raises:
        OSError: when the file cannot be written.
    """
    if str(target) == STANDARD_OUTPUT:
        yield _writer(sys.stdout.buffer, form)
        sys.stdout.buffer.flush()
        return
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        # A pipe or device is written to, not replaced.
        with path.open("wb") as stream:
            yield _writer(stream, form)
        return
    with _replacing(path) as stream:
        yield _writer(stream, form)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _writer(stream: BinaryIO, form: ResultFormat) -> ResultWriter:
    return CsvWriter(stream) if form is ResultFormat.CSV else JsonLinesWriter(stream)
