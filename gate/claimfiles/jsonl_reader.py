"""Reads claims out of JSON lines, one object a line, with the field names of a CSV table and optional `lines`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from gate.claimfiles.model import ClaimProblem, FileClaim, FileClaimLine
from gate.claimfiles.rows import Row, claim_of, field_of, unreadable
from gate.claimfiles.text_lines import LineStream, TextLines
from gate.claimfiles.values import state_complaint

MOST_LINES: Final = 1000
_DECODER: Final = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)
_LONGEST_LINE_NUMBER: Final = 6


def read_jsonl(stream: LineStream) -> Iterator[FileClaim]:
    """Claims in file order, rows numbered from 1. A line that is no JSON object is a claim with a problem.

    Raises:
        ClaimFileError: when a line is too long to be a claim.
    """
    lines = TextLines(stream)
    for line in lines:
        lines.begin_row()
        if line.strip():
            yield _claim(line, lines.number)


def _claim(line: str, number: int) -> FileClaim:
    try:
        content = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return unreadable(number, "not a JSON object")
    service_lines = content.pop("lines", None)
    row = _row(content, f"row {number}")
    found: list[FileClaimLine] = []
    if isinstance(service_lines, list) and len(service_lines) <= MOST_LINES:
        for index, each in enumerate(service_lines, 1):
            place = f"row {number}, line {index}"
            if isinstance(each, dict):
                found.append(_line(_row(each, place), index, row.problems))
            else:
                row.problems.append(ClaimProblem(place, "not a JSON object"))
    elif service_lines is not None:
        row.complain("lines", f"not an array of at most {MOST_LINES} lines")
    return claim_of(row, number, tuple(found))


def _row(content: dict[str, object], place: str) -> Row:
    values: dict[str, str] = {}
    names: dict[str, str] = {}
    complaints: list[tuple[str, str]] = []
    for name, value in content.items():
        field = field_of(str(name))
        if field is None or value is None:
            continue
        if field in values:
            complaints.append((field, f"{name!a} says it a second time"))
        elif isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            complaints.append((field, "not a text or number"))
        names[field] = str(name)
        values[field] = str(value)
    row = Row(values, place, names)
    for field, message in complaints:
        row.complain(field, message)
    return row


def _line(row: Row, index: int, problems: list[ClaimProblem]) -> FileClaimLine:
    number = row.text("line_number")
    state = row.state()
    if state and (complaint := state_complaint(state)):
        row.complain("state", complaint)
    first, last = row.span()
    line = FileClaimLine(
        line_number=int(number) if number.isdecimal() and len(number) <= _LONGEST_LINE_NUMBER else index,
        rendering_npi=row.npi("rendering_npi"),
        taxonomy_code=row.text("taxonomy_code"),
        state=state,
        service_date=first,
        service_end_date=last,
        charge_cents=row.charge(),
    )
    problems.extend(row.problems)
    return line
