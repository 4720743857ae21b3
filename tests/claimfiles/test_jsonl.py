import io
import json
from datetime import date

import pytest

from gate.claimfiles.checks import checks_of
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.jsonl_reader import read_jsonl
from gate.claimfiles.model import FileClaim

CLAIM = {"claim_id": "A1", "npi": "1234567893", "state": "TX", "dos": "2026-03-10", "charge_cents": 1250}


def objects(*each: object) -> list[FileClaim]:
    return list(read_jsonl(io.BytesIO("\n".join(json.dumps(one) for one in each).encode())))


def test_an_object_is_a_claim_with_the_field_names_of_a_table() -> None:
    (found,) = objects({**CLAIM, "lob": "STAR", "patient": {"name": "not looked at"}})

    assert (found.claim_id, found.claim_key, found.rendering_npi, found.state) == ("A1", "1", "1234567893", "TX")
    assert (found.service_date, found.line_of_business, found.charge_cents) == (date(2026, 3, 10), "STAR", 1250)


def test_numbers_are_taken_as_written() -> None:
    (found,) = read_jsonl(io.BytesIO(b'{"npi":1234567893,"state":"TX","dos":20260310,"charge":0.29}'))

    assert (found.rendering_npi, found.service_date, found.charge_cents) == ("1234567893", date(2026, 3, 10), 29)


@pytest.mark.parametrize(
    "line", [b"{broken", b'["an array"]', b"17", b'{"a":' + b"[" * 50_000, b'{"npi":' + b"9" * 5000 + b"}"]
)
def test_a_line_that_is_no_object_is_a_problem_of_that_row_only(line: bytes) -> None:
    good = json.dumps(CLAIM).encode()
    found = list(read_jsonl(io.BytesIO(good + b"\n\n" + line + b"\n" + good)))

    assert [(each.claim_key, bool(each.error)) for each in found] == [("1", False), ("3", True), ("4", False)]
    assert found[1].error.startswith("row 3")


@pytest.mark.parametrize("value", [True, ["1234567893"], {"value": "1234567893"}])
def test_a_field_that_is_neither_text_nor_number_is_a_problem(value: object) -> None:
    (found,) = objects({**CLAIM, "npi": value})

    assert "row 1, column npi: not a text or number" in found.error


def test_two_names_for_one_field_are_a_problem() -> None:
    (found,) = objects({**CLAIM, "rendering_npi": "1588667638"})

    assert "'rendering_npi' says it a second time" in found.error


def test_null_is_as_good_as_absent() -> None:
    (found,) = objects({**CLAIM, "service_end_date": None, "taxonomy": None})

    assert (found.error, found.service_end_date) == ("", date(2026, 3, 10))


def test_v6_lines_override_the_claim_and_both_are_asked_about() -> None:
    lines = [{"line_number": 2, "npi": "1588667638"}, {"line_number": 3, "dos": "2026-03-12", "charge": "2.50"}]
    (found,) = objects({**CLAIM, "lines": lines})

    assert [
        (unit.line_number, unit.rendering_npi, unit.service_date, unit.charge_cents) for unit in checks_of(found)
    ] == [
        (0, "1234567893", date(2026, 3, 10), 1000),
        (2, "1588667638", date(2026, 3, 10), 0),
        (3, "1234567893", date(2026, 3, 12), 250),
    ]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([{"line_number": 2, "npi": "12"}], "row 1, line 1, column npi: the NPI is not ten digits"),
        ([{"state": "ZZ"}], "row 1, line 1, column state: the state is not that of a US state or territory"),
        (["2"], "row 1, line 1: not a JSON object"),
        ("2", "row 1, column lines: not an array of at most 1000 lines"),
        ([{}] * 1001, "row 1, column lines: not an array of at most 1000 lines"),
    ],
)
def test_a_line_that_cannot_be_read_blocks_its_claim(lines: object, error: str) -> None:
    (found,) = objects({**CLAIM, "lines": lines})

    assert found.error == error


def test_p6_a_line_longer_than_any_claim_is_refused() -> None:
    with pytest.raises(ClaimFileError, match="line 1: a row is longer than"):
        list(read_jsonl(io.BytesIO(b'{"npi":"' + b"1" * 1_100_000)))
