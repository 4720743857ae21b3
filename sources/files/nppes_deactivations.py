"""NPPES's monthly report of deactivated NPIs, as a list to look a provider up in (row V4).

CMS publishes a ZIP with one workbook: a title row, a header row ``NPI | NPPES Deactivation Date``, then one NPI and one
MM/DD/YYYY date a row. The workbook alone, and the same two columns as CSV, are read as well. A reactivated NPI is not
in the report any more, so what is listed is deactivated from its date on.
"""

import csv
import io
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sources.npi import is_npi_shaped

LARGEST_FILE: Final = 256 * 1024 * 1024
"""Bytes. The report of 330 000 NPIs is some 6 MB as a workbook."""
LARGEST_UNPACKED: Final = 1024 * 1024 * 1024
"""Bytes; workbooks are archives too, and are well compressed."""
MOST_ROWS: Final = 5_000_000
_DATE_FORMATS: Final = ("%m/%d/%Y", "%Y-%m-%d")
_ZIP_MAGIC: Final = b"PK\x03\x04"
_WORKBOOK_PART: Final = "xl/workbook.xml"
_HEADER_WITHIN: Final = 5


class DeactivationListError(Exception):
    """The file is no list of deactivated NPIs; the message says where it is wrong."""


class Deactivations:
    """Deactivated NPIs, twelve bytes each: the report has some 330 000."""

    def __init__(self, entries: Iterable[tuple[str, date]] = ()) -> None:
        ordered = sorted((int(npi), day.toordinal()) for npi, day in entries)
        self._npis = array("q", (npi for npi, _ in ordered))
        self._days = array("l", (day for _, day in ordered))

    def __len__(self) -> int:
        """How many NPIs are listed."""
        return len(self._npis)

    def on(self, npi: str) -> date | None:
        """The day on which the NPI was deactivated; None where it is not listed."""
        number = int(npi)
        index = bisect_left(self._npis, number)
        if index == len(self._npis) or self._npis[index] != number:
            return None
        return date.fromordinal(self._days[index])


def read_deactivations(path: Path) -> Deactivations:
    """The report at `path`.

    Raises:
        DeactivationListError: it cannot be read, holds no NPI, or holds something that is none; half a list would
            silently let the other half pass.
    """
    try:
        deactivations = Deactivations(_entries(_rows(_content(path))))
    except DeactivationListError:
        raise
    except Exception as error:  # a damaged archive or workbook makes the libraries raise nearly anything
        raise DeactivationListError(f"{path.name} cannot be read: {type(error).__name__}") from error
    if not len(deactivations):
        raise DeactivationListError(f"{path.name} lists no NPI")
    return deactivations


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise DeactivationListError(f"{path.name} is larger than {LARGEST_FILE} bytes")
    return path.read_bytes()


def _rows(content: bytes) -> Iterator[Sequence[object]]:
    if not content.startswith(_ZIP_MAGIC):
        yield from csv.reader(io.StringIO(content.decode("utf-8-sig")))
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if _WORKBOOK_PART not in archive.namelist():
            workbooks = [name for name in archive.namelist() if name.lower().endswith(".xlsx")]
            if len(workbooks) != 1:
                raise DeactivationListError(f"the archive holds {len(workbooks)} workbooks; one is expected")
            _refuse_unpacking_to_too_much(archive)
            content = archive.read(workbooks[0])
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        _refuse_unpacking_to_too_much(parts)
    import openpyxl  # a fifth of a second at the start of a process, for a file that is read once a day

    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        yield from workbook.worksheets[0].iter_rows(values_only=True)
    finally:
        workbook.close()


def _refuse_unpacking_to_too_much(archive: zipfile.ZipFile) -> None:
    # What is read of a part ends at the size that the archive states, so that the stated one can be relied on.
    if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
        raise DeactivationListError(f"the archive unpacks to more than {LARGEST_UNPACKED} bytes")


def _entries(rows: Iterable[Sequence[object]]) -> Iterator[tuple[str, date]]:
    header_seen = False
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise DeactivationListError(f"there are more than {MOST_ROWS} rows")
        cells = [cell for cell in row if cell not in (None, "")]
        if not cells:
            continue
        npi = str(cells[0]).strip()
        if is_npi_shaped(npi) and len(cells) > 1:
            yield npi, _day(cells[1], number)
        elif header_seen or number > _HEADER_WITHIN:
            raise DeactivationListError(f"row {number} holds no NPI and date")
        else:
            header_seen = npi.upper() == "NPI"


def _day(cell: object, row: int) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(str(cell).strip(), form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
    raise DeactivationListError(f"row {row} holds no date")
