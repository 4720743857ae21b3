"""Until when a CAQH attestation holds, by the organisation's record and by what the gate heard of the profile. Pure.

Both tell of one attestation, and one of them counts (rows R22 to R27): who knows of the newer one. CAQH, asked later
than the day on record, is believed that the profile is not attested; asked before, it could not know yet.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from gate.credentialing.model.providers import attestation_due
from gate.ledger.observations import GOOD_FOR
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus
from sources.states import STATES, TIME_ZONES

ON_RECORD: Final = "credentialing"
"""As source: the organisation's own record of the provider."""


class AttestationStanding(StrEnum):
    """Whether there is an attestation to renew."""

    CURRENT = "current"
    ENDED = "ended"
    """The profile is not on the roster, not shown or not complete, or the record of the provider was archived."""
    UNKNOWN = "unknown"


class KeptAttestation(msgspec.Struct, frozen=True, kw_only=True):
    """What the organisation's record of a provider says."""

    attested_on: date | None
    states: tuple[str, ...]
    archived_at: datetime | None = None


class HeardProfile(msgspec.Struct, frozen=True):
    """What a national source said last of a profile: the same, whichever state it is asked about."""

    record: EnrollmentRecord
    told: Attestation
    asked_about: str
    """The state."""
    heard_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Where the provider practises."""
        practised = self.record.attributes.get("practice_state", "").upper()
        return TIME_ZONES[practised if practised in STATES else self.asked_about]

    @property
    def is_attested(self) -> bool:
        """Whether its day is that of an attestation, and not of having lapsed or never having been complete."""
        if self.record.status is EnrollmentStatus.ACTIVE:
            return True
        return self.told.due_on is not None and self.told.due_on >= self.told.attested_on

    @property
    def standing(self) -> AttestationStanding:
        """Whether there is something to renew."""
        if self.record.status is EnrollmentStatus.EXPIRED:
            return AttestationStanding.CURRENT
        if self.record.status is not EnrollmentStatus.ACTIVE:
            return AttestationStanding.ENDED
        return AttestationStanding.CURRENT if self.told.due_on is not None else AttestationStanding.UNKNOWN


class KnownAttestation(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one provider's."""

    standing: AttestationStanding
    due_on: date | None = None
    """The last day on which it holds. None in what stands: whoever knew of one took it back."""
    today: date
    """Where the provider practises, as far as that is one place, else where the organisation is (row R19)."""
    is_lapsed: bool = False
    """CAQH says so itself."""
    source: str
    """Who knows: a source's name, or `ON_RECORD`."""
    told_at: datetime
    """When that was true."""


def known_attestation(
    kept: KeptAttestation | None, heard: HeardProfile | None, now: datetime, zone: ZoneInfo
) -> KnownAttestation | None:
    """How it stands, by whoever knows of the newer attestation; None: nobody ever said anything.

    `zone` is the organisation's: whoever practises in several states, or in none that is known, is counted by it.
    """
    if heard is None:
        return _by_record(kept, now, zone) if kept is not None else None
    by_source = _by_source(heard, now)
    if kept is None:
        return by_source
    by_record = _by_record(kept, now, zone)
    if kept.archived_at is not None:
        # A claim that is checked later has the provider heard of again.
        return by_record if kept.archived_at > heard.heard_at else by_source
    if kept.attested_on is None or by_record.standing is AttestationStanding.UNKNOWN:
        return by_source
    return by_record if _is_overtaken(heard, kept.attested_on, now) else by_source


def _is_overtaken(heard: HeardProfile, attested_on: date, now: datetime) -> bool:
    """Whether the source could not know of an attestation of that day, or knows of an earlier one."""
    if _is_too_old(heard, now):
        return True
    if heard.is_attested:
        return attested_on > heard.told.attested_on
    return attested_on >= heard.heard_at.astimezone(heard.zone).date()


def _is_too_old(heard: HeardProfile, now: datetime) -> bool:
    return now - heard.heard_at > GOOD_FOR


def _by_record(kept: KeptAttestation, now: datetime, zone: ZoneInfo) -> KnownAttestation:
    office_day = now.astimezone(zone).date()
    today = now.astimezone(TIME_ZONES.get(kept.states[0], zone)).date() if len(kept.states) == 1 else office_day
    standing, due_on = AttestationStanding.CURRENT, None
    if kept.archived_at is not None:
        standing = AttestationStanding.ENDED
    elif kept.attested_on is not None and kept.attested_on > max(today, office_day):
        standing = AttestationStanding.UNKNOWN  # nobody has attested on a day that is to come
    elif kept.attested_on is not None:
        due_on = attestation_due(kept.attested_on, kept.states)
    return KnownAttestation(standing=standing, due_on=due_on, today=today, source=ON_RECORD, told_at=now)


def _by_source(heard: HeardProfile, now: datetime) -> KnownAttestation:
    return KnownAttestation(
        standing=AttestationStanding.UNKNOWN if _is_too_old(heard, now) else heard.standing,
        due_on=heard.told.due_on,
        today=now.astimezone(heard.zone).date(),
        is_lapsed=heard.record.status is EnrollmentStatus.EXPIRED,
        source=heard.record.source,
        told_at=heard.heard_at,
    )
