"""Reading an upstream's JSON: dates, texts and lists, and the laws of doing so."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.contract import SourceDataError, SourceMalformed
from sources.parsing import DateFormat, Row, calendar_date, decode_json, dig, plain_text


def row(**values: object) -> Row:
    return Row("portal", values, str)


@given(st.dates(), st.sampled_from(DateFormat))
def test_a_date_is_read_only_in_the_form_agreed(day: date, form: DateFormat) -> None:
    written = {
        DateFormat.ISO: f"{day.year:04d}-{day.month:02d}-{day.day:02d}",
        DateFormat.COMPACT: f"{day.year:04d}{day.month:02d}{day.day:02d}",
        DateFormat.US: f"{day.month:02d}/{day.day:02d}/{day.year:04d}",
    }

    assert [other for other, text in written.items() if calendar_date(text, form) is not None] == [form]
    assert calendar_date(written[form], form) == day


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13-01",
        "0000-01-01",
        "2026-3-1",
        "20260310",
        "2026-W11-2",
        "03/10/2026",
        "2026-03-10T00:00:00",
        "2026-03-10T00:00:00Z",
        "２０２６-03-10",
        "March 10, 2026",
        "0",
    ],
)
def test_what_is_no_iso_date_is_a_data_error_row_d22(text: str) -> None:
    with pytest.raises(SourceDataError, match="effective"):
        row(effective=text).day("effective", DateFormat.ISO)


@pytest.mark.parametrize("end", ["9999-12-31", "2299-12-31", None, "", "  "])
def test_an_open_end_is_read_as_none_row_d8(end: str | None) -> None:
    read = row(first="2025-01-01", last=end).period("first", "last", DateFormat.ISO)

    assert read == (date(2025, 1, 1), None)


def test_an_inverted_period_is_a_data_error_row_d21() -> None:
    with pytest.raises(SourceDataError, match="last precedes first"):
        row(first="2026-03-10", last="2026-03-09").period("first", "last", DateFormat.ISO)


def test_a_period_of_one_day_is_a_period_row_d21() -> None:
    day = date(2026, 3, 10)

    assert row(first="2026-03-10", last="2026-03-10").period("first", "last", DateFormat.ISO) == (day, day)


@pytest.mark.parametrize("missing", [{}, {"first": None}, {"first": ""}, {"first": " "}])
def test_a_missing_first_day_is_a_data_error_row_d20(missing: dict[str, object]) -> None:
    with pytest.raises(SourceDataError, match="first is missing"):
        row(**missing).period("first", "last", DateFormat.ISO)


@pytest.mark.parametrize("value", [True, 1.5, [], {}, 10**30])
def test_a_field_of_another_type_is_malformed(value: object) -> None:
    with pytest.raises(SourceMalformed, match="status"):
        row(status=value).text("status")


def test_a_number_is_read_as_text() -> None:
    assert row(status=66).text("status") == "66"


def test_texts_are_one_clean_line() -> None:
    assert plain_text(" A\r\nB\x00C\u2028D ") == "A B C D"
    assert len(plain_text("x" * 5000) or "") == 200


@pytest.mark.parametrize(
    ("upstream", "read"),
    [
        ("MEDICAID|STAR", ("MEDICAID", "STAR")),
        (["MEDICAID|STAR"], ("MEDICAID", "STAR")),
        (["STAR", "STAR"], ("STAR",)),
        (["STAR+PLUS", "STARPLUS", "STARPlusPlus"], ("STAR+PLUS",)),
        (["FOO", "star kids"], ("FOO", "STAR_KIDS")),
        (None, ()),
        ("", ()),
        ([], ()),
    ],
    ids=["X8 text", "X8 list", "twice", "X9", "X7", "null", "blank", "none"],
)
def test_lines_of_business_are_canonical_and_unknown_ones_stay_raw(upstream: object, read: tuple[str, ...]) -> None:
    assert row(programs=upstream).lines_of_business("programs") == read


def test_a_list_of_objects_is_no_list_of_texts() -> None:
    with pytest.raises(SourceMalformed):
        row(programs=[{"code": "STAR"}]).texts("programs")


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b'"\xff"', b"[" * 100_000, b"1e999", b'"\\ud800"'])
def test_what_is_not_json_is_malformed_row_a12(body: bytes) -> None:
    with pytest.raises(SourceMalformed):
        decode_json("portal", body)


def test_a_byte_order_mark_is_not_an_error() -> None:
    assert decode_json("portal", b"\xef\xbb\xbf{}") == {}


def test_a_dotted_path_leads_into_objects_and_nowhere_else() -> None:
    assert dig({"a": {"b": 1}}, "a.b") == 1
    assert dig({"a": [1]}, "a.b") is None
    assert dig([1], "") == [1]


@given(st.binary())
def test_any_bytes_are_json_or_malformed(body: bytes) -> None:
    with suppress(SourceMalformed):
        decode_json("portal", body)


def test_a_long_list_in_one_text_loses_nothing_of_it() -> None:
    codes = [f"{number:09d}X" for number in range(40)]
    row = Row("fl_fmmis", {"taxonomyCodes": "|".join(codes)}, {"taxonomies": "taxonomyCodes"}.__getitem__)
    assert row.texts("taxonomies") == tuple(codes)


@pytest.mark.parametrize("value", ["A" * 201, ["A" * 201], ["ok", {"no": "text"}], [["nested"]]])
def test_an_entry_of_a_list_is_never_cut_to_fit(value: object) -> None:
    with pytest.raises(SourceMalformed, match="short texts"):
        Row("fl_fmmis", {"taxonomyCodes": value}, {"taxonomies": "taxonomyCodes"}.__getitem__).texts("taxonomies")
