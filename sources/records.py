"""The vocabulary of enrollment: what one source says about one provider. Pure: no I/O, no clock."""

from datetime import date, datetime
from enum import StrEnum

import msgspec


class EnrollmentStatus(StrEnum):
    """The statuses every upstream's own words are mapped to. An unmapped word is an error, never a default."""

    ACTIVE = "ACTIVE"
    PENDING = "PENDING"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"
    INACTIVE = "INACTIVE"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    REVALIDATION_REQUIRED = "REVALIDATION_REQUIRED"


class StatusReason(StrEnum):
    """Why a record has its status, where an upstream says more than the status alone."""

    FAILED_TO_REVALIDATE = "FAILED_TO_REVALIDATE"
    """TMHP status code 66 (row D18)."""
    REGISTERED_ONLY = "REGISTERED_ONLY"
    """Florida: registered, not enrolled, and not one of the provider types for which that suffices (row D30)."""
    LIMITED_ENROLLMENT = "LIMITED_ENROLLMENT"
    """Florida: enrolled with limits; counts as enrolled (row D28)."""
    CAQH_ATTESTATION_EXPIRED = "CAQH_ATTESTATION_EXPIRED"
    """CAQH: re-attestation was due and did not happen (row R23)."""
    CAQH_NOT_ON_ROSTER = "CAQH_NOT_ON_ROSTER"
    """CAQH knows the provider, but it is not on this organization's roster."""
    CAQH_NOT_AUTHORIZED = "CAQH_NOT_AUTHORIZED"
    """CAQH knows the provider, who does not let this organization see the profile."""
    CAQH_PROFILE_INCOMPLETE = "CAQH_PROFILE_INCOMPLETE"
    """CAQH: the profile was never completed and attested, or the provider opted out."""


class Attestation(msgspec.Struct, frozen=True, gc=False):
    """The CAQH legs behind a national record. A complete profile is not proof of Medicaid enrollment."""

    attested_on: date
    """Day on which the provider reached the present profile status."""
    due_on: date | None
    """Last day on which the attestation is current (120 days after it, 180 in Illinois; rows R26, R27)."""


class EnrollmentRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One segment: a period of enrollment as one source reports it.

    Dates are calendar dates; `effective` and `end` are both covered days.
    """

    source: str
    npi: str
    state: str
    status: EnrollmentStatus
    effective: date
    verified_at: datetime
    """When the upstream confirmed this record, in UTC."""
    end: date | None = None
    """Last covered day; None: open-ended (an upstream's 9999-12-31 or 2299-12-31 is read as None, row D8)."""
    upstream_id: str = ""
    """The upstream's own number: TPI, Medi-Cal provider id, MMIS id, CAQH id."""
    revalidation_due: date | None = None
    lines_of_business: tuple[str, ...] = ()
    """Canonical names (`sources.lines_of_business`), or the upstream's raw word where it is unknown (row X7)."""
    taxonomies: tuple[str, ...] = ()
    """NUCC codes in upper case."""
    reason: StatusReason | None = None
    attestation: Attestation | None = None
    """Set for records that attest a credentialing profile instead of an enrollment (CAQH)."""
    attributes: dict[str, str] = {}
    """What else the upstream tells, by name: specialty, service_category, roster_status …"""
