"""The 277CA: one status for each claim, sums that are right, and only what the site names is rejected."""

import io
import tracemalloc
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.claimfiles import spool
from gate.claimfiles.acknowledgment_277ca import ClaimAcknowledgment
from gate.claimfiles.asked import asked
from gate.claimfiles.checks import checks_of
from gate.claimfiles.model import FileClaim
from gate.claimfiles.reading import ClaimFile
from gate.claimfiles.rejection import ACCEPTED, ClaimStatus, RejectionRule
from gate.claimfiles.results import CheckAnswer, CheckFailure, result_of
from gate.claimfiles.x12_writing import ControlNumbers
from tests.claimfiles.acknowledged import HELD, MADE_AT, NOT_FOUND, PASSES, acknowledge, segments
from tests.claimfiles.test_acknowledgment_999 import interchanges
from tests.claimfiles.x12_text import (
    BILLING_LEVEL,
    INSTITUTIONAL,
    LEVELS,
    SUBSCRIBER_LEVEL,
    claim,
    interchange,
    line,
    transaction,
)
from tests.support.x12_validator import is_valid

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
HEADER = (
    "NM1*41*2*ACME BILLING*****46*TGJ23",
    "PER*IC*EDI DESK*TE*8005551234",
    "NM1*40*2*STATE MEDICAID*****46*MCD01",
)
DEPENDENT = ("HL*3*2*23*0", "PAT*19", "NM1*QC*1*FERNSBY*ROWAN", "N3*2 HEATHER LANE", "N4*RENO*NV*895019998")
FILE = interchange(
    transaction(
        [
            *HEADER,
            *LEVELS,
            *claim("REF*D9*777", claim_id="A1", charge="100"),
            *claim(claim_id="A2", charge="20.5", lines=[line(1), line(2, day="20260312")]),
            *DEPENDENT,
            *claim(claim_id="A3", charge="0.07"),
        ]
    )
)


def rejecting(*claims: str) -> list[str]:
    """The 277CA's segments when these claims' providers are unknown, and held for it."""
    return segments(acknowledge(FILE, lambda found: HELD if found.claim_id in claims else PASSES).of_claims)


def status(of: list[str], claim_id: str) -> str:
    return of[of.index(f"TRN*2*{claim_id}") + 1]


def test_a_claim_that_is_rejected_is_told_by_the_status_that_the_gate_suggests() -> None:
    of_claims = rejecting("A1")
    assert status(of_claims, "A1") == "STC*A3:26:82*20260402*U*100********NPI 1234567893 is unknown to TX Medicaid."
    assert status(of_claims, "A2") == "STC*A2:20:PR*20260402*WQ*20.5"
    assert of_claims[of_claims.index("TRN*2*A1") + 2 :][:2] == ["REF*D9*777", "DTP*472*D8*20260310"]
    assert "DTP*472*RD8*20260310-20260312" in of_claims


def test_sums_are_of_the_set_and_of_each_provider() -> None:
    of_claims = rejecting("A1", "A3")
    for sums in (["QTY*90*1", "QTY*AA*2", "AMT*YU*20.5", "AMT*YY*100.07"], ["QTY*QA*1", "QTY*QC*2"]):
        at = of_claims.index(sums[0])
        assert of_claims[at : at + len(sums)] == sums
    assert [segment for segment in of_claims if segment.startswith("STC*A1")] == [
        "STC*A1:19:PR*20260402*WQ*120.57",
        "STC*A1:19:PR**WQ*120.57",
    ]


def test_who_sent_the_claims_finds_them_again() -> None:
    of_claims = rejecting()
    assert "NM1*PR*2*STATE MEDICAID*****46*MCD01" in of_claims
    assert "NM1*41*2*ACME BILLING*****46*TGJ23" in of_claims
    assert "TRN*2*B0001" in of_claims  # BHT03
    assert "NM1*85*2*HEATHER CLINIC*****XX*1999996666" in of_claims
    patients = [segment for segment in of_claims if segment.startswith("NM1*QC")]
    assert patients == [
        "NM1*QC*1*FERNSBY*OLIVE****MI*MC0000001",
        "NM1*QC*1*FERNSBY*OLIVE****MI*MC0000001",
        "NM1*QC*1*FERNSBY*ROWAN****MI*MC0000001",
    ]


def test_a_patient_is_never_named_for_another() -> None:
    """A level without a name is nobody's, not that of whom came before."""
    nameless = [segment for segment in SUBSCRIBER_LEVEL if not segment.startswith("NM1*IL")]
    content = interchange(
        transaction([*LEVELS, *claim(), *(s.replace("HL*2*1", "HL*3*1") for s in nameless), *claim(claim_id="B1")])
    )
    patients = [s for s in segments(acknowledge(content).of_claims) if s.startswith("NM1*QC")]
    assert patients == ["NM1*QC*1*FERNSBY*OLIVE****MI*MC0000001", "NM1*QC*1*UNKNOWN*****MI*UNKNOWN"]


def test_a_provider_without_an_npi_is_named_by_the_tax_number() -> None:
    atypical = [s.removesuffix("*XX*1999996666").rstrip("*") for s in BILLING_LEVEL]
    content = interchange(transaction([*atypical, *SUBSCRIBER_LEVEL, *claim("NM1*82*1*A*B****XX*1234567893")]))
    assert "NM1*85*2*HEATHER CLINIC*****FI*741234567" in segments(acknowledge(content).of_claims)


def test_an_institutional_claim_is_named_by_its_type_of_bill(tmp_path: Path) -> None:
    stay = [
        "CLM*A1*100***13:A:1**A*Y*Y",
        "DTP*434*RD8*20260310-20260312",
        "LX*1",
        "SV2*0250*HC:99213*100*UN*1",
    ]
    content = interchange(transaction([*LEVELS, *stay], INSTITUTIONAL), version=INSTITUTIONAL)
    of_claims = acknowledge(content).of_claims
    assert "REF*BLT*131" in segments(of_claims)
    assert is_valid(of_claims, tmp_path)


AUDITED = msgspec.structs.replace(HELD, action="CONTINUE")
OUTAGE = msgspec.structs.replace(HELD, code="SOURCE_UNAVAILABLE", claim_status="A7:21:82")
UNTOLD = msgspec.structs.replace(HELD, claim_status="")
IN_AUDIT = msgspec.structs.replace(NOT_FOUND, in_audit=True)


@pytest.mark.parametrize(
    ("answer", "rule", "told"),
    [
        (HELD, NOT_FOUND, "A3:26:82"),
        (HELD, RejectionRule(), "A1:19:PR"),
        (HELD, RejectionRule(frozenset({"ENROLLMENT_EXPIRED"})), "A1:19:PR"),
        (AUDITED, NOT_FOUND, "A2:20:PR"),
        (AUDITED, IN_AUDIT, "A3:26:82"),
        (PASSES, IN_AUDIT, "A2:20:PR"),
        (OUTAGE, IN_AUDIT, "A1:19:PR"),
        (UNTOLD, NOT_FOUND, "A1:19:PR"),
        (CheckFailure("no such claim"), IN_AUDIT, "A1:19:PR"),
    ],
    ids=[
        "named and held",
        "nothing is named",
        "another is named",
        "observed only",
        "observed, and rejected by choice",
        "passes",
        "an outage",
        "no status to tell it by",
        "not checked",
    ],
)
def test_only_what_the_site_names_is_rejected(
    answer: CheckAnswer | CheckFailure, rule: RejectionRule, told: str
) -> None:
    of_claims = segments(acknowledge(FILE, lambda _: answer, rule).of_claims)
    assert status(of_claims, "A1").split("*")[1:4:2] == [told, "U" if told.startswith("A3") else "WQ"]


EXPIRED = msgspec.structs.replace(HELD, code="ENROLLMENT_EXPIRED", claim_status="A3:91:82", reason="ended")
BOTH = RejectionRule(frozenset({"ENROLLMENT_EXPIRED", "ENROLLMENT_NOT_FOUND"}))


@pytest.mark.parametrize(
    ("rule", "answers", "told"),
    [
        (BOTH, [PASSES, EXPIRED, HELD], "A3:26:82"),
        (BOTH, [PASSES, EXPIRED], "A3:91:82"),
        (RejectionRule(frozenset({"ENROLLMENT_EXPIRED"})), [HELD, EXPIRED], "A3:91:82"),
        (BOTH, [HELD, CheckFailure("no such line")], "A1:19:PR"),
    ],
    ids=["the worst", "not what passes", "only what is named", "nothing while a line is unchecked"],
)
def test_d26_of_several_lines_the_worst_that_is_named_is_told(
    rule: RejectionRule, answers: list[CheckAnswer | CheckFailure], told: str
) -> None:
    days = ["20260310", "20260312", "20260314"]
    lines = [line(number, day=day) for number, day in enumerate(days[: len(answers)], 1)]
    (found,) = ClaimFile(io.BytesIO(interchange(transaction([*LEVELS, *claim(lines=lines)]))))
    assert rule.status_of(result_of(asked(found, checks_of(found)), answers), answers).status == told


def test_it_is_valid_by_another_reader(tmp_path: Path) -> None:
    for separators in ("*~:", "|~>", "*~|"):
        content = interchange(
            transaction([*HEADER, *LEVELS, *claim(), *claim(claim_id="A2")]),
            transaction([*HEADER, *LEVELS, *claim(claim_id="B1")], control="0002"),
            separators=separators,
        )
        acknowledged = acknowledge(content, lambda found: HELD if found.claim_id == "A2" else PASSES)
        assert is_valid(acknowledged.of_claims, tmp_path)
        assert is_valid(acknowledged.of_file, tmp_path)


def test_a_set_without_claims_has_no_answer() -> None:
    content = interchange(transaction(LEVELS), transaction([*LEVELS, *claim()], control="0002"))
    of_claims = segments(acknowledge(content).of_claims)
    assert [segment for segment in of_claims if segment.startswith("ST*")] == ["ST*277*0001*005010X214"]
    assert "TRN*2*B0002" in of_claims


bodies = st.lists(  # sets, of providers, of claims: dollars in cents and whether the claim is rejected
    st.lists(
        st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), max_size=4),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=3000)
@given(bodies, st.booleans())
def test_every_claim_is_told_once_and_every_sum_is_that_of_its_parts(
    body: list[list[list[tuple[int, bool]]]], on_disk: bool
) -> None:
    number, sets = 0, []
    for index, providers in enumerate(body, 1):
        content, level = list(HEADER), 0
        for claims in providers:
            level += 2
            content += [s.replace("HL*1**", f"HL*{level - 1}**") for s in BILLING_LEVEL]
            content += [s.replace("HL*2*1*", f"HL*{level}*{level - 1}*") for s in SUBSCRIBER_LEVEL]
            for cents, is_rejected in claims:
                number += 1
                claim_id = f"{'R' if is_rejected else 'P'}{number}"
                content += claim(claim_id=claim_id, charge=str(Decimal(cents) / 100))
        sets.append(transaction(content, control=f"{index:04}"))
    with pytest.MonkeyPatch.context() as patched:
        if on_disk:
            patched.setattr(spool, "IN_MEMORY", 10)
        acknowledged = acknowledge(interchange(*sets), lambda found: HELD if found.claim_id.startswith("R") else PASSES)
    if acknowledged.error:
        assert number == 0
        return
    adds_up([segment.split("*") for segment in segments(acknowledged.of_claims)], number)


def adds_up(found: list[list[str]], claims: int) -> None:
    """Read it as its receiver would: by levels, and every sum against what is below it."""
    numbers = [int(segment[2][1:]) for segment in found if segment[0] == "TRN" and segment[2][0] in "PR"]
    assert numbers == list(range(1, claims + 1))
    assert sum(segment[0] == "HL" and segment[3] == "PT" for segment in found) == claims
    begins = [index for index, segment in enumerate(found) if segment[0] == "ST"]
    assert found[-2][1] == str(len(begins))
    for begin in begins:
        end = next(index for index in range(begin, len(found)) if found[index][0] == "SE")
        assert found[end][1:] == [str(end - begin + 1), found[begin][2]]
        one = found[begin : end + 1]
        levels = [segment for segment in one if segment[0] == "HL"]
        assert [segment[1] for segment in levels] == [str(index) for index in range(1, len(levels) + 1)]
        kinds = {segment[1]: segment[3] for segment in levels}
        assert {(kinds.get(segment[2], ""), segment[3]) for segment in levels} == {
            ("", "20"),
            ("20", "21"),
            ("21", "19"),
            ("19", "PT"),
        }
        whole = summed(one, "21", "90", "AA")
        parts = [
            summed(one[at:], "19", "QA", "QC")
            for at, segment in enumerate(one)
            if segment[0] == "HL" and segment[3] == "19"
        ]
        below = [summed_claims(one[at:]) for at, segment in enumerate(one) if segment[0] == "HL" and segment[3] == "19"]
        assert parts == below
        assert whole == tuple(map(sum, zip(*parts, strict=True)))


def summed(found: list[list[str]], kind: str, accepted: str, rejected: str) -> tuple[Decimal, ...]:
    """What the first level of this kind says: claims and money, accepted and rejected, and the whole charge."""
    at = next(index for index, segment in enumerate(found) if segment[0] == "HL" and segment[3] == kind)
    end = next((i for i in range(at + 1, len(found)) if found[i][0] in {"HL", "SE"}), len(found))
    own = found[at:end]
    said = {segment[1]: Decimal(segment[2]) for segment in own if segment[0] in {"QTY", "AMT"}}
    (whole,) = [Decimal(segment[4]) for segment in own if segment[0] == "STC"]
    return (*[said.get(code, Decimal()) for code in (accepted, rejected, "YU", "YY")], whole)


def summed_claims(found: list[list[str]]) -> tuple[Decimal, ...]:
    """The same of the claims below the provider with whom `found` begins."""
    end = next(
        i for i in range(1, len(found)) if found[i][0] == "SE" or (found[i][:1] == ["HL"] and found[i][3] == "19")
    )
    told = [(segment[3] == "U", Decimal(segment[4])) for segment in found[:end] if segment[0] == "STC" and segment[2]]
    accepted = [amount for is_rejected, amount in told if not is_rejected]
    rejected = [amount for is_rejected, amount in told if is_rejected]
    nothing = Decimal()
    return (
        Decimal(len(accepted)),
        Decimal(len(rejected)),
        sum(accepted, nothing),
        sum(rejected, nothing),
        sum(accepted + rejected, nothing),
    )


def test_a_large_set_is_kept_out_of_memory(tmp_path: Path) -> None:
    """What is held back until its sum is known goes to a file."""
    content = interchange(transaction([*LEVELS, *claim()]))
    *before, found, last, _, _ = ClaimFile(io.BytesIO(content)).with_events()
    assert isinstance(found, FileClaim)
    assert not isinstance(last, FileClaim)
    kept = asked(found, checks_of(found))
    tracemalloc.start()
    with (tmp_path / "277").open("wb") as out, ClaimAcknowledgment(out, MADE_AT, ControlNumbers(1)) as to:
        for event in before:
            assert not isinstance(event, FileClaim)
            to.tell(event)
        for _ in range(15_000):
            to.add(kept, ClaimStatus(ACCEPTED))
        to.tell(last)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "277").stat().st_size > 1_500_000
    assert most < 2_200_000


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of sample files is not here")
def test_it_is_built_like_a_277ca_that_others_wrote() -> None:
    path = SAMPLES / "acknowledgments" / "277CA_rejected_rendering_not_enrolled.edi"
    sample = segments(path.read_bytes().replace(b"\n", b""))
    content = interchange(
        transaction([*HEADER, *LEVELS, *claim("REF*D9*1", claim_id="A1"), *claim("REF*D9*2", claim_id="A2")])
    )
    ours = segments(acknowledge(content, lambda found: HELD if found.claim_id == "A2" else PASSES).of_claims)
    names = [segment.split("*")[0] for segment in sample]
    names.remove("REF")  # REF*1K, the payer's own number, which is given later
    assert [segment.split("*")[0] for segment in ours] == names


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of sample files is not here")
def test_samples_are_answered_claim_by_claim(tmp_path: Path) -> None:
    for path in sorted(SAMPLES.glob("837*/good/*")):
        acknowledged = acknowledge(
            path.read_bytes(), lambda found: HELD if found.offset and found.offset % 2 else PASSES
        )
        assert acknowledged.error is None
        claims = [s for each in interchanges(acknowledged.of_claims) for s in each if s.startswith("TRN")]
        assert claims
