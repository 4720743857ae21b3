"""Invented providers in any number, known the way the five built-in sources tell of them."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus

NOW: Final = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
_TODAY: Final = NOW.date()
_TAXONOMIES: Final = (
    *("207Q00000X", "207R00000X", "208000000X", "207V00000X", "2084P0800X", "363LF0000X", "363A00000X", "1223G0001X"),
    *("225100000X", "1041C0700X", "235Z00000X", "225X00000X", "152W00000X", "111N00000X", "101YM0800X", "367500000X"),
)
_STATUSES: Final = (*[EnrollmentStatus.ACTIVE] * 8, EnrollmentStatus.TERMINATED, EnrollmentStatus.INACTIVE)
_SPECIALTIES: Final = ("Family Medicine", "Nurse Practitioner, Family", "Obstetrics & Gynecology", "Physical Therapist")
_COUNTIES: Final = ("Bexar", "Dallas", "El Paso", "Harris", "Hidalgo", "Tarrant", "Travis", "Webb")


class _State(msgspec.Struct, frozen=True):
    source: str
    state: str
    lines_of_business: tuple[tuple[str, ...], ...]
    attributes: Mapping[str, tuple[str, ...]]


_STATES: Final = (
    _State("tmhp_pems", "TX", (("STAR", "CHIP"), ("STAR+PLUS", "LTSS"), ("Medicaid",)), {"county": _COUNTIES}),
    _State("ca_pave", "CA", (("Medi-Cal",), ("Medi-Cal", "Managed Care")), {"specialty": _SPECIALTIES}),
    _State("fl_fmmis", "FL", (("Medicaid",), ("MMA",), ("MMA", "LTC")), {"provider_type": ("25", "30", "26", "81")}),
    _State(
        "ny_emedny",
        "NY",
        (("Medicaid",), ("Medicaid", "HARP")),
        {"medicaid_type": ("FFS", "OPRA", "MCO"), "service_category": ("PHYSICIAN", "NURSE PRACTITIONER", "DENTIST")},
    ),
)


def identity(source: str) -> str:
    """Of a connection, as long as those of the gate."""
    return blake2b(source.encode(), digest_size=16).hexdigest()


def known_providers(count: int, tenant: str = "acme", first: int = 0) -> Iterator[tuple[KnowledgeKey, Knowledge]]:
    """`count` of them; the same number is the same provider every time.

    Each is known to its state, seven in ten with one segment, the others with two to four; six in ten also to CAQH.
    One in fifty is unknown to both, which is remembered too.
    """
    for number in range(first, first + count):
        chance = random.Random(number)
        portal = _STATES[chance.choices(range(4), (4, 3, 2, 1))[0]]
        key = KnowledgeKey(tenant, str(1_000_000_000 + number * 7_919 % 1_000_000_000), portal.state)
        asked = NOW - timedelta(microseconds=chance.randrange(3_600_000_000))
        national = asked + timedelta(microseconds=chance.randrange(400_000))
        absent = number % 50 == 0
        segments = () if absent else _segments(chance, key, portal, asked)
        profiles = () if absent or chance.random() > 0.6 else (_profile(chance, key, national),)
        answers = (
            KnownAnswer("caqh_proview", profiles, national, identity=identity("caqh_proview")),
            KnownAnswer(portal.source, segments, asked, identity=identity(portal.source)),
        )
        yield key, Knowledge(answers)


def _segments(
    chance: random.Random, key: KnowledgeKey, portal: _State, asked: datetime
) -> tuple[EnrollmentRecord, ...]:
    return tuple(
        EnrollmentRecord(
            source=portal.source,
            npi=key.npi,
            state=key.state,
            status=chance.choice(_STATUSES),
            effective=(begins := _TODAY - timedelta(days=chance.randrange(30, 4000))),
            verified_at=asked,
            end=begins + timedelta(days=chance.randrange(365, 1825)) if chance.random() < 0.5 else None,
            upstream_id=f"{chance.randrange(10_000_000):07}-{part:02}",
            revalidation_due=_TODAY + timedelta(days=chance.randrange(-30, 1500)),
            lines_of_business=chance.choice(portal.lines_of_business),
            taxonomies=tuple(chance.sample(_TAXONOMIES, chance.choice((1, 1, 2)))),
            attributes={name: chance.choice(words) for name, words in portal.attributes.items()},
        )
        for part in range(1, chance.choices((1, 2, 3, 4), (14, 3, 2, 1))[0] + 1)
    )


def _profile(chance: random.Random, key: KnowledgeKey, asked: datetime) -> EnrollmentRecord:
    attested: date = _TODAY - timedelta(days=chance.randrange(119))
    return EnrollmentRecord(
        source="caqh_proview",
        npi=key.npi,
        state=key.state,
        status=EnrollmentStatus.ACTIVE,
        effective=attested,
        verified_at=asked,
        upstream_id=str(chance.randrange(10_000_000, 20_000_000)),
        attestation=Attestation(attested, attested + timedelta(days=120)),
        attributes={
            "roster_status": "ACTIVE",
            "authorization_flag": "Y",
            "provider_status": chance.choice(("Re-Attestation", "Initial Profile Complete")),
            "practice_state": key.state,
            "organization_id": "6160",
        },
    )
