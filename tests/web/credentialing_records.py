"""Records as services give them to pages, made up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from gate.credentialing.model.applications import Application, ApplicationStatus, ListedApplication
from gate.credentialing.model.attestations import ON_RECORD, AttestationStanding, KnownAttestation
from gate.credentialing.model.dashboard import DashboardTask
from gate.credentialing.model.enrollments import Enrollment, EnrollmentStatus, ListedEnrollment
from gate.credentialing.model.payers import PayerType, SupervisionLevel
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.selection import PayerStatistics
from gate.credentialing.model.tasks import TaskStatus
from gate.credentialing.model.workflows import WorkflowType

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOON.date()


def a_provider(last_name: str = "Doe", **fields: Any) -> Provider:
    usual: dict[str, Any] = {
        "id": f"provider-{last_name}",
        "first_name": "Jane",
        "last_name": last_name,
        "npi": "1234567893",
        "role": "",
        "is_attending": False,
        "is_supervising": False,
        "is_bookable": True,
        "taxonomies": (),
        "states": (),
        "caqh_attested_on": None,
        "created_at": NOON,
    }
    return Provider(**(usual | fields))


def an_enrollment(status: EnrollmentStatus = EnrollmentStatus.ENROLLED, **fields: Any) -> ListedEnrollment:
    usual: dict[str, Any] = {
        "id": "e-1",
        "provider_id": "p-1",
        "payer_id": "q-1",
        "status": status,
        "npi": "1234567893",
        "billing_npi": "",
        "taxonomy_code": "",
        "effective_date": None,
        "recert_due_on": None,
        "submitted_date": None,
        "approved_date": None,
        "payer_loaded_date": None,
        "coordinator": "",
        "notes": "",
        "snoozed_until": None,
        "created_at": NOON,
    }
    return ListedEnrollment(enrollment=Enrollment(**(usual | fields)), payer_name="Molina", provider_name="Jane Doe")


def a_choice(name: str, **fields: Any) -> PayerStatistics:
    usual: dict[str, Any] = {
        "id": name,
        "name": name,
        "payer_type": PayerType.MEDICAID,
        "state": "UT",
        "requires_individual_contract": False,
        "allows_supervised": False,
        "requires_attending": False,
        "supervision_level": SupervisionLevel.NONE,
        "total_contracts": 0,
        "bookable_providers": 0,
        "current_census": 0,
        "workflow_type": WorkflowType.INSTANT_NETWORK,
        "typical_approval_days": None,
        "already_credentialing": False,
        "already_contracted": False,
        "is_recommended": False,
        "has_tasks": False,
    }
    return PayerStatistics(**(usual | fields))


def a_task(status: TaskStatus, due: date | None = None, **fields: Any) -> DashboardTask:
    usual: dict[str, Any] = {
        "id": "t-1",
        "provider_id": "p-1",
        "payer_id": "q-1",
        "task_type": "submit",
        "title": "Submit roster",
        "description": "",
        "task_status": status,
        "due_date": due,
        "completed_date": None,
        "task_order": 1,
        "notes": "",
        "uploaded_document_url": "",
        "assigned_to": "",
        "application_id": "",
        "portal_url": "",
        "created_at": NOON,
        "is_overdue": False,
    }
    return DashboardTask(**(usual | fields))


def an_application(status: ApplicationStatus, **fields: Any) -> ListedApplication:
    usual: dict[str, Any] = {
        "id": "a-1",
        "provider_id": "p-1",
        "payer_id": "q-1",
        "application_status": status,
        "status_since": NOON,
        "application_started_date": None,
        "application_submitted_date": None,
        "approval_date": None,
        "effective_date": None,
        "is_effective_date_assumed": False,
        "expected_by": None,
        "caqh_application_id": "",
        "payer_application_id": "",
        "portal_reference": "",
        "denial_reason": "",
        "reapplication_eligible": True,
        "assigned_to": "",
        "notes": "",
        "created_at": NOON,
    }
    return ListedApplication(
        application=Application(**(usual | fields)),
        payer_name="Molina",
        provider_name="Jane Doe",
        days_elapsed=None,
        is_overdue=False,
    )


def an_attestation(due_in: int | None, **fields: Any) -> KnownAttestation:
    usual: dict[str, Any] = {
        "standing": AttestationStanding.CURRENT,
        "due_on": None if due_in is None else TODAY + timedelta(days=due_in),
        "today": TODAY,
        "source": ON_RECORD,
        "told_at": NOON,
    }
    return KnownAttestation(**(usual | fields))
