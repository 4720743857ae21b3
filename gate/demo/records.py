"""The demonstration's records: what a practice in four states keeps about its providers, all of it invented.

Days are told as so many from today.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from gate.demo.cases import PORTAL_OF
from gate.demo.claim_file import DemoCase
from sources.sandbox.population import Population

ROLES: Final = {
    "1041C0700X": "Clinical social worker",
    "1223G0001X": "Dentist",
    "207Q00000X": "Family physician",
    "207R00000X": "Internist",
    "207V00000X": "Obstetrician",
    "208000000X": "Pediatrician",
    "2084P0800X": "Psychiatrist",
    "225100000X": "Physical therapist",
    "235Z00000X": "Speech-language pathologist",
    "363LF0000X": "Nurse practitioner",
}
"""By taxonomy code, of those in the bundled population."""
_PHYSICIANS: Final = ("207", "208")


class DemoProvider(msgspec.Struct, frozen=True):
    """Somebody of the practice; the NPI is one that the portals' doubles know."""

    first_name: str
    last_name: str
    role: str
    taxonomy: str
    npi: str
    state: str

    @property
    def is_attending(self) -> bool:
        """Physicians are."""
        return self.taxonomy.startswith(_PHYSICIANS)


class DemoPayer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who pays."""

    name: str
    template: str
    """Of the library of workflows; see `gate.credentialing.model.library`."""
    state: str = ""
    census: int
    requires_individual_contract: bool = False
    requires_attending: bool = False
    allows_supervised: bool = False


class DemoEnrollment(msgspec.Struct, frozen=True):
    """Of the provider and with the payer in these places."""

    provider: int
    payer: int
    status: str
    since: int
    due: int | None
    """When it is to be renewed."""


class DemoCredential(msgspec.Struct, frozen=True):
    """Of the provider in this place; days are from today."""

    provider: int
    kind: str
    number: str
    issuer: str
    issued: int
    expires: int


class DemoApplication(msgspec.Struct, frozen=True):
    """An application and what became of it: each status with its day."""

    provider: int
    payer: int
    steps: Sequence[tuple[str, int]]
    tasks_done: int
    denial_reason: str = ""


PAYERS: Final = (
    DemoPayer(name="Texas Medicaid", template="medicaid-state-portal", state="TX", census=412,
              requires_individual_contract=True),
    DemoPayer(name="Lone Star Family Plan", template="medicaid-managed-care", state="TX", census=188,
              requires_individual_contract=True),
    DemoPayer(name="Golden Coast Medi-Cal Plan", template="medicaid-managed-care", state="CA", census=96),
    DemoPayer(name="Medicare Part B", template="medicare", census=240, requires_individual_contract=True),
    DemoPayer(name="Palmetto Mutual", template="commercial-caqh", census=133, requires_attending=True),
    DemoPayer(name="Harbor Health", template="commercial-roster", census=77, allows_supervised=True),
    DemoPayer(name="Unity Group Network", template="group-contract", census=51, allows_supervised=True),
)  # fmt: skip
_PEOPLE: Final = (
    ("Ana", "Delgado", "TX"),
    ("Marcus", "Whitfield", "TX"),
    ("Priya", "Raman", "TX"),
    ("Dolores", "Quintero", "TX"),
    ("Henry", "Okafor", "CA"),
    ("Lian", "Zhou", "CA"),
    ("Grace", "Abernathy", "FL"),
    ("Tomasz", "Wójcik", "NY"),
)
_MISTYPED: Final = 1
"""The place of the provider who is kept under another taxonomy code than the state has: a mismatch to be seen."""
LAPSED: Final = 3
"""The place of the provider whose Medicaid enrollment has ended while the contract goes on: another mismatch."""
CONTRACTS: Final = ((0, 0, -1_400), (1, 0, -760), (LAPSED, 0, -1_100), (0, 3, -900), (4, 2, -510))
"""Provider, payer, and since when."""
ENROLLMENTS: Final = (
    DemoEnrollment(0, 0, "enrolled", -1_400, -6),
    DemoEnrollment(0, 3, "enrolled", -900, 11),
    DemoEnrollment(1, 0, "enrolled", -760, 14),
    DemoEnrollment(1, 1, "enrolled", -420, 33),
    DemoEnrollment(2, 5, "enrolled", -300, 61),
    DemoEnrollment(3, 0, "enrolled", -1_100, 88),
    DemoEnrollment(4, 2, "enrolled", -510, 140),
    DemoEnrollment(6, 4, "enrolled", -640, None),
    DemoEnrollment(5, 2, "pending", -20, None),
    DemoEnrollment(7, 4, "denied", -75, None),
    DemoEnrollment(6, 6, "inactive", -800, None),
)
CREDENTIALS: Final = (
    DemoCredential(0, "license", "M-30418", "Texas Medical Board", -712, 19),
    DemoCredential(1, "malpractice", "MP-77-1180", "Bluebonnet Mutual", -335, 30),
    DemoCredential(2, "dea", "BR1180427", "DEA", -1_010, 85),
    DemoCredential(4, "license", "A-118042", "Medical Board of California", -676, 54),
    DemoCredential(5, "malpractice", "MP-77-2214", "Bluebonnet Mutual", -368, -3),
    DemoCredential(6, "board_certification", "NP-20931", "American Nurses Credentialing Center", -2_100, 1_550),
)
ATTESTED: Final = {0: -12, 1: -95, 2: -40, 3: -61, 5: -118}
"""When providers last attested their CAQH profiles, by place."""
APPLICATIONS: Final = (
    DemoApplication(2, 0, [("in_progress", -40), ("submitted", -31), ("under_review", -12)], tasks_done=4),
    DemoApplication(2, 1, [("in_progress", -4)], tasks_done=1),
    DemoApplication(5, 2, [("in_progress", -118), ("submitted", -104)], tasks_done=3),
    DemoApplication(4, 4, [("in_progress", -90), ("submitted", -82), ("approved", -9)], tasks_done=6),
    DemoApplication(7, 4, [("in_progress", -130), ("submitted", -121), ("denied", -75)], tasks_done=4,
                    denial_reason="malpractice certificate had expired"),
    DemoApplication(6, 5, [], tasks_done=0),
)  # fmt: skip


def providers(cases: Sequence[DemoCase], population: Population) -> list[DemoProvider]:
    """The people of the practice, under NPIs and taxonomy codes of those the demonstration's claims are about."""
    states = {state for _, _, state in _PEOPLE}
    plain = {state: [case.npi for case in cases if case.note == f"{state} PASS"] for state in states}
    lapsed = next(case.npi for case in cases if case.state == "TX" and "ENROLLMENT_EXPIRED" in case.note)
    people = []
    for place, (first_name, last_name, state) in enumerate(_PEOPLE):
        npi = lapsed if place == LAPSED else plain[state].pop(0)
        known = _taxonomy(population, npi, state)
        taxonomy = next(code for code in ROLES if code != known) if place == _MISTYPED else known
        people.append(DemoProvider(first_name, last_name, ROLES[taxonomy], taxonomy, npi, state))
    return people


def _taxonomy(population: Population, npi: str, state: str) -> str:
    segments = population.providers[npi].segments(PORTAL_OF[state]) or ()
    return next(code for segment in segments for code in segment.taxonomies)
