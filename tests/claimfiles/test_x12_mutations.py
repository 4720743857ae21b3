"""Whatever happens to a file's bytes: it is read, or refused with a place. Nothing else, and in bounded time."""

import gzip
import io
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.claimfiles.checks import checks_of
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.reading import ClaimFile
from sources.npi import is_npi_shaped
from sources.states import STATES
from tests.claimfiles.x12_text import (
    DENTAL,
    INSTITUTIONAL,
    LEVELS,
    OTHER,
    RENDERING,
    claim,
    interchange,
    line,
    transaction,
)

_SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLES = sorted(path for path in _SAMPLES.glob("837*/*/*") if path.is_file() and path.stat().st_size < 60_000)
RICH_CLAIM = claim(
    f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}",
    "PRV*PE*PXC*207Q00000X",
    "NM1*77*2*RIVERSIDE",
    "N4*SANTA FE*NM*875019998",
    "SBR*S*18*******CI",
    "NM1*82*1",
    lines=[line(1), line(2, f"NM1*82*1*SORREL*MAY****XX*{OTHER}", day="20260312")],
)
FILES = (
    interchange(transaction([*LEVELS, *RICH_CLAIM]), transaction([*LEVELS, *claim()], control="0002")),
    interchange(transaction([*LEVELS, *RICH_CLAIM], INSTITUTIONAL), version=INSTITUTIONAL, line_end="\r\n"),
    interchange(transaction([*LEVELS, *RICH_CLAIM], DENTAL), version=DENTAL, separators="|\n>"),
    b'claim_id,npi,state,dos,charge\nA1,1234567893,TX,2026-03-10,12.50\n"A,2",1588667638,NY,20260311,1\n',
    b'{"claim_id":"A1","npi":"1234567893","state":"TX","dos":"2026-03-10","lines":[{"line_number":2,"state":"NM"}]}\n',
)

edits = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.integers(0, 12),
        st.binary(max_size=6) | st.sampled_from([b"~", b"*", b"~ISA*", b"~IEA*"]),
    ),
    min_size=1,
    max_size=6,
)


def consume(content: bytes) -> None:
    """Read everything, and hold every claim to what is promised of it."""
    try:
        claims = list(ClaimFile(io.BytesIO(content)))
    except ClaimFileError:
        return
    assert len({found.claim_key for found in claims}) == len(claims)
    for found in claims:
        for unit in checks_of(found):
            assert not found.error
            assert is_npi_shaped(unit.rendering_npi or unit.billing_npi)
            assert unit.state in STATES
            assert (unit.service_end_date or unit.service_date) - unit.service_date >= timedelta()


@settings(max_examples=400, deadline=2000)
@given(st.sampled_from(FILES), edits)
def test_a_mutated_file_is_read_or_refused(content: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    mutated = bytearray(content)
    for at, size, replacement in changes:
        begin = at % (len(mutated) + 1)
        mutated[begin : begin + size] = replacement
    consume(bytes(mutated))


@settings(max_examples=150, deadline=2000)
@given(st.sampled_from(FILES), edits, st.integers(0, 40))
def test_a_compressed_file_that_was_mutated_or_cut_short_is_read_or_refused(
    content: bytes, changes: list[tuple[int, int, bytes]], missing: int
) -> None:
    packed = bytearray(gzip.compress(content, mtime=0))
    for at, size, replacement in changes:
        begin = at % (len(packed) + 1)
        packed[begin : begin + size] = replacement
    consume(bytes(packed[: len(packed) - missing]))
    if missing:
        with pytest.raises(ClaimFileError):
            list(ClaimFile(io.BytesIO(gzip.compress(content, mtime=0)[:-missing])))


@pytest.mark.skipif(not SAMPLES, reason="the folder of sample files is not here")
@settings(max_examples=150, deadline=5000)
@given(st.sampled_from(SAMPLES or [Path()]), edits)
def test_a_mutated_real_file_is_read_or_refused(path: Path, changes: list[tuple[int, int, bytes]]) -> None:
    mutated = bytearray(path.read_bytes())
    for at, size, replacement in changes:
        begin = (at * 97) % (len(mutated) + 1)
        mutated[begin : begin + size] = replacement
    consume(bytes(mutated))


@settings(max_examples=200, deadline=2000)
@given(st.sampled_from([b"", b"ISA", b"{", b"npi,state,dos\n", b"\x1f\x8b", FILES[0][:106]]), st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(beginning: bytes, rest: bytes) -> None:
    consume(beginning + rest)


@pytest.mark.parametrize("content", FILES[:3], ids=["P", "I", "D"])
def test_a_file_cut_anywhere_before_its_last_segment_is_refused(content: bytes) -> None:
    last_segment = content.rindex(b"IEA")
    for end in range(last_segment + 3):
        with pytest.raises(ClaimFileError):
            list(ClaimFile(io.BytesIO(content[:end])))
