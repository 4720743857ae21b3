"""Reads claims out of a CSV table with a header, one claim a row."""

import csv
from collections.abc import Iterator, Sequence
from typing import Final

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim
from gate.claimfiles.rows import Row, claim_of, field_of
from gate.claimfiles.text_lines import LineStream, TextLines
from gate.claimfiles.values import printable

_DELIMITERS: Final = ",;\t|"
_REQUIRED: Final = ("state", "service_date")


def delimiter_of(header: str) -> str:
    """The delimiter a header line is written with: of those in use, the one it holds most of."""
    return max(_DELIMITERS, key=header.count)


def read_csv(stream: LineStream) -> Iterator[FileClaim]:
    """Claims in file order. Rows are numbered from 1 at the header, as a spreadsheet shows them.

    Raises:
        ClaimFileError: when a required column is missing or there twice, or the file is not CSV.
    """
    lines = TextLines(stream)
    try:
        yield from _claims(lines)
    except csv.Error as error:
        raise ClaimFileError(f"line {lines.number}", f"not CSV: {error}") from None


def _claims(lines: TextLines) -> Iterator[FileClaim]:
    header = next((line for line in lines if line.strip()), "")
    delimiter = delimiter_of(header)
    columns = next(csv.reader([header], delimiter=delimiter), [])
    fields = _fields_of(columns)
    names = {field: columns[index] for index, field in fields.items()}
    first = lines.number
    lines.begin_row()
    for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), first + 1):
        lines.begin_row()
        if any(cell.strip() for cell in cells):
            yield _claim(cells, number, fields, names, len(columns))


def _fields_of(columns: Sequence[str]) -> dict[int, str]:
    fields: dict[int, str] = {}
    for index, column in enumerate(columns):
        field = field_of(column)
        if field is None:
            continue
        if field in fields.values():
            other = next(columns[at] for at, known in fields.items() if known == field)
            message = f"columns {printable(other)!r} and {printable(column)!r} both say {field}"
            raise ClaimFileError("the header", message)
        fields[index] = field
    missing = [field for field in _REQUIRED if field not in fields.values()]
    if not {"rendering_npi", "billing_npi"} & set(fields.values()):
        missing.insert(0, "rendering_npi")
    if missing:
        raise ClaimFileError("the header", f"no column {', '.join(missing)}")
    return fields


def _claim(cells: Sequence[str], number: int, fields: dict[int, str], names: dict[str, str], width: int) -> FileClaim:
    values = {field: cells[index] for index, field in fields.items() if index < len(cells)}
    row = Row(values, f"row {number}", names)
    if len(cells) > width:
        # A stray delimiter moves every cell after it: nothing in this row can be trusted to be in its column.
        row.complain(fields[max(fields)], f"the row has {len(cells)} cells, but the header {width}")
    return claim_of(row, number)
