import gzip
import io
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from gate.claimfiles.detect import ClaimFormat, detect
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.reading import ClaimFile, open_claim_file
from tests.claimfiles.x12_text import LEVELS, claim, interchange, transaction

X12 = interchange(transaction([*LEVELS, *claim()]))
CSV = b"npi,state,dos\n1234567893,TX,2026-03-10\n"
JSONL = b'{"npi":"1234567893","state":"TX","dos":"2026-03-10"}\n'


@pytest.mark.parametrize(
    "wrapped", [bytes, gzip.compress, lambda content: b"\xef\xbb\xbf\r\n " + content], ids=["plain", "gzip", "BOM"]
)
@pytest.mark.parametrize(
    ("content", "form"), [(X12, ClaimFormat.X12), (CSV, ClaimFormat.CSV), (JSONL, ClaimFormat.JSONL)]
)
def test_the_format_is_told_from_the_content(
    tmp_path: Path, content: bytes, form: ClaimFormat, wrapped: type[bytes]
) -> None:
    path = tmp_path / "claims.dat"
    path.write_bytes(wrapped(content))

    with open_claim_file(path) as claim_file:
        assert claim_file.format is form
        assert [each.service_date is not None for each in claim_file] == [True]
        assert claim_file.bytes_read == claim_file.size == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \r\n\x1a", "the file is empty"),
        (b"PK\x03\x04 a workbook", "the file is a ZIP archive or a workbook; unpack it, or save it as CSV"),
        (b"%PDF-1.7", "the file is a PDF document"),
        ("npi,state".encode("utf-16"), "the file is UTF-16 text; save it as UTF-8"),
        (b"[" + JSONL + b"]", "the file is one JSON array; JSON lines are expected, one object a line"),
        (b'{\n "npi": 1}', "line 1: the JSON object reaches over several lines; one object a line is expected"),
        (b"ST*837*0001~", "an X12 file must begin with an ISA segment, and this one begins with ST"),
        (b"\x7fELF\x00\x00", "the file is not text"),
        (
            b"Dear claims department,\n",
            "the file is neither X12 (ISA), nor JSON lines, nor CSV with a header of known columns",
        ),
    ],
)
def test_what_is_no_claim_file_is_refused_by_what_it_is(content: bytes, message: str) -> None:
    with pytest.raises(ClaimFileError) as caught:
        detect(content)
    assert str(caught.value) == message


@pytest.mark.parametrize("content", [CSV.splitlines()[0], interchange(transaction(LEVELS))])
def test_a_file_without_claims_is_refused(content: bytes) -> None:
    with pytest.raises(ClaimFileError, match="the file holds no claims"):
        list(ClaimFile(io.BytesIO(content)))


def test_a_damaged_gzip_file_is_refused() -> None:
    whole = gzip.compress(CSV * 10_000)
    for content in (whole[:-10], whole[:40] + b"\xff\xff\xff" + whole[43:]):
        with pytest.raises(ClaimFileError, match="the gzip data is damaged or cut short"):
            list(ClaimFile(io.BytesIO(content)))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(ClaimFileError, match="the file cannot be read: "), open_claim_file(path):
            pass


def test_an_error_of_the_caller_passes_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(CSV)

    with pytest.raises(ConnectionResetError), open_claim_file(path):
        raise ConnectionResetError


def test_standard_input_is_read_though_it_cannot_seek(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()

    def write() -> None:
        with os.fdopen(into, "wb") as stream:
            stream.write(gzip.compress(X12))

    writer = threading.Thread(target=write)
    with os.fdopen(out, "r") as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        writer.start()
        with open_claim_file("-") as claim_file:
            assert len(list(claim_file)) == 1
            assert (claim_file.size, claim_file.bytes_read) == (None, 0)
    writer.join()


@pytest.mark.parametrize(
    ("head", "body", "tail"),
    [
        (CSV, CSV.splitlines(keepends=True)[1], b""),
        (b"", JSONL, b""),
        (
            X12.partition(b"~SE*")[0] + b"~",
            "".join(f"{segment}~" for segment in claim()).encode(),
            b"SE*1*0001~GE*1*1~IEA*1*000000001~",
        ),
    ],
    ids=["CSV", "JSONL", "X12"],
)
def test_p6_a_long_file_takes_no_more_memory_than_a_short_one(head: bytes, body: bytes, tail: bytes) -> None:
    def peak(claims: int) -> int:
        content = io.BytesIO(gzip.compress(head + body * claims + tail, compresslevel=1))
        tracemalloc.start()
        for _ in ClaimFile(content):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(12_000) < 1.4 * peak(6_000)
