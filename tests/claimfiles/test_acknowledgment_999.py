"""The 999 and TA1: what of a file was understood, and where it is at fault."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.claimfiles.errors import ClaimFileError
from tests.claimfiles.acknowledged import Acknowledged, acknowledge, segments
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
from tests.support.x12_validator import is_valid

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
ONE = transaction([*LEVELS, *claim()])
TWO = transaction([*LEVELS, *claim(claim_id="B1")], control="0002")
FILE = interchange(ONE, TWO)
OLD = "004010X098A1"


def answered(content: bytes) -> list[str]:
    """The segments between GS and GE, and TA1."""
    return [
        segment
        for segment in segments(acknowledge(content).of_file)
        if not segment.startswith(("ISA", "GS", "ST", "SE", "GE", "IEA"))
    ]


def position(content: bytes, beginning: str) -> int:
    """Of the first segment that begins so, counted from 1 at its ST."""
    found = content.decode().split("~")
    at = next(index for index, segment in enumerate(found) if segment.startswith(beginning))
    return at - max(index for index in range(at + 1) if found[index].startswith("ST*")) + 1


def test_a_file_without_fault_is_accepted_set_by_set() -> None:
    assert answered(FILE) == [
        "AK1*HC*1*005010X222A1",
        "AK2*837*0001*005010X222A1",
        "IK5*A",
        "AK2*837*0002*005010X222A1",
        "IK5*A",
        "AK9*A*2*2*2",
    ]


def test_the_answer_goes_back_with_the_same_separators_and_counts_itself() -> None:
    for separators in ("*~:", "|\n>", "~_^"):
        of_file = acknowledge(interchange(ONE, TWO, separators=separators)).of_file
        assert of_file[105:106].decode() == separators[1]
        header, group, begin, *_, end, group_end, trailer = segments(of_file)
        element = separators[0]
        assert header.split(element)[5:9] == ["ZZ", "PAYERGATE".ljust(15), "ZZ", "HEATHER".ljust(15)]
        assert header.split(element)[13] == trailer.split(element)[2] == "000000007"
        assert group.split(element)[1:4] == ["FA", "PAYERGATE", "HEATHER"]
        assert group.split(element)[6] == group_end.split(element)[2]
        assert end.split(element)[1:] == ["8", "0001"]
        assert begin.split(element)[1:] == ["999", "0001", "005010X231A1"]


_QUIRKS = {
    "SE01": ((b"SE*22*0001", b"SE*99*0001"), ["IK5*E*4"], "E"),
    "SE02": ((b"SE*22*0001", b"SE*22*0009"), ["IK5*E*3"], "E"),
    "GE01": ((b"GE*2*1", b"GE*7*1"), ["AK9*E*7*2*2*5"], "E"),
    "GE02": ((b"GE*2*1", b"GE*2*4"), ["AK9*E*2*2*2*4"], "E"),
    "IEA01": ((b"IEA*1*", b"IEA*3*"), ["TA1*000000001*260401*0830*E*021"], "A"),
    "IEA02": ((b"IEA*1*000000001", b"IEA*1*000000002"), ["TA1*000000001*260401*0830*E*001"], "A"),
    "ISA12": ((b"*^*00501*", b"*^*00402*"), ["TA1*000000001*260401*0830*E*017"], "A"),
    "GS01": ((b"GS*HC*", b"GS*HB*"), ["AK1*HB*1*005010X222A1", "AK9*E*2*2*2*1"], "E"),
    "ST03": ((b"0001*005010X222A1", b"0001*005010X223A2"), ["IK5*E*19"], "E"),
    "ST02": ((b"ST*837*0002*", b"ST*837*0001*"), ["IK5*E*23*3"], "E"),
    "HL01": ((b"HL*2*1*22", b"HL*5*1*22"), ["IK3*HL*9**8", "IK4*1*628*7", "IK5*E*5"], "E"),
}
"""By the element that is wrong: how it comes about, what must be said of it, and of the group."""


@pytest.mark.parametrize("element", _QUIRKS)
def test_a_quirk_is_read_nevertheless_and_said(element: str, tmp_path: Path) -> None:
    (old, new), told, verdict = _QUIRKS[element]
    quirk = FILE.replace(old, new, 1)
    assert quirk != FILE
    acknowledged = acknowledge(quirk)

    found = answered(quirk)
    assert acknowledged.error is None
    assert set(told) <= set(found)
    assert next(segment for segment in found if segment.startswith("AK9")).startswith(f"AK9*{verdict}")
    assert is_valid(acknowledged.of_file, tmp_path)


def test_a_component_separator_that_is_not_the_one_of_isa16_is_told_once_a_set() -> None:
    lying = FILE.replace(b"*T*:~", b"*T*>~").replace(
        b"~SE*22*0001", b"~" + b"~".join(segment.encode() for segment in claim(claim_id="A2")) + b"~SE*27*0001", 1
    )

    found = answered(lying)

    at = position(lying, "CLM*A1")
    assert found[2:6] == [f"IK3*CLM*{at}**8", "CTX*CLM01>A1", "IK4*5>1*1331*5", "IK5*E*5"]
    assert sum(segment.startswith("IK3") for segment in found) == 2  # one for each set


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        (b"DTP*472*D8*20260310", b"DTP*472*D8*20261310", "DTP*472", ["**8", "IK4*3*1251*8"]),
        (b"~DTP*472*D8*20260310", b"", "CLM*A1", ["**3"]),
        (b"CLM*A1*100*", b"CLM*A1*lots*", "CLM*A1", ["**8", "IK4*2*782*6"]),
    ],
    ids=["a date that is none", "no date", "no amount"],
)
def test_what_cannot_be_read_of_a_claim_is_told_by_its_position(
    old: bytes, new: bytes, at: str, told: list[str]
) -> None:
    content = FILE.replace(old, new, 1).replace(b"SE*22*0001", b"SE*21*0001" if not new else b"SE*22*0001", 1)

    found = answered(content)

    name = "DTP" if b"DTP" in old else "CLM"
    expected = [f"IK3*{name}*{position(content, at)}{told[0]}", "CTX*CLM01:A1", *told[1:]]
    assert found[2 : 2 + len(expected)] == expected


def test_a_dental_claim_without_a_date_is_no_fault_because_it_may_ask_what_would_be_paid() -> None:
    undated = [segment for segment in claim() if not segment.startswith("DTP")]
    content = interchange(transaction([*LEVELS, *undated], DENTAL), version=DENTAL)
    assert "IK5*A" in answered(content)


def test_what_is_no_segment_is_told_by_its_position(tmp_path: Path) -> None:
    content = FILE.replace(b"~REF*6R*A1", b"~?? what is this ??~REF*6R*A1", 1).replace(b"SE*22*", b"SE*23*", 1)
    found = answered(content)
    assert found[2:4] == [f"IK3*UNK*{position(content, '??')}**1", "IK5*E*5"]
    assert is_valid(acknowledge(content).of_file, tmp_path)


_REFUSED: dict[str, tuple[Callable[[bytes], bytes], list[str]]] = {
    "no SE": (lambda x12: x12.replace(b"SE*22*0001~", b"", 1), ["IK5*R*2", "AK9*R*1*1*0*3"]),
    "no GE": (lambda x12: x12.replace(b"GE*2*1~", b"", 1), ["AK9*R*2*2*0*3"]),
    "no IEA": (lambda x12: x12[: x12.index(b"IEA")], ["TA1*000000001*260401*0830*R*023", "AK9*R*2*2*0"]),
    "cut short": (
        lambda x12: x12[: x12.index(b"CLM*B1") + 20],
        ["TA1*000000001*260401*0830*R*023", "IK5*R*2", "AK9*R*2*2*0*3"],
    ),
    "another version": (
        lambda x12: x12.replace(b"005010X222A1", OLD.encode()),
        [f"AK2*837*0001*{OLD}", "IK5*R*I6", "AK9*R*1*1*0*2"],
    ),
    "one set of another version": (
        lambda x12: x12.replace(b"0002*005010X222A1", b"0002*004010X098A1"),
        ["AK2*837*0002*004010X098A1", "IK5*R*I6", "AK9*R*2*2*0"],
    ),
    "no claims at all": (lambda x12: x12.replace(b"ST*837*0001", b"ST*835*0001", 1), ["IK5*R*1", "AK9*R*1*1*0"]),
    "an ISA without fixed width": (
        lambda x12: x12.replace(b"*ZZ*HEATHER        *", b"*ZZ*HEATHER*", 1),
        ["TA1*000000001*260401*0830*R*022"],
    ),
    "a claim outside a set": (
        lambda x12: x12.replace(b"~GE*2*1", b"~CLM*X*1***11:B:1~GE*2*1", 1),
        ["TA1*000000001*260401*0830*R*024", "AK9*R*2*2*0"],
    ),
}
"""What becomes of a good file, and what must be said of it."""


@pytest.mark.parametrize("case", _REFUSED)
def test_a_file_that_cannot_be_read_on_is_refused_as_a_whole(case: str, tmp_path: Path) -> None:
    damage, told = _REFUSED[case]
    acknowledged = acknowledge(damage(FILE))

    assert acknowledged.error is not None
    found = answered(damage(FILE))
    assert [segment for segment in found if segment in told] == told
    assert not any(segment.startswith(("IK5*A", "IK5*E", "AK9*A", "AK9*E")) for segment in found)
    assert is_valid(acknowledged.of_file, tmp_path)


def test_what_was_good_before_the_damage_is_refused_with_it() -> None:
    good_then_bad = FILE + interchange(ONE, control="000000002")[:-30]
    found = [segment for segment in answered(good_then_bad) if segment.startswith(("AK9", "TA1"))]
    assert found == ["AK9*R*2*2*0", "TA1*000000002*260401*0830*R*023", "AK9*R*1*1*0*3"]


@pytest.mark.parametrize("content", [b"ISA", b"Dear Sir or Madam,\n", b"ST*837*0001~", b""])
def test_a_file_that_does_not_say_who_sent_it_cannot_be_answered(content: bytes) -> None:
    acknowledged = tried(content)
    assert acknowledged is None or acknowledged.of_file == b""


def test_an_interchange_that_asks_for_it_is_told_that_it_arrived() -> None:
    asks = FILE.replace(b"*000000001*0*T*", b"*000000001*1*T*", 1)
    assert answered(asks)[0] == "TA1*000000001*260401*0830*A*000"


def test_every_interchange_and_group_is_answered_on_its_own(tmp_path: Path) -> None:
    content = FILE + interchange(TWO, control="000000002", separators="*~:") + interchange(ONE, control="000000003")
    of_file = acknowledge(content).of_file
    found = segments(of_file)
    assert [segment.split("*")[13] for segment in found if segment.startswith("ISA")] == [
        "000000007",
        "000000008",
        "000000009",
    ]
    assert [segment for segment in found if segment.startswith("AK9")] == ["AK9*A*2*2*2", "AK9*A*1*1*1", "AK9*A*1*1*1"]
    assert is_valid(of_file, tmp_path)


def test_a_set_full_of_faults_is_told_of_the_first_hundred() -> None:
    many = transaction([*LEVELS, *(segment for _ in range(500) for segment in claim(charge="lots"))])
    found = answered(interchange(many))
    assert sum(segment.startswith("IK3") for segment in found) == 100
    assert found[-2:] == ["IK5*E*5", "AK9*E*1*1*1"]


RICH = claim(f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}", lines=[line(1), line(2, f"NM1*82*1*SORREL*MAY****XX*{OTHER}")])
FILES = (
    FILE,
    interchange(transaction([*LEVELS, *RICH], INSTITUTIONAL), version=INSTITUTIONAL, line_end="\r\n"),
    interchange(transaction([*LEVELS, *RICH], DENTAL), version=DENTAL, separators="|\n>"),
    interchange(ONE) + interchange(TWO, control="000000002"),
)


@settings(max_examples=150, deadline=2000)
@given(
    st.sampled_from(FILES),
    st.lists(
        st.tuples(
            st.integers(0, 4000),
            st.integers(0, 12),
            st.binary(max_size=6) | st.sampled_from([b"~", b"*", b"~ISA*", b"~IEA*", b"~SE*1*1~", b"~GE*1*1~"]),
        ),
        max_size=5,
    ),
)
def test_whatever_happens_to_a_file_its_answer_holds_together(
    content: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    mutated = bytearray(content)
    for at, size, replacement in changes:
        begin = at % (len(mutated) + 1)
        mutated[begin : begin + size] = replacement
    holds_together(tried(bytes(mutated)))


def tried(content: bytes) -> Acknowledged | None:
    """None for what is no file of claims at all."""
    try:
        return acknowledge(content)
    except ClaimFileError:
        return None


def holds_together(acknowledged: Acknowledged | None) -> None:
    """Each envelope counts what is in it, and a file is accepted only where it could be read."""
    if acknowledged is None or not acknowledged.of_file:
        return
    for of_one in interchanges(acknowledged.of_file):
        element = of_one[0][3]
        found = [segment.split(element) for segment in of_one]
        assert len(of_one[0]) == 105
        groups = [index for index, segment in enumerate(found) if segment[0] == "GS"]
        assert found[-1][1] == str(len(groups))
        for begin, end in pairwise([*groups, len(found) - 1]):
            group = found[begin:end]
            assert group[-1][:2] == ["GE", "1"]
            assert group[-1][2] == group[0][6]
            assert group[-2] == ["SE", str(len(group) - 2), "0001"]
            (verdict,) = [segment for segment in group if segment[0] == "AK9"]
            sets = [segment for segment in group if segment[0] == "IK5"]
            if acknowledged.error:
                assert verdict[1] == "R"
                assert verdict[4] == "0"
            else:
                assert verdict[3] == verdict[4] == str(len(sets))
                assert (verdict[1] == "A") == (len(verdict) == 5 and all(each == ["IK5", "A"] for each in sets))


def interchanges(content: bytes) -> list[list[str]]:
    """Each with its own separators."""
    found = []
    while content:
        element, terminator = content[3:4], content[105:106]
        end = content.index(terminator, content.index(terminator + b"IEA" + element) + 1) + 1
        found.append([segment.decode("latin-1") for segment in content[: end - 1].split(terminator)])
        content = content[end:]
    return found


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of sample files is not here")
@pytest.mark.parametrize("kind", ["good", "quirk", "bad", "other_version"])
def test_samples_are_answered_as_what_they_are(kind: str) -> None:
    verdicts = set()
    for path in SAMPLES.glob(f"837*/{kind}/*"):
        acknowledged = tried(path.read_bytes())
        holds_together(acknowledged)
        if acknowledged is not None and acknowledged.of_file:
            of_one = [segment for each in interchanges(acknowledged.of_file) for segment in each]
            verdicts |= {segment[4] for segment in of_one if segment.startswith("AK9")}
            verdicts |= {f"TA1 {segment.split(segment[3])[4]}" for segment in of_one if segment.startswith("TA1")}
    assert verdicts
    expected = {
        "good": {"A", "TA1 A"},
        "quirk": {"A", "E", "TA1 E", "TA1 A"},
        "bad": {"A", "E", "R", "TA1 R", "TA1 E", "TA1 A"},
        "other_version": {"R", "TA1 A", "TA1 E", "TA1 R"},
    }
    assert verdicts <= expected[kind]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of sample files is not here")
def test_it_is_built_like_an_acknowledgment_that_others_wrote() -> None:
    sample = segments((SAMPLES / "acknowledgments" / "999_accepted.edi").read_bytes().replace(b"\n", b""))
    ours = segments(acknowledge(interchange(ONE)).of_file)
    assert [segment.split("*")[0] for segment in ours] == [segment.split("*")[0] for segment in sample]
    assert ours[3:7] == sample[3:7]
