"""What a file may hold at most. Whatever is beyond it is refused by its place, in bounded memory and time."""

import gzip
import io
import time
import tracemalloc

import pytest

from gate.claimfiles import reading
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.jsonl_reader import MOST_LINES
from gate.claimfiles.model import FileClaim
from gate.claimfiles.reading import ClaimFile
from gate.claimfiles.text_lines import LONGEST_ROW
from gate.claimfiles.x12_blocks import LONGEST_PIECE
from tests.claimfiles.x12_text import LEVELS, claim, interchange, line, transaction

_SECONDS = 10.0
_HEADER = b"claim_id,npi,state,dos\n"
_MANY = _HEADER + b"".join(b"A%d,1234567893,TX,2026-03-10\n" % number for number in range(5_000))
_X12 = interchange(transaction([*LEVELS, *claim()]))
_BEFORE_CLAIMS = _X12.partition(b"CLM")[0]
_BEFORE_TRAILERS = _X12.partition(b"~SE")[0]
_TOO_LONG = {
    "CSV, an open quote": (_HEADER + b'"' + b"A" * (LONGEST_ROW + 1), "line 2: a row is longer"),
    "CSV, a quote over many lines": (_HEADER + b'"' + b"A\n" * LONGEST_ROW, "line [0-9]+: not CSV"),
    "CSV, a long cell": (_HEADER + b"A" * 200_000 + b",1,TX,2026-03-10\n", "line 2: not CSV"),
    "CSV, a wide header": (b"npi," * 300_000 + b"state\n", "line 1: a row is longer"),
    "JSONL, a long line": (b'{"npi": "' + b"1" * LONGEST_ROW + b'"}\n', "line 1: a row is longer"),
    "X12, a long segment": (_BEFORE_CLAIMS + b"CLM*" + b"A" * (LONGEST_PIECE + 200_000), "does not end within"),
    "X12, a claim without end": (_BEFORE_TRAILERS + b"~REF*A*1" * 700_000, "does not end within"),
}


def read_all(content: bytes) -> list[FileClaim]:
    """Every claim, or the refusal; in bounded time either way."""
    began = time.monotonic()
    try:
        return list(ClaimFile(io.BytesIO(content)))
    finally:
        assert time.monotonic() - began < _SECONDS


@pytest.mark.parametrize("what", _TOO_LONG)
def test_what_is_too_long_is_refused_by_its_place(what: str) -> None:
    content, told = _TOO_LONG[what]
    with pytest.raises(ClaimFileError, match=told):
        read_all(content)


def test_what_is_too_long_is_not_even_held_in_memory() -> None:
    content = io.BytesIO(_BEFORE_CLAIMS + b"CLM*" + b"A" * (8 * LONGEST_PIECE))
    tracemalloc.start()
    with pytest.raises(ClaimFileError):
        list(ClaimFile(content))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * LONGEST_PIECE


_LONG = "A" * 50_000


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(claim(f"NM1*82*1*{{}}{_LONG}****XX*1234567893"), id="a-name"),
        pytest.param(claim(f"NM1*82*1*BRAMBLE*IVO****XX*{{}}{_LONG}"), id="an-npi"),
        pytest.param(claim(lines=[line(1, day=f"{{}}{_LONG}")]), id="a-date"),
        pytest.param(claim(lines=[line(1), line(2, day=f"{{}}{_LONG}")]), id="one-date-of-two"),
    ],
)
def test_nothing_long_is_remembered_from_claim_to_claim(odd: list[str]) -> None:
    claims = [segment.format(number) for number in range(300) for segment in odd]
    content = io.BytesIO(interchange(transaction([*LEVELS, *claims])))
    tracemalloc.start()
    assert sum(1 for _ in ClaimFile(content)) == 300
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 6_000_000  # of 15 million in all


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(b"[" * 500_000, id="nested-lists"),
        pytest.param(b'{"npi":' * 100_000, id="nested-objects"),
        pytest.param(b'{"npi": ' + b"1" * 10_000 + b"}", id="a-number-of-10-000-digits"),
        pytest.param(b'{"charge": 1e999999999}', id="a-charge-beyond-all-numbers"),
        pytest.param(b'{"charge": 1' + b"0" * 5_000 + b".5}", id="a-charge-of-5-000-digits"),
        pytest.param(b'{"service_date": "\xf0\x9f\x8f\xa5"}', id="a-date-that-is-a-picture"),
        pytest.param(b'{"npi": "\\ud800"}', id="half-a-character"),
        pytest.param(b'{"lines": [' + b"{}," * MOST_LINES + b"{}]}", id="too-many-lines"),
        pytest.param(b'{"lines": [[], 1, null, {"line_number": "99999999999999999999"}]}', id="lines-that-are-none"),
        pytest.param(b"\x00" * 1000, id="zeros"),
    ],
)
def test_one_absurd_row_is_a_claim_with_a_problem_and_the_others_are_read(row: bytes) -> None:
    good = b'{"claim_id": "A1", "npi": "1234567893", "state": "TX", "dos": "2026-03-10"}\n'
    before, odd, after = read_all(good + row + b"\n" + good)
    assert not before.error
    assert odd.error
    assert not after.error


def test_a_claim_of_more_lines_than_the_format_allows_has_a_problem() -> None:
    lines = [line(number) for number in range(1, 3_000)]
    (found,) = read_all(interchange(transaction([*LEVELS, *claim(lines=lines)])))
    assert "service lines" in found.error


@pytest.mark.parametrize("filling", [b"\n", b"A1,1234567893,TX,2026-03-10\n"])
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(filling: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "UNPACKED_UNASKED", 500_000)
    monkeypatch.setattr(reading, "LARGEST_RATIO", 150)
    with pytest.raises(ClaimFileError, match="the gzip data unpacks to more than 150 times its size"):
        read_all(gzip.compress(_HEADER + filling * (900_000 // len(filling)), 9))


def test_what_is_in_proportion_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "UNPACKED_UNASKED", 1_000)
    assert len(read_all(gzip.compress(_MANY))) == 5_000


def test_only_one_layer_is_unpacked() -> None:
    with pytest.raises(ClaimFileError, match=r"the file is (neither X12|not text)"):
        read_all(gzip.compress(gzip.compress(_MANY)))
