"""Writes the bundled population: ``python -m sources.sandbox.generate_population``. The same file every time.

The invented NPIs begin with 2: valid in form and check digit, and of the half of the number space from which none
has been issued to a real provider. The one exception is 1234567893, the example of CMS's own documentation.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import yaml

from sources.npi import check_digit
from sources.sandbox.cases import CAQH_ONLY, Case, Segment, cases_of, profile, segment
from sources.sandbox.population import DEFAULT_POPULATION, STATE_PORTALS

_HEADER: Final = """\
# The bundled population of the sandbox, with invented people. Copy it, change it, and serve the copy with
# `gate sandbox --population FILE`. Days may be written 2026-03-10 or today, today-30, today+45; `note` says which
# case a provider shows, with the decision code for service today and the row of the table of answers it belongs to.
# Written by sources/sandbox/generate_population.py.
"""
_ORDINARY: Final = 260
_UNKNOWN: Final = 12
_CMS_EXAMPLE: Final = "1234567893"
_STRIDE: Final = 7919
"""A prime, so that numbers and names do not march in step."""

_LAST_NAMES: Final = (
    "Abernook", "Brindlewood", "Castellane", "Dunmarrow", "Everhollow", "Fenwright", "Garrowby", "Hathersedge",
    "Ivelstone", "Jessamond", "Kettlebrook", "Larkspurn", "Merrowdale", "Nethercott", "Oakenshaw", "Pemberlith",
    "Quillfeather", "Rosmarden", "Silverlake", "Thistledown", "Umberfield", "Vantongeren", "Willowmere", "Yarrowgate",
    "Zellhofer", "Ashgrovian", "Bellweather",
)  # fmt: skip
_FIRST_NAMES: Final = (
    "Adela", "Bertil", "Carmela", "Dorian", "Elspeth", "Faustino", "Greta", "Hollis", "Imelda", "Jorund", "Katya",
    "Leandro", "Mireille", "Nikolai", "Odalys", "Percival", "Quirina", "Rosendo", "Saskia", "Tobias", "Ulla",
    "Valentin", "Wilhelmina", "Xiomara", "Yannick", "Zelda",
)  # fmt: skip
_SPECIALTIES: Final = {
    "207Q00000X": "Family Medicine",
    "207R00000X": "Internal Medicine",
    "208000000X": "Pediatrics",
    "207V00000X": "Obstetrics & Gynecology",
    "2084P0800X": "Psychiatry",
    "363LF0000X": "Nurse Practitioner, Family",
    "1223G0001X": "Dentist, General Practice",
    "225100000X": "Physical Therapist",
    "1041C0700X": "Social Worker, Clinical",
    "235Z00000X": "Speech-Language Pathologist",
}
_DENTIST: Final = "1223G0001X"
_PROGRAMS: Final = {
    "tmhp_pems": (["STAR", "CHIP"], ["STAR", "STAR+PLUS"], ["STAR Kids", "CHIP"], ["Medicaid"], ["STAR+PLUS", "LTSS"]),
    "ca_pave": (["Medi-Cal"], ["Medi-Cal", "Managed Care"]),
    "fl_fmmis": (["Medicaid"], ["MMA"], ["MMA", "LTC"]),
    "ny_emedny": (["FFS"], ["FFS", "MMC"], ["MMC", "HARP"]),
}
_ID_FORMS: Final = {
    "tmhp_pems": "{:07d}-01",
    "ca_pave": "00A{:06d}",
    "fl_fmmis": "{:09d}",
    "ny_emedny": "{:08d}",
}


class _Line(dict[str, Any]):
    """A mapping written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes lines as lines, lists inside them too."""


_Dumper.add_representer(
    _Line, lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line.items(), flow_style=True)
)


def population() -> dict[str, Any]:
    """The document."""
    return {"providers": [_provider(number, *rest) for number, rest in zip(count(), _all_cases(), strict=False)]}


def _all_cases() -> Iterator[tuple[dict[str, Case], str]]:
    yield {"tmhp_pems": Case("", (segment(),), profile(30))}, "PASS: the example NPI of CMS's documentation"
    for portal, state in STATE_PORTALS.items():
        for case in cases_of(portal):
            yield {portal: case}, f"{state} {case.note}"
    for case in CAQH_ONLY:
        yield {"": case}, case.note
    for _ in range(_UNKNOWN):
        yield {}, "ENROLLMENT_NOT_FOUND: no portal knows this provider"
    portals = list(STATE_PORTALS)
    for number in range(_ORDINARY):
        # Every seventh practices in two states, every third keeps no CAQH profile.
        where = {portals[number % 4], portals[(number // 7) % 4]} if number % 7 == 0 else {portals[number % 4]}
        renewal = segment(
            effective=f"today-{400 + number * 13 % 1200}", revalidation_due=f"today+{120 + number * 37 % 1400}"
        )
        attested = profile(5 + number * 11 % 110) if number % 3 else None
        states = [STATE_PORTALS[portal] for portal in portals if portal in where]
        yield {portal: Case("", (renewal,), attested) for portal in sorted(where)}, f"{'+'.join(states)} PASS"


def _provider(number: int, cases: dict[str, Case], note: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"npi": _npi(number), "name": _name(number), "note": note}
    for portal, case in cases.items():
        if case.segments is not None:
            entry[portal] = [_Line(_filled(portal, number, each)) for each in case.segments]
        if case.profile is not None:
            entry["caqh_proview"] = _Line({"caqh_provider_id": str(10_000_000 + number * _STRIDE), **case.profile})
    return entry


def _name(number: int) -> str:
    if number == 0:
        return "Doe, Jane"
    return f"{_LAST_NAMES[number % len(_LAST_NAMES)]}, {_FIRST_NAMES[number // 3 % len(_FIRST_NAMES)]}"


def _npi(number: int) -> str:
    if number == 0:
        return _CMS_EXAMPLE
    first_nine = f"2{number * _STRIDE:08d}"
    return first_nine + check_digit(first_nine)


def _filled(portal: str, number: int, given: Segment) -> Segment:
    """The segment with what every record of the portal holds and the case does not care about."""
    taxonomy, specialty = list(_SPECIALTIES.items())[number % len(_SPECIALTIES)]
    programs = ["dental"] if taxonomy == _DENTIST else _PROGRAMS[portal][number % len(_PROGRAMS[portal])]
    whole: Segment = {"id": _ID_FORMS[portal].format((number + 1) * _STRIDE % 1_000_000)}
    whole |= {"lines_of_business": list(programs), "taxonomies": [taxonomy]}
    if portal == "ca_pave":
        whole["specialty"] = specialty
    if portal == "fl_fmmis":
        whole["provider_type"] = "25"
    if portal == "ny_emedny":
        whole |= {"service_category": "PHYSICIAN", "medicaid_type": "FFS"}
    merged = whole | given
    order = ("id", "status", "effective", "end", "revalidation_due")
    return {key: merged[key] for key in (*order, *merged) if key in merged}


def document() -> str:
    """The file's text."""
    body = yaml.dump(population(), Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
    return f"{_HEADER}{body}"


if __name__ == "__main__":
    DEFAULT_POPULATION.write_text(document(), encoding="utf-8")
