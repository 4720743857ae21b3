"""However a file comes, packed or plain, in large pieces or small, in one interchange or many: the same claims."""

import gzip
import io
from collections.abc import Sequence
from typing import BinaryIO, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.claimfiles import x12_blocks
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.reading import ClaimFile
from gate.claimfiles.x12_reader import read_x12
from tests.claimfiles.x12_text import DENTAL, INSTITUTIONAL, LEVELS, OTHER, claim, interchange, line, transaction


class InPieces(io.RawIOBase):
    """A stream that gives no more than so many bytes at a time, as a pipe or a socket does."""

    def __init__(self, content: bytes, sizes: Sequence[int]) -> None:
        super().__init__()
        self._content = io.BytesIO(content)
        self._sizes = sizes
        self._reads = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self._reads += 1
        most = self._sizes[self._reads % len(self._sizes)]
        return self._content.read(most if size < 0 else min(size, most))


def bodies(number: int) -> list[str]:
    return [
        *LEVELS,
        *claim(claim_id=f"A{number}"),
        *claim(
            f"NM1*77*2*RIVERSIDE {number}",
            "N4*SANTA FE*NM*875019998",
            claim_id=f"B{number}",
            lines=[line(1), line(2, f"NM1*82*1*SORREL*MAY****XX*{OTHER}", day="20260312")],
        ),
    ]


def files(versions: Sequence[str], separators: str, line_end: str) -> bytes:
    return b"".join(
        interchange(
            *(transaction(bodies(number), version, control=f"{of_set:04}") for of_set in range(1, 3)),
            control=f"{number:09}",
            version=version,
            separators=separators,
            line_end=line_end,
        )
        for number, version in enumerate(versions, 1)
    )


def without_place(found: FileClaim) -> FileClaim:
    key = found.claim_key.split("|")
    return msgspec.structs.replace(found, position=0, offset=0, claim_key="|".join([key[0], *key[2:]]))


contents = st.builds(
    files,
    st.lists(st.sampled_from(["005010X222A1", INSTITUTIONAL, DENTAL]), min_size=1, max_size=3),
    st.sampled_from(["*~:", "|\n>", "*\x1d:"]),
    st.sampled_from(["", "\r\n"]),
)


@settings(max_examples=60, deadline=3000)
@given(contents, st.lists(st.integers(1, 700), min_size=1, max_size=5), st.booleans(), st.integers(1, 5000))
def test_pieces_packing_and_blocks_change_nothing(
    content: bytes, sizes: list[int], is_packed: bool, block: int
) -> None:
    expected = list(read_x12(io.BytesIO(content), FileProblems()))
    stream = InPieces(gzip.compress(content) if is_packed else content, sizes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(x12_blocks, "CHUNK_BYTES", block)
        found = list(ClaimFile(cast("BinaryIO", stream)))
    assert found == expected


@settings(max_examples=40, deadline=3000)
@given(st.lists(st.sampled_from(["005010X222A1", INSTITUTIONAL, DENTAL]), min_size=1, max_size=4))
def test_many_interchanges_hold_what_each_holds_alone(versions: list[str]) -> None:
    alone = [
        without_place(found) for version in versions for found in ClaimFile(io.BytesIO(files([version], "*~:", "")))
    ]
    together = [without_place(found) for found in ClaimFile(io.BytesIO(files(versions, "*~:", "")))]
    assert [msgspec.structs.replace(found, claim_id=found.claim_id[0]) for found in together] == [
        msgspec.structs.replace(found, claim_id=found.claim_id[0]) for found in alone
    ]


@settings(max_examples=30, deadline=3000)
@given(contents)
def test_what_is_told_besides_changes_no_claim(content: bytes) -> None:
    with_events = ClaimFile(io.BytesIO(content)).with_events()
    found = [item for item in with_events if isinstance(item, FileClaim)]
    assert all(each.submitted for each in found)
    assert [msgspec.structs.replace(each, submitted=None) for each in found] == list(ClaimFile(io.BytesIO(content)))


def many(form: str) -> bytes:
    if form == "837":
        return interchange(transaction([*LEVELS, *(s for n in range(9_000) for s in claim(claim_id=f"A{n}"))]))
    if form == "csv":
        return b"claim_id,npi,state,dos\n" + b"".join(b"A%d,1234567893,TX,2026-03-10\n" % n for n in range(30_000))
    row = b'{"claim_id":"A%d","npi":"1234567893","state":"TX","dos":"2026-03-10"}\n'
    return b"".join(row % n for n in range(20_000))


@pytest.mark.parametrize("form", ["837", "csv", "jsonl"])
def test_a_packed_file_that_is_cut_short_names_the_claim_it_got_to(form: str) -> None:
    packed = gzip.compress(many(form))
    claims = iter(ClaimFile(io.BytesIO(packed[: len(packed) * 3 // 4])))
    read: list[FileClaim] = []
    with pytest.raises(ClaimFileError) as caught:
        read.extend(claims)
    assert str(caught.value) == f"after the claim at {read[-1].place}: the gzip data is damaged or cut short"
