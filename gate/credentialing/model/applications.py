"""A provider's application to a payer: its statuses, and the dates that go with them. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.changes import named_in
from gate.credentialing.model.fields import LONGEST_NAME, LONGEST_NOTES, Objections
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    DENIED = "denied"
    ON_HOLD = "on_hold"
    WITHDRAWN = "withdrawn"


AWAITING: Final = frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.UNDER_REVIEW})
"""The payer has it."""
ENDED: Final = frozenset({ApplicationStatus.APPROVED, ApplicationStatus.DENIED, ApplicationStatus.WITHDRAWN})
OPEN: Final = frozenset(ApplicationStatus) - ENDED
_UNTOUCHED: Final = frozenset({ApplicationStatus.NOT_STARTED, ApplicationStatus.WITHDRAWN})
_EARLIEST: Final = date(1990, 1, 1)
_OF_THE_MOVE: Final = frozenset({"occurred_on", "recert_due_on"})
"""Told with a change and not kept with the application."""


class ApplicationDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of an application when it begins."""

    provider_id: str
    payer_id: str
    caqh_application_id: str = ""
    payer_application_id: str = ""
    portal_reference: str = ""
    assigned_to: str = ""
    notes: str = ""


class ApplicationChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of an application changes. Its dates follow from its status."""

    application_status: ApplicationStatus | UnsetType = UNSET
    occurred_on: date | None = None
    """On which day the status changed; None: today."""
    effective_date: date | UnsetType | None = UNSET
    recert_due_on: date | None = None
    """With an approval: when the enrollment has to be renewed."""
    denial_reason: str | UnsetType = UNSET
    reapplication_eligible: bool | UnsetType = UNSET
    caqh_application_id: str | UnsetType = UNSET
    payer_application_id: str | UnsetType = UNSET
    portal_reference: str | UnsetType = UNSET
    assigned_to: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's application to one payer. There is one at most, whatever becomes of it."""

    id: str
    provider_id: str
    payer_id: str
    application_status: ApplicationStatus
    status_since: datetime
    application_started_date: date | None
    application_submitted_date: date | None
    """Set once (row M9), until the provider applies anew."""
    approval_date: date | None
    effective_date: date | None
    is_effective_date_assumed: bool
    """Nobody told an effective date, and the day of approval stands in for it (row M11)."""
    expected_by: date | None
    """Last day on which an answer is not overdue; None unless the payer has it and its typical time is known."""
    caqh_application_id: str
    payer_application_id: str
    portal_reference: str
    denial_reason: str
    reapplication_eligible: bool
    assigned_to: str
    notes: str
    created_at: datetime


class StatusEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an application's status."""

    ordinal: int
    """From 1."""
    from_status: ApplicationStatus | None
    """None: it began."""
    to_status: ApplicationStatus
    days_in_from: int | None
    """Whole days for which it had stood at `from_status`."""
    at: datetime
    by: str
    note: str


class ListedApplication(msgspec.Struct, frozen=True, kw_only=True):
    """An application with what a list shows beside it."""

    application: Application
    payer_name: str
    provider_name: str
    days_elapsed: int | None
    """Since it was submitted, until it was approved or today."""
    is_overdue: bool


class ApplicationDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An application and what became of it so far."""

    application: Application
    history: tuple[StatusEvent, ...]


class ApplicationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which applications are wanted. Every part that is set must hold."""

    application_status: ApplicationStatus | None = None
    provider_id: str = ""
    payer_id: str = ""
    is_overdue: bool = False


def changed(application: Application, change: ApplicationChange, now: datetime, today: date) -> Application:
    """The application after `change`, with the dates that a new status brings.

    Raises:
        InvalidInput: naming every field that does not fit; a denial without a reason is one (row M14).
        PreconditionFailed: it was denied for good.
    """
    day = change.occurred_on or today
    after = msgspec.structs.replace(
        application, **{name: value for name, value in named_in(change).items() if name not in _OF_THE_MOVE}
    )
    if isinstance(change.effective_date, date):
        after = msgspec.structs.replace(after, is_effective_date_assumed=False)
    if after.application_status is not application.application_status:
        after = _moved(application, after, day)
        after = msgspec.structs.replace(after, status_since=now)
    _verify(after, day, today)
    return after


def _moved(before: Application, after: Application, day: date) -> Application:
    status, previous = after.application_status, before.application_status
    if previous is ApplicationStatus.DENIED and not after.reapplication_eligible:
        raise PreconditionFailed("it was denied and the provider may not apply again: set reapplication_eligible first")
    if previous in {ApplicationStatus.DENIED, ApplicationStatus.WITHDRAWN} and status in OPEN:
        # The provider applies anew: dates of the earlier try stay in the history.
        after = msgspec.structs.replace(after, application_submitted_date=None, approval_date=None, denial_reason="")
    if status not in _UNTOUCHED and after.application_started_date is None:
        after = msgspec.structs.replace(after, application_started_date=day)
    if status is ApplicationStatus.SUBMITTED and after.application_submitted_date is None:
        after = msgspec.structs.replace(after, application_submitted_date=day)
    if status is ApplicationStatus.APPROVED:
        after = _approved(after, day)
    return after


def _approved(application: Application, day: date) -> Application:
    is_assumed = application.effective_date is None or application.is_effective_date_assumed
    return msgspec.structs.replace(
        application,
        approval_date=day,
        effective_date=day if is_assumed else application.effective_date,
        is_effective_date_assumed=is_assumed,
    )


def expecting(application: Application, typical_days: int | None) -> Application:
    """The application with the day after which an answer is late, by what is typical for its payer."""
    submitted = application.application_submitted_date
    if submitted is None or typical_days is None or application.application_status not in AWAITING:
        return msgspec.structs.replace(application, expected_by=None)
    return msgspec.structs.replace(application, expected_by=submitted + timedelta(days=typical_days))


def is_overdue(application: Application, today: date) -> bool:
    """Whether the payer has had it for longer than is typical (row M15)."""
    return application.expected_by is not None and application.expected_by < today


def days_elapsed(application: Application, today: date) -> int | None:
    """Days since it was submitted, until it was approved or today."""
    submitted = application.application_submitted_date
    if submitted is None:
        return None
    approved = application.approval_date if application.application_status is ApplicationStatus.APPROVED else None
    return max(0, ((approved or today) - submitted).days)


def begun(application: Application, by: str, note: str = "") -> StatusEvent:
    """The first event of an application."""
    return StatusEvent(
        ordinal=1,
        from_status=None,
        to_status=application.application_status,
        days_in_from=None,
        at=application.status_since,
        by=by,
        note=note,
    )


def moved(before: Application, after: Application, ordinal: int, by: str, note: str = "") -> StatusEvent:
    """What the history keeps of a change from `before` to `after`."""
    return StatusEvent(
        ordinal=ordinal,
        from_status=before.application_status,
        to_status=after.application_status,
        days_in_from=max(0, (after.status_since - before.status_since).days),
        at=after.status_since,
        by=by,
        note=note,
    )


def accepted(application: Application) -> Application:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    objections = Objections()
    for field in ("caqh_application_id", "payer_application_id", "portal_reference", "assigned_to"):
        objections.line(field, getattr(application, field), LONGEST_NAME)
    objections.lines("denial_reason", application.denial_reason, LONGEST_NOTES)
    objections.lines("notes", application.notes)
    objections.settle()
    return application


def _verify(after: Application, day: date, today: date) -> None:
    if not _EARLIEST <= day <= today:
        raise InvalidInput(FieldViolation("occurred_on", "must not lie in the future, nor before 1990"))
    if after.application_status is ApplicationStatus.DENIED and not after.denial_reason.strip():
        raise InvalidInput(FieldViolation("denial_reason", "is required: why the payer denied the application"))
    accepted(after)
