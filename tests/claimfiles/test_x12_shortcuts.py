"""What is read by a shortcut is read alike without it, to the last byte of every complaint."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gate.claimfiles import x12_blocks, x12_claim
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_events import Event
from gate.claimfiles.x12_reader import read_x12, read_x12_with_events
from tests.claimfiles.test_x12_mutations import RICH_CLAIM, SAMPLES
from tests.claimfiles.x12_text import (
    BILLING_LEVEL,
    DENTAL,
    INSTITUTIONAL,
    LEVELS,
    OTHER,
    PROFESSIONAL,
    RENDERING,
    SUBSCRIBER_LEVEL,
    claim,
    interchange,
    line,
    read,
    transaction,
)

NAMED = (f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}", "PRV*PE*PXC*207Q00000X")
FACILITY = ("NM1*77*2*RIVERSIDE", "N3*1 RIVER WAY", "N4*SANTA FE*NM*875019998")
PICKUP = ("NM1*PW*2", "N3*9 FIELD ROAD", "N4*RENO*NV*895019998")
USUAL = [
    segment
    for claim_segments in (
        claim(*NAMED),
        claim("REF*D9*17", "HI*ABK:J069", *NAMED, *FACILITY, lines=[line(1), line(2), line(3)], claim_id="A2"),
        claim(*FACILITY, claim_id=" A3 ", charge=".5"),
        claim(*PICKUP, f"NM1*DN*1*SORREL*MAY****XX*{OTHER}", *NAMED, claim_id="A4"),
        claim(*NAMED, lines=[["LX*1", "SV1*HC:99213*9*UN*1***1", "DTP*472*RD8*20260310-20260312"]], claim_id="A5"),
    )
    for segment in claim_segments
]
ODD = [
    segment
    for claim_segments in (
        claim("NM1*82*1*BRAMBLE*IVO", claim_id="B1"),
        claim(*NAMED, charge="-1", claim_id="B2"),
        claim(*NAMED, lines=[line(1), line(2, day="20260312")], claim_id="B3"),
        claim(*NAMED, lines=[line(1), line(2, day="2026031")], claim_id="B4"),
        claim(*NAMED, lines=[line(1, *NAMED)], claim_id="B5"),
        claim(*NAMED, "DTP*472*D8*20260309", claim_id="B6"),
        claim(*NAMED, "DTP*434*RD8*20260301-20260309", claim_id="B7"),
        claim(*NAMED, "SBR*S*18*******CI", *FACILITY, claim_id="B8"),
        claim(*NAMED, lines=[["LX*1", "DTP*472*D8*20260310", "DTP*472*D8*20260311"]], claim_id="B9"),
        claim("NM1*82*1*BRAMBLE*IVO****XX*123", claim_id="B10"),
        claim("NM1*77*2*RIVERSIDE", "N4*SANTA FE*XX*875019998", *NAMED, claim_id="B11"),
        claim(*NAMED, lines=[], claim_id="B12"),
        claim("SBR*S*18*******CI", *NAMED, claim_id="B15"),
        claim(*NAMED, lines=[line(1), line(2, day="202603101")], claim_id="B16"),
        claim(*NAMED, lines=[["LX*1", "SV1*HC:99213*9*UN*1***1"]], claim_id="B13"),
        ["CLM*B14"],
        RICH_CLAIM,
    )
    for segment in claim_segments
]
NOBODY_BILLS = ("HL*3**20*1", "NM1*85*2*HEATHER CLINIC", *SUBSCRIBER_LEVEL, *claim(*NAMED), *claim())
FILES = tuple(
    interchange(
        transaction([*LEVELS, *USUAL, *BILLING_LEVEL, *SUBSCRIBER_LEVEL, *ODD], version),
        transaction([*LEVELS, *USUAL, *NOBODY_BILLS], version, control="0002"),
        version=version,
        separators=separators,
        line_end=line_end,
    )
    for version, (separators, line_end) in product(
        (PROFESSIONAL, INSTITUTIONAL, DENTAL),
        (("*~:", "\n"), ("*~:", "\r\n"), ("|~>", ""), ("*\n:", ""), ("*\r:", "\n"), ("^\\]", " \n")),
    )
)

edits = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.integers(0, 6),
        st.binary(max_size=4)
        | st.sampled_from(
            [b"~", b"*", b"\n", b" ", b" ~\n", b"~\n\n", b"~\r\n", b"\t~", b"~ ", b"~NM1*82*", b"~SBR*P"]
        ),
    ),
    max_size=5,
)
Told = tuple[list[object], list[object], object]


def told(content: bytes, chunk: int) -> Told:
    """All that a file says, with and without events, however it is cut into chunks; and how it was refused."""
    problems = FileProblems()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(x12_blocks, "CHUNK_BYTES", chunk)
        events = _until_refused(read_x12_with_events(io.BytesIO(content), problems))
        claims = _until_refused(read_x12(io.BytesIO(content), FileProblems()))
    return events, claims, (problems.kept, problems.count)


def _until_refused(read: Iterator[FileClaim] | Iterator[FileClaim | Event]) -> list[object]:
    """What was read, and last the refusal, where there is one."""
    found: list[object] = []
    try:
        found.extend(read)
    except ClaimFileError as error:
        found.append((error.place, error.message, error.events))
    return found


@contextmanager
def no_shortcuts() -> Iterator[None]:
    """Every claim by all the rules, every segment looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(x12_blocks.Block, "_without_line_ends", lambda *_: None)
        patch.setattr(x12_claim, "usual_claims", lambda *_: None)
        yield


def assert_alike(content: bytes, chunk: int) -> None:
    shortly = told(content, chunk)
    with no_shortcuts():
        assert told(content, chunk) == shortly


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("chunk", [1, 7, 512, 128 * 1024])
def test_a_file_says_the_same_with_and_without_shortcuts(content: bytes, chunk: int) -> None:
    assert_alike(content, chunk)


@settings(max_examples=500, deadline=5000)
@given(st.sampled_from(FILES), edits, st.sampled_from([100, 1000, 128 * 1024]))
def test_a_mutated_file_says_the_same_with_and_without_shortcuts(
    content: bytes, changes: list[tuple[int, int, bytes]], chunk: int
) -> None:
    mutated = bytearray(content)
    for at, size, replacement in changes:
        begin = at % (len(mutated) + 1)
        mutated[begin : begin + size] = replacement
    assert_alike(bytes(mutated), chunk)


@pytest.mark.skipif(not SAMPLES, reason="the folder of sample files is not here")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_real_file_says_the_same_with_and_without_shortcuts(path: Path) -> None:
    content = path.read_bytes()
    assert_alike(content, 128 * 1024)
    assert_alike(content.replace(b"~\n", b"~").replace(b"~", b"~\n"), 1000)


segments = st.lists(st.sampled_from(sorted({*USUAL, *ODD})), max_size=14)


@settings(max_examples=400, deadline=2000)
@given(segments, st.sampled_from([PROFESSIONAL, DENTAL, INSTITUTIONAL]))
def test_claims_put_together_at_random_say_the_same_with_and_without_shortcuts(body: list[str], version: str) -> None:
    content = interchange(transaction([*LEVELS, *claim(*NAMED), *body], version), version=version, line_end="\n")
    assert_alike(content, 128 * 1024)


lines_of_text = st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "", "", "", " ", "\t", "\n"]),
        st.sampled_from(["REF*1*A", "REF*1*A B", "", "CLM*1", "REF*1*\n2", "?"]),
        st.sampled_from(["", "", "", "", " ", "\r", "\x0b"]),
        st.sampled_from(["~\n", "~\n", "~\n", "~\n", "~", "~\r\n", "~\n\n"]),
    ),
    min_size=2,
    max_size=6,
)
SEPARATORS = x12_blocks.Separators(b"*", b":", b"~")


@settings(max_examples=1000)
@given(lines_of_text)
@example(["REF*1*A~\n", "REF*2*B ~"])
@example(["REF*1*A~\n", "REF*1*A ~\n", "REF*1*A~"])
@example(["REF*1*A~\n", "~\n", "REF*1*A~"])
def test_lines_that_are_joined_are_cut_like_lines_looked_at_one_by_one(written: list[str]) -> None:
    def cut() -> tuple[object, ...]:
        block = x12_blocks.Block(data, SEPARATORS, x12_blocks.Place(7, 1000), is_last=True)
        return list(block.pieces()), list(block.damaged()), block.is_damaged, block.end

    data = "".join(["CLM*0~\n", *written]).rstrip("\r\n").encode()
    shortly = cut()
    with no_shortcuts():
        assert cut() == shortly


def _never(*_: Any) -> NoReturn:
    raise AssertionError("the shortcut was not taken")


@pytest.mark.parametrize("version", [PROFESSIONAL, DENTAL])
def test_usual_claims_take_the_shortcut(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12_claim.ClaimReader, "read_any", _never)
    segments_of_claims = USUAL[: USUAL.index("CLM* A3 *.5***11:B:1*Y*A*Y*Y")]
    assert len(read(interchange(transaction([*LEVELS, *segments_of_claims], version), version=version))) == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_are_joined_without_a_look_at_each(line_end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12_blocks.Block, "_without_padding", _never)
    content = interchange(transaction([*LEVELS, *claim(*NAMED)]), line_end=line_end)
    (found,) = read(content)
    assert found.offset == content.index(b"CLM")
    assert found.position == content.count(b"~", 0, found.offset) + 1


def test_what_is_remembered_of_parties_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.claimfiles.x12_usual._MOST_KNOWN", 3)
    people = [f"NM1*82*1*BRAMBLE*IVO****XX*123456789{digit}" for digit in range(10)]
    body = [segment for index, person in enumerate(people * 2) for segment in claim(person, claim_id=f"C{index}")]
    found = read(interchange(transaction([*LEVELS, *body])))
    assert [each.rendering_npi[-1] for each in found] == list("0123456789") * 2
