import io
from datetime import date

import pytest

from gate.claimfiles.checks import checks_of
from gate.claimfiles.csv_reader import read_csv
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import ClaimKind, FileClaim, NpiSource

HEADER = "claim_id,rendering_npi,billing_npi,state,service_date,service_end_date,taxonomy_code,line_of_business,charge"


def rows(*lines: str, header: str = HEADER, line_end: str = "\n") -> list[FileClaim]:
    return list(read_csv(io.BytesIO(line_end.join([header, *lines, ""]).encode())))


def row(**cells: str) -> FileClaim:
    known = {"rendering_npi": "1234567893", "state": "TX", "service_date": "2026-03-10", **cells}
    (found,) = rows(",".join(f'"{known.get(column, "")}"' for column in HEADER.split(",")))
    return found


def test_a_row_is_a_claim() -> None:
    (found,) = rows('A1,1234567893,1999996666,tx,2026-03-08,2026-03-12,207Q00000X,STAR,"1,250.50"')

    assert found == FileClaim(
        claim_id="A1",
        claim_key="2",
        kind=ClaimKind.ROW,
        position=2,
        rendering_npi="1234567893",
        rendering_source=NpiSource.RENDERING,
        billing_npi="1999996666",
        state="TX",
        service_date=date(2026, 3, 8),
        service_end_date=date(2026, 3, 12),
        taxonomy_code="207Q00000X",
        line_of_business="STAR",
        charge_cents=125050,
    )


def test_v5_the_billing_npi_stands_in_for_an_absent_rendering_npi() -> None:
    found = row(rendering_npi="", billing_npi="1999996666")

    assert (found.rendering_npi, found.sent_rendering_npi, found.error) == ("1999996666", "", "")


@pytest.mark.parametrize(
    "header",
    ["npi,State,DOS", " Rendering NPI ;state;Date of Service", "NPI\tstate\tdos\tpatient", "npi|service-state|dos"],
)
def test_columns_are_found_by_their_usual_names_in_any_order_and_with_any_delimiter(header: str) -> None:
    delimiter = next(each for each in ",;\t|" if each in header)
    (found,) = rows(
        delimiter.join(["1234567893", "TX", "2026-03-10", "X"][: header.count(delimiter) + 1]), header=header
    )

    assert (found.rendering_npi, found.state, found.service_date) == ("1234567893", "TX", date(2026, 3, 10))


def test_i6_byte_order_mark_crlf_and_quoted_cells_are_read() -> None:
    found = rows(
        '"A,1",1234567893,,TX,2026-03-10,,,,',
        '"A\n2",1234567893,,TX,2026-03-10,,,,',
        header="\ufeff" + HEADER,
        line_end="\r\n",
    )

    assert [(each.claim_id, each.claim_key) for each in found] == [("A,1", "2"), ("A\ufffd2", "3")]


@pytest.mark.parametrize("written", ["2026-03-10", "20260310", "03/10/2026", "3/10/2026"])
def test_days_are_read_in_forms_that_mean_one_day_only(written: str) -> None:
    assert row(service_date=written).service_date == date(2026, 3, 10)


@pytest.mark.parametrize(
    "written",
    ["26-03-10", "3/10/26", "2026-02-30", "13/08/2026", "10.03.2026", "2026-3-10", "0026-03-10", "today", "٢٠٢٦-٠٣-١٠"],
)
def test_c9_any_other_day_is_a_problem_that_names_row_and_column_and_is_never_guessed(written: str) -> None:
    found = row(service_date=written)

    assert found.service_date is None
    assert found.error == "row 2, column service_date: not a day in the form yyyy-mm-dd, yyyymmdd or mm/dd/yyyy"
    assert checks_of(found) == ()


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        ({"rendering_npi": "12345"}, "row 2, column rendering_npi: the NPI is not ten digits"),
        ({"rendering_npi": ""}, "row 2, column rendering_npi: neither a rendering nor a billing NPI"),
        ({"state": ""}, "row 2, column state: no state"),
        ({"state": "ZZ"}, "row 2, column state: the state is not that of a US state or territory"),
        ({"service_date": ""}, "row 2, column service_date: no date of service"),
        (
            {"service_end_date": "2026-03-09"},
            "row 2, column service_end_date: the last day of service is before the first",
        ),
        (
            {"service_end_date": "soon"},
            "row 2, column service_end_date: not a day in the form yyyy-mm-dd, yyyymmdd or mm/dd/yyyy",
        ),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_place(cells: dict[str, str], error: str) -> None:
    assert row(**cells).error == error


@pytest.mark.parametrize(("written", "cents"), [("12", 1200), ("12.5", 1250), ("$1,234.05", 123405), ("0.01", 1)])
def test_a_charge_in_dollars_becomes_cents(written: str, cents: int) -> None:
    assert row(charge=written).charge_cents == cents


@pytest.mark.parametrize("written", ["12.345", "-3", "1,23", "twelve", "1e3", "NaN", "12 USD"])
def test_a_charge_nobody_can_read_is_told_but_blocks_nothing(written: str) -> None:
    found = row(charge=written)

    assert (found.charge_cents, found.error, len(found.problems), len(checks_of(found))) == (None, "", 1, 1)


def test_a_column_of_cents_is_read_as_cents() -> None:
    (found,) = rows("1234567893,TX,2026-03-10,1250", header="npi,state,dos,charge_cents")

    assert found.charge_cents == 1250


def test_a_row_with_a_stray_delimiter_is_not_trusted() -> None:
    (found,) = rows("A1,1234567893,,TX,2026-03-10,,,,12,50")

    assert "the row has 10 cells, but the header 9" in found.error


def test_a_short_row_and_a_blank_row_do_no_harm() -> None:
    found = rows("A1,1234567893,,TX,2026-03-10", ",,,,", "", "A2,1234567893")

    assert [(each.claim_id, each.position, bool(each.error)) for each in found] == [("A1", 2, False), ("A2", 5, True)]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("claim_id,npi,dos", "the header: no column state"),
        ("claim_id,state", "the header: no column rendering_npi, service_date"),
        ("npi,state,dos,rendering_npi", "the header: columns 'npi' and 'rendering_npi' both say rendering_npi"),
    ],
)
def test_a_header_that_does_not_do_is_refused_by_column(header: str, message: str) -> None:
    with pytest.raises(ClaimFileError) as caught:
        rows("1,2,3", header=header)
    assert str(caught.value) == message


def test_bytes_that_are_not_utf_8_do_no_harm_where_they_do_not_matter() -> None:
    content = b"npi,state,dos,patient\n1234567893,TX,2026-03-10,Zo\xeb\n12345\xeb7893,TX,2026-03-10,X\n"
    found = list(read_csv(io.BytesIO(content)))

    assert [bool(each.error) for each in found] == [False, True]


@pytest.mark.parametrize(
    "tail",
    [b'"never closed' + b"x" * 200_000, b"a,b\n" + b"y" * 1_100_000, b'"z\n' * 600_000, b'"a"b",TX,2026-03-10\n'],
    ids=["a quote never closed", "a line without end", "a row over lines without end", "a quote inside a cell"],
)
def test_p6_what_is_not_csv_is_refused_with_its_line_and_without_filling_the_memory(tail: bytes) -> None:
    with pytest.raises(ClaimFileError) as caught:
        list(read_csv(io.BytesIO(b"npi,state,dos\n1234567893,TX,2026-03-10\n" + tail)))
    assert caught.value.place.startswith("line ")
