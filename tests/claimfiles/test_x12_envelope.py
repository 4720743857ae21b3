import io

import pytest

from gate.claimfiles import x12_blocks
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.problems import KEPT, FileProblems
from gate.claimfiles.x12_reader import read_x12
from tests.claimfiles.x12_text import (
    DENTAL,
    INSTITUTIONAL,
    LEVELS,
    PROFESSIONAL,
    claim,
    interchange,
    line,
    read,
    transaction,
)

ONE = transaction([*LEVELS, *claim()])
TWO = transaction([*LEVELS, *claim()], control="0002")


def refused(content: bytes) -> ClaimFileError:
    with pytest.raises(ClaimFileError) as caught:
        read(content)
    return caught.value


def complaints(content: bytes) -> list[str]:
    problems = FileProblems()
    assert read(content, problems)
    return [problem.message for problem in problems.kept]


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n", "  \r\n\r\n"])
@pytest.mark.parametrize("separators", ["*~:", "|\n>", "~_^", "*\x1d:", "*!|", "+\r:"])
def test_any_separators_and_line_ends_give_the_same_claims(separators: str, line_end: str) -> None:
    content = interchange(
        transaction([*LEVELS, *claim(lines=[line(1), line(2)])]), TWO, separators=separators, line_end=line_end
    )

    problems = FileProblems()
    found = read(content, problems)

    assert [(each.rendering_npi, each.state, each.charge_cents) for each in found] == [("1999996666", "TX", 10000)] * 2
    assert problems.count == 0
    assert [content[each.offset or 0 :][:3] for each in found] == [b"CLM", b"CLM"]
    assert [each.position for each in found] == [19, 45]


def test_separators_are_found_anew_at_every_isa() -> None:
    content = (
        interchange(ONE) + b"\r\n\x1a" + b"\xef\xbb\xbf" + interchange(ONE, control="000000002", separators="|\n>")
    )

    assert [each.claim_key for each in read(b"\xef\xbb\xbf" + content)] == [
        "HEATHER|000000001|1|0001|1",
        "HEATHER|000000002|1|0001|1",
    ]


def test_the_key_of_a_claim_tells_interchange_group_transaction_and_ordinal() -> None:
    body = [*LEVELS, *claim(), *claim()]
    keys = [each.claim_key for each in read(interchange(transaction(body), transaction(body, control="0002")))]

    assert keys == [f"HEATHER|000000001|1|{st02}|{ordinal}" for st02 in ("0001", "0002") for ordinal in (1, 2)]


def test_keys_stay_unique_where_control_numbers_are_used_again() -> None:
    problems = FileProblems()
    found = read(interchange(ONE, ONE) + interchange(ONE), problems)

    assert [each.claim_key[-1] for each in found] == ["1", "2", "3"]
    assert [problem.message for problem in problems.kept] == [
        "the control numbers of transaction '0001' were used before"
    ] * 2


@pytest.mark.parametrize("addendum", ["", "A1", "A2"])
@pytest.mark.parametrize("guide", ["005010X222", "005010X223", "005010X224"])
def test_every_addendum_of_the_three_guides_is_read(guide: str, addendum: str) -> None:
    version = guide + addendum

    assert len(read(interchange(transaction([*LEVELS, *claim()], version), version=version))) == 1


@pytest.mark.parametrize("version", ["004010X098A1", "005010X298", "005010X291", "005010", "005010X222A1B"])
def test_other_versions_are_refused_by_name_and_place(version: str) -> None:
    error = refused(interchange(transaction([*LEVELS, *claim()], version), version=version))

    assert error.place == "segment 3 (byte 161)" if len(version) == 12 else error.place.startswith("segment 3 ")
    assert f"version '{version}' of the 837 is not supported" in error.message


def test_another_transaction_set_is_refused_by_name() -> None:
    content = interchange(["ST*835*0001", "SE*2*0001"])

    assert "transaction set '835' is not a claim (837)" in refused(content).message


def test_a_transaction_without_st03_is_known_by_its_group() -> None:
    content = interchange(ONE, version=DENTAL).replace(b"ST*837*0001*005010X222A1~", b"ST*837*0001~")

    assert [each.kind for each in read(content)] == ["D"]


def test_st03_wins_over_gs08_and_the_difference_is_told() -> None:
    content = interchange(ONE, version=INSTITUTIONAL)

    assert [each.kind for each in read(content)] == ["P"]
    assert complaints(content) == [f"ST03 is '{PROFESSIONAL}', but GS08 is '{INSTITUTIONAL}'"]


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        (b"SE*22*0001", b"SE*99*0001", "SE01 is '99', but there are 22 segments"),
        (b"SE*22*0001", b"SE**0001", "SE01 is '', but there are 22 segments"),
        (b"SE*22*0001", b"SE*22*0002", "SE02 is '0002', but ST02 is '0001'"),
        (b"GE*1*1", b"GE*2*1", "GE01 is '2', but there are 1 transactions"),
        (b"GE*1*1", b"GE*1*7", "GE02 is '7', but GS06 is '1'"),
        (b"IEA*1*000000001", b"IEA*3*000000001", "IEA01 is '3', but there are 1 functional groups"),
        (b"IEA*1*000000001", b"IEA*1*000000009", "IEA02 is '000000009', but ISA13 is '000000001'"),
        (b"GS*HC*", b"GS*HS*", "GS01 is 'HS', not 'HC' for claims"),
    ],
)
def test_an_envelope_that_lies_is_read_and_told(there: bytes, instead: bytes, told: str) -> None:
    content = interchange(ONE)
    assert there in content

    assert complaints(content.replace(there, instead)) == [told]


def test_only_so_many_problems_are_kept_but_all_are_counted() -> None:
    problems = FileProblems()
    read(interchange(*[transaction(claim(), count=1, control=str(number)) for number in range(150)]), problems)

    assert (problems.count, len(problems.kept)) == (150, KEPT)


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        (b"SE*22*0001~", "but transaction '0001' has not ended (no SE)"),
        (b"GE*1*1~", "but functional group '1' has not ended (no GE)"),
        (b"IEA*1*000000001~", "but interchange '000000001' has not ended (no IEA)"),
    ],
)
def test_a_missing_trailer_is_an_error_that_names_what_is_open(cut: bytes, told: str) -> None:
    assert told in refused(interchange(ONE).replace(cut, b"")).message
    assert told in refused(interchange(ONE).partition(cut)[0]).message
    assert told in refused(interchange(ONE).replace(cut, b"") + interchange(ONE)).message


def test_a_file_cut_short_in_a_segment_names_the_segment() -> None:
    content = interchange(ONE)
    end = content.index(b"DTP*472") + 9

    assert str(refused(content[:end])) == f"segment 22 (byte {end - 9}): the file ends in the middle of this segment"


def test_the_last_terminator_may_be_missing() -> None:
    assert len(read(interchange(ONE)[:-1])) == 1
    assert len(read(interchange(ONE, separators="*\n:")[:-1])) == 1


@pytest.mark.parametrize(
    "content",
    [
        interchange(ONE).replace(b"*ZZ*HEATHER        *", b"*ZZ*HEATHER*"),
        interchange(ONE)[:80],
        interchange(ONE).replace(b"000000001*0*T*:~", b"000000001*0*T*:A"),
        interchange(ONE)[2:],
        b"\n".join([interchange(ONE), b"something else that is long enough to be an ISA segment " * 3]),
    ],
    ids=["ISA is not of fixed width", "ISA cut short", "a letter as terminator", "no ISA", "text after IEA"],
)
def test_what_is_no_interchange_is_refused_with_its_place(content: bytes) -> None:
    assert refused(content).place.startswith("segment ")


@pytest.mark.parametrize(
    "misplaced", ["SE*1*1", "GE*1*1", "ST*837*9*005010X222A1", "GS*HC*A*B*20260401*0830*2*X*005010X222A1"]
)
def test_a_segment_of_the_envelope_in_the_wrong_place_is_an_error(misplaced: str) -> None:
    outside = interchange(ONE).replace(b"~GS*", f"~{misplaced}~GS*".encode())
    inside = interchange(transaction([*LEVELS, *claim(), misplaced]))

    assert {refused(outside).place[:8], refused(inside).place[:8]} == {"segment "}


def test_a_claim_outside_a_transaction_is_an_error() -> None:
    assert "outside a transaction" in refused(interchange(ONE).replace(b"~GE*", b"~CLM*A9*1~GE*")).message


def test_damage_blocks_the_claim_it_is_in_and_no_other() -> None:
    body = [*LEVELS, *claim("nm1*82*1*BRAMBLE*IVO****XX*1234567893"), *claim(claim_id="A2")]
    content = interchange(transaction(body), line_end="\n")

    assert [bool(each.error) for each in read(content)] == [True, False]
    assert complaints(content) == ["what stands here is not a segment; it is passed over"]


def test_a_file_without_claims_gives_none() -> None:
    assert read(interchange(transaction(LEVELS))) == []
    assert read(b" \r\n") == []


class Dripping(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__()
        self._content = io.BytesIO(content)
        self._size = size

    def read(self, size: int = -1, /) -> bytes:
        return self._content.read(min(size, self._size) if size >= 0 else self._size)


@pytest.mark.parametrize("size", [1, 7, 105, 107, 1000])
def test_where_a_read_ends_makes_no_difference(size: int) -> None:
    body = [*LEVELS, *claim(lines=[line(number) for number in range(1, 9)]), *claim(claim_id="A2")]
    content = interchange(transaction(body), line_end="\r\n") + interchange(transaction(body), control="000000002")

    assert list(read_x12(Dripping(content, size), FileProblems())) == read(content)


def test_p6_a_claim_without_end_is_refused_instead_of_filling_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12_blocks, "LONGEST_PIECE", 300_000)
    head = interchange(ONE).partition(b"LX*")[0]

    class Endless:
        def __init__(self) -> None:
            self.given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return head if self.given == size else b"REF*G1*1~" * (size // 9)

    stream = Endless()
    with pytest.raises(ClaimFileError, match="does not end within 300000 bytes"):
        list(read_x12(stream, FileProblems()))
    assert stream.given < 1_000_000
