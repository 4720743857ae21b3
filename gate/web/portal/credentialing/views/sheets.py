"""Lists as files: the columns of each, and how a record fills them. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from gate.credentialing.model.applications import ListedApplication
from gate.credentialing.model.credentials import ListedCredential, ListedRenewal
from gate.credentialing.model.enrollments import Deadline, ListedEnrollment
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.reconciliation import Mismatch
from gate.credentialing.model.reports import PayerDurations
from gate.credentialing.model.tasks import ListedTask
from gate.web.portal.credentialing.views.payer_table import PayerLine
from gate.web.portal.credentialing.views.workflows import WorkflowRow

Row = Sequence[object]


class Sheet(msgspec.Struct, frozen=True):
    """What one list is as a file."""

    name: str
    head: tuple[str, ...]
    rows_of: Callable[[Any], Sequence[Row]]
    """The rows of one record: mostly one."""


_ENROLLMENT: Final = (
    *("status", "npi", "billing_npi", "taxonomy_code", "effective_date", "recert_due_on", "submitted_date"),
    *("approved_date", "payer_loaded_date", "coordinator", "snoozed_until", "notes", "id"),
)
_APPLICATION: Final = (
    *("application_status", "application_started_date", "application_submitted_date", "approval_date"),
    *("effective_date", "expected_by", "caqh_application_id", "payer_application_id", "portal_reference"),
    *("denial_reason", "reapplication_eligible", "assigned_to", "notes", "id"),
)
_TASK: Final = (
    *("title", "provider_name", "payer_name", "task_status", "due_date", "is_overdue", "completed_date"),
    *("assigned_to", "application_id", "uploaded_document_url", "notes", "id"),
)
_PROVIDER: Final = (
    *("last_name", "first_name", "npi", "role", "is_attending", "is_supervising", "is_bookable"),
    *("taxonomies", "states", "caqh_attested_on", "id"),
)
_CREDENTIAL: Final = (
    *("kind", "number", "issuer", "state", "issued_on", "expires_on", "coordinator", "snoozed_until"),
    *("document_reference", "notes", "id"),
)
_RENEWAL: Final = ("number", "issuer", "issued_on", "expires_on", "document_reference", "submitted_by", "submitted_at")
_MISMATCH: Final = (
    *("kind", "provider_name", "npi", "state", "payer_name", "taxonomies", "medicaid_taxonomies", "source"),
    "verified_at",
)
_PAYER: Final = ("name", "kind", "typical_days", "contracts", "bookable", "census", "id")
_WORKFLOW: Final = ("payer", "portal_url", "template_url", "contact", "contact_email", "typical_days", "steps", "days")
_DURATION: Final = ("application_status", "average_days", "median_days", "ninetieth_percentile_days", "stays")


def _fields(record: msgspec.Struct, names: Sequence[str]) -> list[object]:
    return [_cell(getattr(record, name)) for name in names]


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _enrollment(listed: ListedEnrollment) -> Sequence[Row]:
    return ((listed.payer_name, listed.provider_name, *_fields(listed.enrollment, _ENROLLMENT)),)


def _deadline(each: Deadline) -> Sequence[Row]:
    return ((each.payer_name, each.provider_name, each.days_remaining, *_fields(each.enrollment, _ENROLLMENT)),)


def _application(listed: ListedApplication) -> Sequence[Row]:
    days, is_overdue = listed.days_elapsed, _cell(listed.is_overdue)
    names = (listed.payer_name, listed.provider_name)
    return ((*names, days, is_overdue, *_fields(listed.application, _APPLICATION)),)


def _credential(listed: ListedCredential) -> Sequence[Row]:
    beside = (listed.provider_name, listed.days_remaining, listed.tier, _cell(listed.is_renewal_waiting))
    return ((*beside, *_fields(listed.credential, _CREDENTIAL)),)


def _renewal(listed: ListedRenewal) -> Sequence[Row]:
    before = (listed.provider_name, listed.credential.kind, listed.credential.number, listed.credential.expires_on)
    return ((*before, *_fields(listed.renewal, _RENEWAL)),)


def _payer(line: PayerLine) -> Sequence[Row]:
    wanted = "; ".join(badge.words for badge in line.requirements)
    return ((*_fields(line, _PAYER), line.workflow.words, wanted),)


def _workflow(row: WorkflowRow) -> Sequence[Row]:
    return ((*_fields(row, _WORKFLOW), row.badge.words),)


def _durations(payer: PayerDurations) -> Sequence[Row]:
    return [(payer.payer_name, *_fields(status, _DURATION)) for status in payer.statuses]


def _plain(names: Sequence[str]) -> Callable[[Any], Sequence[Row]]:
    def row(record: Provider | ListedTask | Mismatch) -> Sequence[Row]:
        return (_fields(record, names),)

    return row


_BOTH: Final = ("payer", "provider")
ENROLLMENTS: Final = Sheet("enrollments", (*_BOTH, *_ENROLLMENT), _enrollment)
DEADLINES: Final = Sheet("deadlines", (*_BOTH, "days_remaining", *_ENROLLMENT), _deadline)
APPLICATIONS: Final = Sheet("applications", (*_BOTH, "days_elapsed", "is_overdue", *_APPLICATION), _application)
TASKS: Final = Sheet("tasks", _TASK, _plain(_TASK))
ROSTER: Final = Sheet("providers", _PROVIDER, _plain(_PROVIDER))
EXPIRING: Final = Sheet(
    "expiring", ("provider", "days_remaining", "tier", "is_renewal_waiting", *_CREDENTIAL), _credential
)
REVIEW: Final = Sheet("renewals", ("provider", "kind", "number_now", "expires_on_now", *_RENEWAL), _renewal)
MISMATCHES: Final = Sheet("mismatches", _MISMATCH, _plain(_MISMATCH))
PAYERS: Final = Sheet("payers", (*_PAYER, "workflow", "requirements"), _payer)
WORKFLOWS: Final = Sheet("workflows", (*_WORKFLOW, "workflow"), _workflow)
FIGURES: Final = Sheet("figures", ("payer", *_DURATION), _durations)
