"""Enrollments and deadlines as their pages show them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.enrollments import (
    Deadline,
    DeadlineFilter,
    EnrollmentFilter,
    EnrollmentStatus,
    ListedEnrollment,
)
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.days import days_in_words
from gate.web.portal.credentialing.views.badges import ENROLLMENT, words
from gate.web.portal.credentialing.views.whose import login_of

LIST: Final = "/pm/credentialing"
DEADLINES: Final = f"{LIST}/deadlines"
STATUSES: Final[Sequence[tuple[str, str]]] = (
    ("", "All Statuses"),
    *((status.value, words(status)) for status in EnrollmentStatus),
)
NOTHING_YET: Final = (
    "No provider enrollments",
    "Add provider enrollments to track credentialing status with payers.",
)
NO_MATCH: Final = ("No enrollments match the current filters.", "")
NOTHING_DUE: Final = (
    "No upcoming deadlines",
    "All enrolled providers are current on their re-credentialing.",
)
NOTHING_PUT_OFF: Final = ("Nothing is put off", "What is put off is listed here, and comes back by itself.")
ARCHIVING: Final = (
    "Archive Enrollment",
    "This enrollment will be soft-deleted. Existing claims are not affected.",
)


def wanted_of(search: str, status: str) -> EnrollmentFilter:
    """What the address wants of the list."""
    known = EnrollmentStatus(status) if status in set(EnrollmentStatus) else None
    return EnrollmentFilter(search=search, status=known)


def page_of(enrollment_id: str) -> str:
    """Where one enrollment is shown."""
    return f"{LIST}/enrollments/{enrollment_id}"


class EnrollmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list."""

    path: str
    payer: str
    provider: str
    badge: Badge
    npi: str
    taxonomy: str
    effective: date | None


class DeadlineWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of the deadlines, as their address has it."""

    who: str = ""
    """Empty: everybody's; ``me``; else a login."""
    snoozed: str = ""

    def wanted(self, login: str) -> DeadlineFilter:
        """For whoever is signed in as `login`."""
        return DeadlineFilter(coordinator=login_of(self.who, login), is_snoozed=bool(self.snoozed))

    def kept(self) -> dict[str, str]:
        """What their address says."""
        return {"who": self.who, "snoozed": self.snoozed}


class DeadlineLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the deadlines."""

    id: str
    path: str
    payer: str
    provider: str
    npi: str
    due_on: date | None
    badge: Badge
    coordinator: str
    snoozed_until: date | None


class Fact(msgspec.Struct, frozen=True):
    """One line of a record: its name and its value, and what is worth knowing about it."""

    name: str
    value: str
    hint: str = ""


def line_of(listed: ListedEnrollment) -> EnrollmentLine:
    """How the list shows it."""
    enrollment = listed.enrollment
    return EnrollmentLine(
        path=page_of(enrollment.id),
        payer=listed.payer_name,
        provider=listed.provider_name,
        badge=ENROLLMENT[enrollment.status],
        npi=enrollment.npi,
        taxonomy=enrollment.taxonomy_code,
        effective=enrollment.effective_date,
    )


def deadline_line(deadline: Deadline) -> DeadlineLine:
    """How the deadlines show it: urgent ones destructive, the others outlined (rows R29, R30)."""
    enrollment = deadline.enrollment
    mark, look = ("■", "destructive") if deadline.is_urgent else ("○", "outline")
    return DeadlineLine(
        id=enrollment.id,
        path=page_of(enrollment.id),
        payer=deadline.payer_name,
        provider=deadline.provider_name,
        npi=enrollment.npi,
        due_on=enrollment.recert_due_on,
        badge=Badge(days_in_words(deadline.days_remaining), mark, look),
        coordinator=enrollment.coordinator,
        snoozed_until=enrollment.snoozed_until,
    )


def facts_of(listed: ListedEnrollment, today: date) -> Sequence[Fact]:
    """Everything the record holds, in the order in which people look for it."""
    enrollment = listed.enrollment
    return (
        Fact("NPI", enrollment.npi),
        Fact("Billing NPI", enrollment.billing_npi),
        Fact("Taxonomy", enrollment.taxonomy_code),
        Fact("Effective date", _day(enrollment.effective_date)),
        Fact("Re-credentialing due", _day(enrollment.recert_due_on), _away(enrollment.recert_due_on, today)),
        Fact("Submitted", _day(enrollment.submitted_date)),
        Fact("Approved", _day(enrollment.approved_date)),
        Fact(
            "Payer loaded",
            _day(enrollment.payer_loaded_date),
            ""
            if enrollment.payer_loaded_date
            else "claims from before the payer’s systems know the provider are denied",
        ),
        Fact("Coordinator", enrollment.coordinator),
        Fact("Put off until", _day(enrollment.snoozed_until)),
    )


def typed_of(listed: ListedEnrollment) -> Mapping[str, str]:
    """The record as its form shows it."""
    kept = msgspec.to_builtins(listed.enrollment)
    return {name: "" if value is None else str(value) for name, value in kept.items()}


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _away(day: date | None, today: date) -> str:
    return "" if day is None else days_in_words((day - today).days)
