"""Writes the demonstration's claims as an 837P file, as a clearinghouse would deliver it. All people are invented."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from sources.npi import check_digit

VERSION: Final = "005010X222A1"
_INTERCHANGE: Final = "000000001"
_GROUP: Final = "1"
_MOST_LINES: Final = 3
_DEPENDENT_EVERY: Final = 5
_FACILITY_EVERY: Final = 4

_LAST_NAMES: Final = ("ABERNATHY", "BRISTOW", "CALLOWAY", "DUNMORE", "ELDERWOOD", "FAIRHOLM", "GRANTHAM", "INGLEBY")
_FIRST_NAMES: Final = ("AMINA", "BENNO", "CLARA", "DARIUS", "ELENA", "FELIX", "GRETA", "HUGO", "IRIS", "JONAS", "KEIKO")
_CLINICS: Final = ("MEADOWLARK FAMILY CLINIC", "CEDAR BEND PEDIATRICS")
_SERVICES: Final = ("99213", "87880", "36415", "99214", "93000", "90471", "85025")
_DIAGNOSES: Final = ("J069", "I10", "E119", "Z0000", "M545", "R079")
_PLACES: Final = {  # capital and a ZIP+4 of its post office
    "TX": ("AUSTIN", "787019998"),
    "CA": ("SACRAMENTO", "958149998"),
    "FL": ("TALLAHASSEE", "323019998"),
    "NY": ("ALBANY", "122079998"),
}
_ELSEWHERE: Final = ("SPRINGFIELD", "100019998")
_NOT_IN_ELEMENTS: Final = str.maketrans(dict.fromkeys("*~:^\r\n", " "))
_LONGEST_NOTE: Final = 80


class DemoCase(msgspec.Struct, frozen=True, kw_only=True):
    """One claim to be written: who rendered it, in which state, when, and for how much (US cents)."""

    npi: str
    state: str
    service_date: date
    service_end_date: date | None = None
    """Last day; None for a single day."""
    taxonomy_code: str = ""
    charge_cents: int
    note: str = ""
    """What the claim shows, kept in the file as a claim note (NTE)."""


def write_demo_claims(
    path: Path, cases: Iterable[DemoCase], today: date, claims_in_transaction: int | None = None
) -> int:
    """Write the cases to one interchange, a transaction for each state; returns the number of claims.

    Claims are grouped by state, in the order in which the states and their cases come. A transaction holds no more of
    them than `claims_in_transaction`; a state that has more gets several.
    """
    by_state: dict[str, list[DemoCase]] = {}
    for case in cases:
        by_state.setdefault(case.state, []).append(case)
    day = today.strftime("%Y%m%d")
    portions = [
        (state, begin, of_state[begin : begin + (claims_in_transaction or len(of_state))])
        for state, of_state in by_state.items()
        for begin in range(0, len(of_state), claims_in_transaction or len(of_state))
    ]
    transactions = [_transaction(number, *portion, day) for number, portion in enumerate(portions, 1)]
    segments = [
        _interchange_header(today),
        f"GS*HC*MEADOWLARK*PAYERGATE*{day}*0830*{_GROUP}*X*{VERSION}",
        *(segment for transaction in transactions for segment in transaction),
        f"GE*{len(transactions)}*{_GROUP}",
        f"IEA*1*{_INTERCHANGE}",
    ]
    path.write_text("".join(f"{segment}~\n" for segment in segments), encoding="ascii", newline="")
    return sum(map(len, by_state.values()))


def _interchange_header(today: date) -> str:
    sender, receiver = "MEADOWLARK".ljust(15), "PAYERGATE".ljust(15)
    nothing = " " * 10
    return (
        f"ISA*00*{nothing}*00*{nothing}*ZZ*{sender}*ZZ*{receiver}*{today.strftime('%y%m%d')}*0830*^*00501*"
        f"{_INTERCHANGE}*0*T*:"
    )


def _transaction(number: int, state: str, before: int, cases: Sequence[DemoCase], day: str) -> list[str]:
    """The `number`-th, in which the state's cases go on after those `before`."""
    control = f"{number:04d}"
    body = [
        f"ST*837*{control}*{VERSION}",
        f"BHT*0019*00*DEMO{control}*{day}*0830*CH",
        "NM1*41*2*MEADOWLARK BILLING*****46*MEADOWLARK",
        "PER*IC*CLAIMS DESK*TE*5125550100",
        "NM1*40*2*PAYER GATE*****46*PAYERGATE",
        *_levels(number, state, before, cases),
    ]
    return [*body, f"SE*{len(body) + 1}*{control}"]


def _levels(number: int, state: str, before: int, cases: Sequence[DemoCase]) -> Iterator[str]:
    """Billing providers, below each its subscribers, below some of them a dependent, each with one claim."""
    level = billing_level = 0
    share = -(-len(cases) // len(_CLINICS))
    for index, case in enumerate(cases):
        if index % share == 0:
            level += 1
            billing_level = level
            yield f"HL*{level}**20*1"
            yield from _billing_provider(number * 10 + index // share, _CLINICS[index // share], state)
        has_dependent = index % _DEPENDENT_EVERY == _DEPENDENT_EVERY - 1
        level += 1
        yield f"HL*{level}*{billing_level}*22*{int(has_dependent)}"
        yield from _subscriber(index, state, is_patient=not has_dependent)
        if has_dependent:
            level += 1
            yield f"HL*{level}*{level - 1}*23*0"
            yield from _dependent(index, state)
        yield from _claim(f"{state}{before + index + 1:05d}", index, case)


def _billing_provider(number: int, name: str, state: str) -> Iterator[str]:
    first_nine = f"19{number:07d}"
    yield "PRV*BI*PXC*261QP2300X"
    yield f"NM1*85*2*{name}*****XX*{first_nine}{check_digit(first_nine)}"
    yield from _address("100 MEADOWLARK LANE", state)
    yield f"REF*EI*{740000000 + number}"


def _subscriber(index: int, state: str, *, is_patient: bool) -> Iterator[str]:
    yield "SBR*P*18*******MC" if is_patient else "SBR*P********MC"
    yield f"NM1*IL*1*{_last(index)}*{_first(index)}****MI*MC{index + 1:07d}"
    if is_patient:
        yield from _address(f"{index + 1} ORCHARD STREET", state)
        yield f"DMG*D8*{1950 + index % 50}0{index % 9 + 1}15*{'FM'[index % 2]}"
    yield f"NM1*PR*2*{state} MEDICAID*****PI*{state}MCD"


def _dependent(index: int, state: str) -> Iterator[str]:
    yield "PAT*19"
    yield f"NM1*QC*1*{_last(index)}*{_first(index + 3)}"
    yield from _address(f"{index + 1} ORCHARD STREET", state)
    yield f"DMG*D8*{2010 + index % 10}0{index % 9 + 1}15*{'MF'[index % 2]}"


def _claim(claim_id: str, index: int, case: DemoCase) -> Iterator[str]:
    yield f"CLM*{claim_id}*{_dollars(case.charge_cents)}***11:B:1*Y*A*Y*Y"
    yield f"REF*D9*{index + 1:015d}"
    if case.note:
        yield f"NTE*ADD*{_note(case.note)}"
    yield f"HI*ABK:{_DIAGNOSES[index % len(_DIAGNOSES)]}"
    yield f"NM1*82*1*{_last(index + 4)}*{_first(index + 7)}****XX*{case.npi}"
    if case.taxonomy_code:
        yield f"PRV*PE*PXC*{case.taxonomy_code}"
    if index % _FACILITY_EVERY == _FACILITY_EVERY - 1:
        yield "NM1*77*2*RIVERSIDE OUTPATIENT CENTER"
        yield from _address("12 RIVERSIDE DRIVE", case.state)
    days = case.service_date.strftime("%Y%m%d")
    dates = f"D8*{days}"
    if case.service_end_date and case.service_end_date != case.service_date:
        dates = f"RD8*{days}-{case.service_end_date.strftime('%Y%m%d')}"
    for line, charge_cents in enumerate(_shares(case.charge_cents, index % _MOST_LINES + 1), 1):
        yield f"LX*{line}"
        yield f"SV1*HC:{_SERVICES[(index + line) % len(_SERVICES)]}*{_dollars(charge_cents)}*UN*1***1"
        yield f"DTP*472*{dates}"
        yield f"REF*6R*{claim_id}{line:02d}"


def _note(text: str) -> str:
    """The text as an element can hold it: ASCII, no separators, no blanks at its ends."""
    plain = text.encode("ascii", errors="replace").decode().translate(_NOT_IN_ELEMENTS)
    return " ".join(plain.split())[:_LONGEST_NOTE].rstrip()


def _address(street: str, state: str) -> tuple[str, str]:
    city, postal_code = _PLACES.get(state, _ELSEWHERE)
    return f"N3*{street}", f"N4*{city}*{state}*{postal_code}"


def _last(index: int) -> str:
    return _LAST_NAMES[index % len(_LAST_NAMES)]


def _first(index: int) -> str:
    return _FIRST_NAMES[index % len(_FIRST_NAMES)]


def _dollars(cents: int) -> str:
    """An X12 amount: no superfluous zeros."""
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)


def _shares(cents: int, count: int) -> list[int]:
    """An amount divided into `count` parts that add up to it."""
    part = cents // count
    return [cents - part * (count - 1), *[part] * (count - 1)]
