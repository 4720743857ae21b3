import csv
import io
import json

import msgspec
import pytest

from gate.audit.chain import AuditEntry
from gate.audit.export import ExportFormat, header, lines
from gate.audit.verification import verify
from tests.audit.builders import TENANT, chain, event


def as_csv(*entries: AuditEntry) -> list[dict[str, str]]:
    file = header(ExportFormat.CSV) + lines(ExportFormat.CSV, entries[:1]) + lines(ExportFormat.CSV, entries[1:])
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


def test_a_csv_file_has_a_header_and_a_row_for_each_entry_with_everything_it_holds() -> None:
    first, second = chain(event(details={"reason": 'a "quoted", word\nand a line'}), event("two"))

    rows = as_csv(first, second)

    assert rows[0] == {name: str(value) for name, value in msgspec.structs.asdict(first).items()} | {
        "at": "2026-03-01T12:00:00.123456+00:00"
    }
    assert json.loads(rows[0]["details"]) == {"reason": 'a "quoted", word\nand a line'}
    assert [row["sequence"] for row in rows] == ["1", "2"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_i6_no_cell_is_taken_for_a_formula(sign: str) -> None:
    (row,) = as_csv(*chain(event(f"{sign}HYPERLINK(1)", subject=f"{sign}1+1")))

    assert (row["object"], row["subject"]) == (f"'{sign}HYPERLINK(1)", f"'{sign}1+1")


def test_json_lines_hold_what_was_hashed_so_that_anybody_can_verify_them() -> None:
    entries = chain(event(subject="=1+1", details={"name": "Zoë"}), event("two"))

    file = header(ExportFormat.JSONL) + lines(ExportFormat.JSONL, entries)
    read = [msgspec.json.decode(line, type=AuditEntry) for line in file.splitlines()]

    assert read == entries
    assert verify(TENANT, read).first_break is None
