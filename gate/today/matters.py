"""Records and alerts as matters. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from typing import Final

from gate.alerts.model.alerts import Alert
from gate.alerts.model.due_dates import Subject
from gate.alerts.model.kinds import AlertKind
from gate.clock import today_in
from gate.credentialing.model.applications import ListedApplication
from gate.credentialing.model.credentials import ListedCredential, ListedRenewal
from gate.credentialing.model.enrollments import Deadline
from gate.credentialing.model.tasks import ListedTask
from gate.credentialing.model.workload import Foremost
from gate.today.model import Matter, MatterKind
from sources.states import STATES

_RECORDS_OF: Final = {
    AlertKind.RECREDENTIALING: MatterKind.DEADLINE,
    AlertKind.CREDENTIAL_EXPIRY: MatterKind.CREDENTIAL,
}
"""What an alert of these kinds was raised for: its key is the record's id."""
_ALERTS_OF: Final = {of: kind for kind, of in _RECORDS_OF.items()}


def subject_of(matter: Matter) -> Subject | None:
    """For what alerts are raised about the record; None: for nothing."""
    kind = _ALERTS_OF.get(matter.kind)
    return None if kind is None else Subject(kind, matter.id)


def matters_of_alerts(alerts: Iterable[Alert], now: datetime) -> Iterator[Matter]:
    """Days are counted where the deadline is (row R19)."""
    for alert in alerts:
        today = today_in(alert.state, now) if alert.state in STATES else now.date()
        of = _RECORDS_OF.get(alert.kind)
        yield Matter(
            kind=MatterKind.ALERT,
            id=alert.id,
            detail=alert.kind.value,
            about=alert.about,
            whom=alert.provider or alert.npi or alert.key,
            record="" if of is None else f"{of.value}/{alert.key}",
            state=alert.state,
            due_on=alert.due_on,
            days=None if alert.due_on is None else (alert.due_on - today).days,
            is_missed=alert.due_on is None and alert.is_past_due,
            is_waiting=alert.escalated_at is not None,
            assigned_to=alert.assigned_to,
        )


def matters_of_records(first: Foremost) -> Iterator[Matter]:
    """Of every kind. Where a renewal waits, its review is what there is to do about a credential."""
    return chain(
        map(_of_deadline, first.deadlines),
        (_of_credential(listed) for listed in first.credentials if not listed.is_renewal_waiting),
        (_of_task(task, first.today) for task in first.tasks),
        (_of_application(listed, first.today) for listed in first.applications),
        map(_of_renewal, first.renewals),
    )


def _of_deadline(deadline: Deadline) -> Matter:
    enrollment = deadline.enrollment
    return Matter(
        kind=MatterKind.DEADLINE,
        id=enrollment.id,
        about=deadline.payer_name,
        whom=deadline.provider_name,
        provider_id=enrollment.provider_id,
        payer_id=enrollment.payer_id,
        due_on=enrollment.recert_due_on,
        days=deadline.days_remaining,
        assigned_to=enrollment.coordinator,
    )


def _of_credential(listed: ListedCredential) -> Matter:
    credential = listed.credential
    return Matter(
        kind=MatterKind.CREDENTIAL,
        id=credential.id,
        detail=credential.kind.value,
        about=credential.number,
        whom=listed.provider_name,
        provider_id=credential.provider_id,
        state=credential.state,
        due_on=credential.expires_on,
        days=listed.days_remaining,
        assigned_to=credential.coordinator,
    )


def _of_task(task: ListedTask, today: date) -> Matter:
    return Matter(
        kind=MatterKind.TASK,
        id=task.id,
        about=f"{task.title}: {task.payer_name}",
        whom=task.provider_name,
        provider_id=task.provider_id,
        payer_id=task.payer_id,
        due_on=task.due_date,
        days=_days(task.due_date, today),
        assigned_to=task.assigned_to,
    )


def _of_application(listed: ListedApplication, today: date) -> Matter:
    application = listed.application
    return Matter(
        kind=MatterKind.APPLICATION,
        id=application.id,
        about=listed.payer_name,
        whom=listed.provider_name,
        provider_id=application.provider_id,
        payer_id=application.payer_id,
        due_on=application.expected_by,
        days=_days(application.expected_by, today),
        assigned_to=application.assigned_to,
    )


def _of_renewal(listed: ListedRenewal) -> Matter:
    return Matter(
        kind=MatterKind.RENEWAL,
        id=listed.renewal.id,
        detail=listed.credential.kind.value,
        about=listed.renewal.number or listed.credential.number,
        whom=listed.provider_name,
        provider_id=listed.credential.provider_id,
        state=listed.credential.state,
        is_waiting=True,
    )


def _days(due_on: date | None, today: date) -> int | None:
    return None if due_on is None else (due_on - today).days
