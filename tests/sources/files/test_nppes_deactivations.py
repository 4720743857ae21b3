"""Row V4: an NPI that NPPES deactivated is known by the monthly report, in the forms in which it goes round."""

import io
import warnings
import zipfile
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.files import nppes_deactivations
from sources.files.nppes_deactivations import DeactivationListError, Deactivations, read_deactivations

ROWS: list[list[str | datetime | None]] = [
    ["NPPES Deactivated Records as of Feb 09 2026", None],
    ["NPI", "NPPES Deactivation Date"],
    ["1710983663", "03/15/2024"],
    ["1234567893", datetime(2025, 1, 2)],  # noqa: DTZ001 - as a workbook holds it
]


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, workbook())
    return content.getvalue()


CSV = b"\xef\xbb\xbfNPI,NPPES Deactivation Date\r\n1710983663,03/15/2024\r\n1234567893,2025-01-02\r\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(workbook(), id="the workbook"),
        pytest.param(archive("NPPES Deactivated NPI Report 20260209.xlsx"), id="the archive as published"),
        pytest.param(CSV, id="CSV"),
    ],
)
def test_the_report_is_read_in_every_form(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "report"
    file.write_bytes(content)
    deactivations = read_deactivations(file)

    assert len(deactivations) == 2
    assert deactivations.on("1710983663") == date(2024, 3, 15)
    assert deactivations.on("1234567893") == date(2025, 1, 2)
    assert deactivations.on("1003000639") is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "lists no NPI", id="empty"),
        pytest.param(b"NPI,Date\n", "lists no NPI", id="only a header"),
        pytest.param(b"NPI,Date\n1710983663,soon\n", "row 2 holds no date", id="no date"),
        pytest.param(b"NPI,Date\n171098366,03/15/2024\n", "row 2 holds no NPI", id="a short NPI after the header"),
        pytest.param(b"NPI,Date\n1710983663\n", "row 2 holds no NPI and date", id="a row cut short"),
        pytest.param(b"\xff\xfe\x00", "cannot be read", id="not text"),
        pytest.param(b"PK\x03\x04 broken", "cannot be read", id="a damaged archive"),
        pytest.param(archive("a.xlsx", "b.xlsx"), "2 workbooks", id="two workbooks"),
    ],
)
def test_half_a_list_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    file.write_bytes(content)
    with pytest.raises(DeactivationListError, match=says):
        read_deactivations(file)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DeactivationListError, match="FileNotFoundError"):
        read_deactivations(tmp_path / "nowhere")


@given(
    st.dictionaries(st.from_regex(r"[0-9]{10}", fullmatch=True), st.dates()),
    st.from_regex(r"[0-9]{10}", fullmatch=True),
)
def test_looking_up_is_what_a_dictionary_does(listed: dict[str, date], npi: str) -> None:
    deactivations = Deactivations(listed.items())
    assert deactivations.on(npi) == listed.get(npi)
    assert all(deactivations.on(known) == day for known, day in listed.items())


def zeros(size: int, *, within_workbook: bool) -> bytes:
    """A few kilobytes that unpack to `size` bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        if within_workbook:
            file.writestr("xl/workbook.xml", b"<workbook/>")
        with file.open("xl/worksheets/sheet1.xml" if within_workbook else "report.xlsx", "w") as part:
            for _ in range(size // 1_000_000):
                part.write(bytes(1_000_000))
    return content.getvalue()


@pytest.mark.parametrize("within_workbook", [True, False])
def test_an_archive_that_unpacks_to_too_much_is_refused_unread(
    within_workbook: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nppes_deactivations, "LARGEST_UNPACKED", 4_000_000)
    file = tmp_path / "report"
    file.write_bytes(zeros(5_000_000, within_workbook=within_workbook))
    assert file.stat().st_size < 20_000
    with pytest.raises(DeactivationListError, match="unpacks to more than"):
        read_deactivations(file)


def test_files_and_sheets_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report"
    file.write_bytes(b"NPI,Date\n" + b"1710983663,03/15/2024\n" * 200)
    monkeypatch.setattr(nppes_deactivations, "MOST_ROWS", 100)
    with pytest.raises(DeactivationListError, match="more than 100 rows"):
        read_deactivations(file)
    monkeypatch.setattr(nppes_deactivations, "LARGEST_FILE", 1_000)
    with pytest.raises(DeactivationListError, match="larger than 1000 bytes"):
        read_deactivations(file)


@settings(max_examples=60)
@given(
    st.sampled_from([workbook(), archive("report.xlsx"), CSV]),
    st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_a_damaged_report_is_read_whole_or_refused(content: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    damaged = bytearray(content)
    for at, size, replacement in changes:
        begin = at % (len(damaged) + 1)
        damaged[begin : begin + size] = replacement
    with NamedTemporaryFile() as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's, of what it makes up for
        file.write(damaged)
        file.flush()
        with suppress(DeactivationListError):
            assert len(read_deactivations(Path(file.name))) in {1, 2, 3}
