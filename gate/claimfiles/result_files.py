"""Writes results as CSV or JSON lines: whole, or not at all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from gate.claimfiles.results import ClaimFailure, ClaimResult, Result
from gate.csv_text import csv_lines
from gate.whole_files import written_whole

_COLUMNS: Final = (*ClaimResult.__struct_fields__, "error")
_WARNINGS: Final = _COLUMNS.index("warnings")
_LINES: Final = _COLUMNS.index("lines")


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
        self._stream.write(csv_lines([_COLUMNS]))

    def write(self, results: Iterable[Result]) -> None:
        """Append these."""
        self._stream.write(csv_lines(map(_cells, results)))


def _cells(result: Result) -> list[object]:
    if isinstance(result, ClaimFailure):
        known = msgspec.structs.asdict(result)
        return [known.get(column) for column in _COLUMNS]
    cells: list[object] = [*msgspec.structs.astuple(result), None]
    cells[_WARNINGS] = " ".join(result.warnings)
    cells[_LINES] = msgspec.json.encode(result.lines).decode() if result.lines else ""
    return cells


@contextmanager
def open_results(target: str | Path, form: ResultFormat) -> Iterator[ResultWriter]:
    """Write results to the file `target`, or to standard output for ``-``; a file appears whole or not at all.

    Raises:
        OSError: when the file cannot be written.
    """
    with written_whole(target) as stream:
        yield _writer(stream, form)


def _writer(stream: BinaryIO, form: ResultFormat) -> ResultWriter:
    return CsvWriter(stream) if form is ResultFormat.CSV else JsonLinesWriter(stream)
