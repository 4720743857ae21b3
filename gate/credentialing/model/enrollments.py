"""A provider's enrollment with a payer, and when it has to be renewed. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.fields import LONGEST_NAME, Objections

DUE_SOON_DAYS: Final = 14
"""Up to and including so many days a deadline is shown as urgent (row R29)."""
CODE_LENGTH: Final = 10
"""Of an NPI and of a taxonomy code alike."""


class EnrollmentStatus(StrEnum):
    """Where an enrollment stands."""

    PENDING = "pending"
    ENROLLED = "enrolled"
    DENIED = "denied"
    INACTIVE = "inactive"


class EnrollmentDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of an enrollment when the record begins."""

    provider_id: str
    payer_id: str
    status: EnrollmentStatus = EnrollmentStatus.PENDING
    npi: str = ""
    """Empty: the provider's own."""
    billing_npi: str = ""
    taxonomy_code: str = ""
    effective_date: date | None = None
    recert_due_on: date | None = None
    """Last day on which the enrollment stands without a new credentialing."""
    submitted_date: date | None = None
    approved_date: date | None = None
    payer_loaded_date: date | None = None
    """When the payer's own systems knew the provider: claims before that are denied though the enrollment stands."""
    coordinator: str = ""
    notes: str = ""


class EnrollmentChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of an enrollment changes."""

    status: EnrollmentStatus | UnsetType = UNSET
    npi: str | UnsetType = UNSET
    billing_npi: str | UnsetType = UNSET
    taxonomy_code: str | UnsetType = UNSET
    effective_date: date | UnsetType | None = UNSET
    recert_due_on: date | UnsetType | None = UNSET
    submitted_date: date | UnsetType | None = UNSET
    approved_date: date | UnsetType | None = UNSET
    payer_loaded_date: date | UnsetType | None = UNSET
    coordinator: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET


class Enrollment(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's enrollment with one payer."""

    id: str
    provider_id: str
    payer_id: str
    status: EnrollmentStatus
    npi: str
    billing_npi: str
    taxonomy_code: str
    effective_date: date | None
    recert_due_on: date | None
    submitted_date: date | None
    approved_date: date | None
    payer_loaded_date: date | None
    coordinator: str
    notes: str
    snoozed_until: date | None
    """Until then the deadlines pass over it; on that day it is back."""
    created_at: datetime


class ListedEnrollment(msgspec.Struct, frozen=True, kw_only=True):
    """An enrollment with the names that a list shows."""

    enrollment: Enrollment
    payer_name: str
    provider_name: str


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """An enrollment that has to be renewed."""

    enrollment: Enrollment
    payer_name: str
    provider_name: str
    days_remaining: int
    """Negative: so many days overdue (row R30)."""
    is_urgent: bool
    """Within 14 days, or overdue (row R29)."""


class EnrollmentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which enrollments are wanted. Every part that is set must hold."""

    search: str = ""
    """An NPI, a billing NPI or a taxonomy code (row M17), or the beginning of one."""
    status: EnrollmentStatus | None = None
    provider_id: str = ""
    payer_id: str = ""


class DeadlineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deadlines are wanted. Every part that is set must hold."""

    coordinator: str = ""
    is_snoozed: bool = False
    """Those that are put off, in place of those that are not."""


class Reverification(msgspec.Struct, frozen=True, kw_only=True):
    """What starting to renew an enrollment came to."""

    application_id: str
    tasks_created: int
    was_under_way: bool
    """There was one before; nothing is repeated."""


def last_day_shown(today: date, lead_days: int) -> date:
    """Up to when deadlines are shown: `lead_days` from today, that day included (row R28)."""
    return today + timedelta(days=lead_days)


def deadline(listed: ListedEnrollment, due_on: date, today: date) -> Deadline:
    """How the deadline of an enrollment that is due on `due_on` stands."""
    days = (due_on - today).days
    return Deadline(
        enrollment=listed.enrollment,
        payer_name=listed.payer_name,
        provider_name=listed.provider_name,
        days_remaining=days,
        is_urgent=days <= DUE_SOON_DAYS,
    )


def accepted(enrollment: Enrollment) -> Enrollment:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    enrollment = msgspec.structs.replace(enrollment, taxonomy_code=enrollment.taxonomy_code.strip().upper())
    objections = Objections()
    objections.npi("npi", enrollment.npi, required=True)
    objections.npi("billing_npi", enrollment.billing_npi)
    objections.taxonomy("taxonomy_code", enrollment.taxonomy_code)
    for field in ("effective_date", "recert_due_on", "submitted_date", "approved_date", "payer_loaded_date"):
        objections.day(field, getattr(enrollment, field))
    objections.line("coordinator", enrollment.coordinator, LONGEST_NAME)
    objections.lines("notes", enrollment.notes)
    objections.settle()
    return enrollment
