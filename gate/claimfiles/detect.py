"""Tells the format of a claim file from its beginning. Pure."""

from enum import StrEnum
from typing import Final

from gate.claimfiles.csv_reader import delimiter_of
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.rows import field_of

HEAD_BYTES: Final = 64 * 1024
"""How much of a file is looked at."""
GZIP_MAGIC: Final = b"\x1f\x8b"

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n\x00\x1a"
_BLANKS_AND_MARK: Final = _BLANKS + _BYTE_ORDER_MARK
_OTHERS: Final = (
    (b"\xff\xfe", "the file is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "the file is UTF-16 text; save it as UTF-8"),
    (b"PK\x03\x04", "the file is a ZIP archive or a workbook; unpack it, or save it as CSV"),
    (b"%PDF", "the file is a PDF document"),
    (b"[", "the file is one JSON array; JSON lines are expected, one object a line"),
    (b"GS", "an X12 file must begin with an ISA segment, and this one begins with GS"),
    (b"ST", "an X12 file must begin with an ISA segment, and this one begins with ST"),
)


class ClaimFormat(StrEnum):
    """The formats that can be read."""

    X12 = "837"
    CSV = "CSV"
    JSONL = "JSONL"


def detect(head: bytes) -> ClaimFormat:
    """The format of the file that begins with `head`.

    Raises:
        ClaimFileError: when it is empty, or no claim file.
    """
    begin = head.lstrip(_BLANKS_AND_MARK)
    if not begin:
        raise ClaimFileError("", "the file is empty")
    if begin.startswith(b"ISA"):
        return ClaimFormat.X12
    first_line = begin.split(b"\n", 1)[0].decode("utf-8", errors="replace").strip()
    if begin.startswith(b"{"):
        if first_line == "{":
            raise ClaimFileError("line 1", "the JSON object reaches over several lines; one object a line is expected")
        return ClaimFormat.JSONL
    if any(field_of(column.strip('"')) for column in first_line.split(delimiter_of(first_line))):
        return ClaimFormat.CSV
    for magic, message in _OTHERS:
        if head.startswith(magic) or begin.startswith(magic):
            raise ClaimFileError("", message)
    if b"\x00" in begin:
        raise ClaimFileError("", "the file is not text")
    raise ClaimFileError("", "the file is neither X12 (ISA), nor JSON lines, nor CSV with a header of known columns")
