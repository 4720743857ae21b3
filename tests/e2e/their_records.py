"""Credentialing records of one tenant, and every way in which another might name them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from gate.clock import system_clock
from gate.rpc.messages import instant_message
from gate.v1 import alerts_pb2
from gate.v1 import credentialing_pb2 as pb
from tests.e2e.providers import BOTH
from tests.support.admin_api import new_npi
from tests.support.callers import CALL_SECONDS, Caller, as_message, today

THEIR_NAME, THEIR_PAYER, THEIR_COORDINATOR = "Globexia", "Globex Own Health Plan", "wanda-coordinates"
THEIR_NUMBER = "GLOBEX-LICENCE-7"


class Records(NamedTuple):
    """Of one tenant, by what they are."""

    provider: str
    payer: str
    enrollment: str
    application: str
    task: str
    contract: str
    credential: str
    renewal: str
    alert: str
    pages: Mapping[str, str]
    """Page tokens by the RPC that gave them."""

    def marks(self) -> set[str]:
        """By each of these the tenant would be recognized."""
        return {*self[:9], THEIR_NAME, THEIR_PAYER, THEIR_COORDINATOR, THEIR_NUMBER}

    def others(self, alike: Callable[[str], str]) -> "Records":
        """Ids written alike, and nobody's."""
        return Records(
            provider=alike(self.provider),
            payer=alike(self.payer),
            enrollment=alike(self.enrollment),
            application=alike(self.application),
            task=alike(self.task),
            contract=alike(self.contract),
            credential=alike(self.credential),
            renewal=alike(self.renewal),
            alert=alike(self.alert),
            pages=self.pages,
        )


async def keep_records(caller: Caller) -> Records:
    """Two of each kind, so that there are second pages."""

    async def ask(name: str, **fields: Any) -> Any:
        request = getattr(pb, f"{name}Request")(**fields)
        return await getattr(caller.credentialing, name)(request, metadata=caller.metadata, timeout=CALL_SECONDS)

    day = as_message(today())
    for _ in range(2):
        told = pb.Provider(first_name="Wanda", last_name=THEIR_NAME, npi=new_npi())
        provider = (await ask("CreateProvider", provider=told)).provider
        payer = (await ask("CreatePayer", payer=pb.Payer(name=THEIR_PAYER))).payer
        await ask(
            "SetPayerWorkflow",
            workflow=pb.PayerWorkflow(payer_id=payer.id, workflow_type=pb.WORKFLOW_TYPE_INSTANT_NETWORK),
        )
        made = await ask("CredentialPayers", provider_id=provider.id, payer_ids=[payer.id])
        application = pb.PayerApplication(
            id=made.details[0].application_id,
            application_status=pb.APPLICATION_STATUS_APPROVED,
            assigned_to=THEIR_COORDINATOR,
        )
        mask = FieldMask(paths=["application_status", "assigned_to"])
        await ask("UpdateApplication", application=application, update_mask=mask, recert_due_on=day)
        (task,) = (await ask("GetCredentialingDashboard", provider_id=provider.id)).dashboard.payers[0].tasks
        own = pb.CredentialingTask(assigned_to=THEIR_COORDINATOR)
        await ask("UpdateTasks", task_ids=[task.id], task=own, update_mask=FieldMask(paths=["assigned_to"]))
        licence = pb.Credential(
            provider_id=provider.id,
            kind=pb.CREDENTIAL_KIND_LICENSE,
            number=THEIR_NUMBER,
            expires_on=day,
            coordinator=THEIR_COORDINATOR,
        )
        credential = (await ask("CreateCredential", credential=licence)).credential
        later = pb.Renewal(expires_on=as_message(today() + timedelta(days=365)), document_reference="licence.pdf")
        renewal = (await ask("SubmitRenewal", credential_id=credential.id, renewal=later)).renewal
    await caller.alerts.RunScan(alerts_pb2.RunScanRequest(), metadata=caller.metadata, timeout=CALL_SECONDS)
    first = alerts_pb2.ListAlertsRequest(page_size=1)
    alerts = await caller.alerts.ListAlerts(first, metadata=caller.metadata, timeout=CALL_SECONDS)
    (enrollment,) = (await ask("ListEnrollments", provider_id=provider.id)).enrollments
    (contract,) = (await ask("ListContracts", provider_id=provider.id)).contracts
    return Records(
        provider.id,
        payer.id,
        enrollment.enrollment.id,
        application.id,
        task.id,
        contract.id,
        credential.id,
        renewal.id,
        alerts.alerts[0].id,
        {
            "ListAlerts": alerts.next_page_token,
            **{name: (await ask(name, page_size=1)).next_page_token for name in LISTS},
        },
    )


LISTS: Final = (
    "ListProviders",
    "ListPayers",
    "ListPayerStatistics",
    "ListEnrollments",
    "ListDeadlines",
    "ListApplications",
    "ListTasks",
    "ListContracts",
    "ListDurations",
    "ListMismatches",
    "ListCredentials",
    "ListExpiringCredentials",
    "ListRenewals",
)
Named = Callable[[Records], Any]
_IDS: Final[Mapping[str, Named]] = {
    "provider": lambda records: records.provider,
    "payer": lambda records: records.payer,
    "enrollment": lambda records: records.enrollment,
    "application": lambda records: records.application,
    "task": lambda records: records.task,
    "contract": lambda records: records.contract,
    "credential": lambda records: records.credential,
    "renewal": lambda records: records.renewal,
}


_ALERT: Final[Named] = lambda records: records.alert  # noqa: E731 - like its neighbours above


def _token(name: str) -> Named:
    return lambda records: records.pages[name]


EXAMPLES: Final[Mapping[str, Named]] = {
    **{
        f"{name}Request.alert_id": _ALERT
        for name in ("GetAlert", "AcknowledgeAlert", "SnoozeAlert", "AssignAlert", "AddNote")
    },
    **{f"{name}AlertsRequest.alert_ids": _ALERT for name in ("Acknowledge", "Snooze", "Assign")},
    "AssignAlertsRequest.assigned_to": lambda _: THEIR_COORDINATOR,
    "ListAlertsRequest.page_token": _token("ListAlerts"),
    "ListAlertsRequest.assigned_to": lambda _: THEIR_COORDINATOR,
    "AssignAlertRequest.assigned_to": lambda _: THEIR_COORDINATOR,
    "AlertRecipient.person": lambda _: THEIR_COORDINATOR,
    "WatchAlertsRequest.after_sequence": lambda _: 1,
    **{f"{name}Request.page_token": _token(name) for name in LISTS},
    **{
        f"{name}Request.{kind}_id": _IDS[kind]
        for kind in ("provider", "payer", "enrollment", "application", "credential")
        for name in (f"Get{kind.capitalize()}", f"Archive{kind.capitalize()}")
    },
    **{f"{name}Request.payer_id": _IDS["payer"] for name in ("GetPayerWorkflow", "DeletePayerWorkflow")},
    **{f"{name}Request.task_id": _IDS["task"] for name in ("GetTask", "ArchiveTask")},
    **{
        f"List{kind}Request.{of}_id": _IDS[of]
        for kind in ("Enrollments", "Applications", "Contracts")
        for of in ("provider", "payer")
    },
    **{
        f"{message}.{of}_id": _IDS[of]
        for message in ("ProviderEnrollment", "PayerApplication", "PayerContract")
        for of in ("provider", "payer")
    },
    **{f"{name}DeadlinesRequest.enrollment_ids": _IDS["enrollment"] for name in ("Assign", "Snooze")},
    **{f"{name}RenewalRequest.renewal_id": _IDS["renewal"] for name in ("Approve", "Reject")},
    **{f"{name}.credential_id": _IDS["credential"] for name in ("SubmitRenewalRequest", "ListRenewalsRequest")},
    **{f"{name}.provider_id": _IDS["provider"] for name in ("Credential", "ListCredentialsRequest")},
    "Credential.id": _IDS["credential"],
    "SnoozeCredentialsRequest.credential_ids": _IDS["credential"],
    "StartReverificationRequest.enrollment_id": _IDS["enrollment"],
    "ListTasksRequest.payer_id": _IDS["payer"],
    "Provider.id": _IDS["provider"],
    "Payer.id": _IDS["payer"],
    "PayerWorkflow.payer_id": _IDS["payer"],
    "ProviderEnrollment.id": _IDS["enrollment"],
    "PayerApplication.id": _IDS["application"],
    "PayerContract.id": _IDS["contract"],
    "ListPayerStatisticsRequest.provider_id": _IDS["provider"],
    "CredentialPayersRequest.provider_id": _IDS["provider"],
    "CredentialPayersRequest.payer_ids": _IDS["payer"],
    "GetCredentialingDashboardRequest.provider_id": _IDS["provider"],
    "UpdateTasksRequest.task_ids": _IDS["task"],
    "ListProvidersRequest.search": lambda _: THEIR_NAME,
    "ListPayersRequest.search": lambda _: THEIR_PAYER,
    "ListTasksRequest.assigned_to": lambda _: THEIR_COORDINATOR,
    "ListDeadlinesRequest.coordinator": lambda _: THEIR_COORDINATOR,
    "ListExpiringCredentialsRequest.coordinator": lambda _: THEIR_COORDINATOR,
    "GetCalendarRequest.coordinator": lambda _: THEIR_COORDINATOR,
}
"""The other tenant's value of every field of the service `Credentialing` by which a record could be named."""
ORDINARY: Final = {
    *(f"ListAlertsRequest.{name}" for name in ("state", "npi", "page_size")),
    *(f"{name}Request.note" for name in ("AcknowledgeAlert", "SnoozeAlert", "AddNote")),
    *(f"{name}AlertsRequest.note" for name in ("Acknowledge", "Snooze")),
    "AlertRecipient.email",
    *(f"NotificationPreferences.{name}" for name in ("escalate_after_days", "escalate_to", "digest_hour", "time_zone")),
    *(f"{name}Request.page_size" for name in LISTS),
    "ListEnrollmentsRequest.search",
    "ListPayerStatisticsRequest.search",
    *(f"Provider.{name}" for name in ("first_name", "last_name", "npi", "role", "taxonomies", "states")),
    *(f"Payer.{name}" for name in ("name", "state", "current_census")),
    *(f"TaskTemplate.{name}" for name in ("title", "description", "order", "estimated_days", "task_type")),
    *(
        f"PayerWorkflow.{name}"
        for name in (
            "portal_url",
            "portal_instructions",
            "excel_template_url",
            "excel_submission_email",
            "credentialing_contact_name",
            "credentialing_contact_email",
            "typical_approval_days",
        )
    ),
    *(f"ProviderEnrollment.{name}" for name in ("npi", "billing_npi", "taxonomy_code", "coordinator", "notes")),
    *(
        f"PayerApplication.{name}"
        for name in (
            "caqh_application_id",
            "payer_application_id",
            "portal_reference",
            "denial_reason",
            "assigned_to",
            "notes",
        )
    ),
    *(
        f"CredentialingTask.{name}"
        for name in (
            "id",  # tasks are named beside, in task_ids
            "provider_id",
            "payer_id",
            "task_type",
            "title",
            "description",
            "task_order",
            "notes",
            "uploaded_document_url",
            "assigned_to",
            "application_id",  # the payer's number
            "portal_url",
            "payer_name",  # read only, as the next
            "provider_name",
        )
    ),
    *(f"Credential.{name}" for name in ("number", "issuer", "state", "coordinator", "document_reference", "notes")),
    *(
        f"Renewal.{name}"
        for name in (
            "id",  # renewals are named beside, in renewal_id
            "credential_id",  # and credentials too
            "number",
            "issuer",
            "document_reference",
            "notes",
            "submitted_by",
            "reviewed_by",
            "rejection_reason",
        )
    ),
    "AssignDeadlinesRequest.coordinator",
    "ListExpiringCredentialsRequest.within_days",
    "RejectRenewalRequest.reason",
    "PayerContract.notes",
    "PayerContract.application_id",  # read only
    "CredentialingPreferences.recred_alert_lead_days",
    "CredentialingPreferences.time_zone",
}
"""Fields that name nothing of a tenant."""


def plain_requests() -> Mapping[str, Message]:
    """Requests that want nothing but the ids they are about."""
    notes = FieldMask(paths=["notes"])
    day = as_message(today())
    return {
        "SnoozeAlert": alerts_pb2.SnoozeAlertRequest(until=instant_message(system_clock() + timedelta(days=1))),
        "AddNote": alerts_pb2.AddNoteRequest(note="mine"),
        "SnoozeAlerts": alerts_pb2.SnoozeAlertsRequest(until=instant_message(system_clock() + timedelta(days=1))),
        "ChooseMailStyle": alerts_pb2.ChooseMailStyleRequest(style=alerts_pb2.MAIL_STYLE_NONE),
        "MuteKind": alerts_pb2.MuteKindRequest(kind=alerts_pb2.ALERT_KIND_ATTESTATION),
        "UnmuteKind": alerts_pb2.UnmuteKindRequest(kind=alerts_pb2.ALERT_KIND_ATTESTATION),
        "UpdateNotificationPreferences": alerts_pb2.UpdateNotificationPreferencesRequest(
            preferences=alerts_pb2.NotificationPreferences(
                recipients=[alerts_pb2.AlertRecipient(person="mine", email="mine@acme.example")]
            ),
            update_mask=FieldMask(paths=["recipients"]),
        ),
        "CreateProvider": pb.CreateProviderRequest(provider=pb.Provider(first_name="A", last_name="B", npi=new_npi())),
        "UpdateProvider": pb.UpdateProviderRequest(
            provider=pb.Provider(role="mine"), update_mask=FieldMask(paths=["role"])
        ),
        "CreatePayer": pb.CreatePayerRequest(payer=pb.Payer(name="mine")),
        "UpdatePayer": pb.UpdatePayerRequest(payer=pb.Payer(name="mine"), update_mask=FieldMask(paths=["name"])),
        "SetPayerWorkflow": pb.SetPayerWorkflowRequest(
            workflow=pb.PayerWorkflow(workflow_type=pb.WORKFLOW_TYPE_ONLINE_PORTAL)
        ),
        "UpdateEnrollment": pb.UpdateEnrollmentRequest(
            enrollment=pb.ProviderEnrollment(notes="mine"), update_mask=notes
        ),
        "UpdateApplication": pb.UpdateApplicationRequest(
            application=pb.PayerApplication(notes="mine"), update_mask=notes
        ),
        "CreateContract": pb.CreateContractRequest(contract=pb.PayerContract(effective_date=day)),
        "UpdateContract": pb.UpdateContractRequest(contract=pb.PayerContract(notes="mine"), update_mask=notes),
        "AssignDeadlines": pb.AssignDeadlinesRequest(coordinator="mine"),
        "CreateCredential": pb.CreateCredentialRequest(
            credential=pb.Credential(kind=pb.CREDENTIAL_KIND_DEA, number="AB1234563")
        ),
        "UpdateCredential": pb.UpdateCredentialRequest(credential=pb.Credential(notes="mine"), update_mask=notes),
        "SubmitRenewal": pb.SubmitRenewalRequest(
            renewal=pb.Renewal(expires_on=as_message(today() + timedelta(days=400)), document_reference="mine.pdf")
        ),
        "RejectRenewal": pb.RejectRenewalRequest(reason="mine to refuse"),
        "UpdateTasks": pb.UpdateTasksRequest(task=pb.CredentialingTask(notes="mine"), update_mask=notes),
    }


# Over HTTP

PARAMETERS: Final[Mapping[str, Named]] = {
    **{f"{kind}_id": named for kind, named in _IDS.items()},
    "providerId": _IDS["provider"],
    "payerId": _IDS["payer"],
    "search": lambda _: THEIR_NAME,
    "coordinator": lambda _: THEIR_COORDINATOR,
    "assignedTo": lambda _: THEIR_COORDINATOR,
    "pageToken": _token("ListProviders"),
    "pageSize": lambda _: 500,
    "status": lambda _: "denied",
    "overdue": lambda _: "true",
    "open": lambda _: "true",
    "unassigned": lambda _: "false",
    "undated": lambda _: "false",
    "descending": lambda _: "true",
    "snoozed": lambda _: "false",
    "days": lambda _: 120,
    "kind": lambda _: "license",
    "credentialId": _IDS["credential"],
    "alert_id": _ALERT,
    "urgency": lambda _: "critical",
    "state": lambda _: "TX",
    "npi": lambda _: BOTH,
    "after": lambda _: 0,
    "escalated": lambda _: "false",
    "muted": lambda _: "true",
}
"""The other tenant's value of every parameter of `/api`."""


def _both(records: Records, **more: object) -> dict[str, object]:
    return {"provider_id": records.provider, "payer_id": records.payer, **more}


BODIES: Final[Mapping[str, Named]] = {
    "POST /api/alerts/{alert_id}/acknowledge": lambda _: {"note": "mine"},
    "POST /api/alerts/{alert_id}/snooze": lambda _: {"until": (system_clock() + timedelta(days=1)).isoformat()},
    "POST /api/alerts/{alert_id}/assign": lambda _: {"assigned_to": THEIR_COORDINATOR},
    "POST /api/alerts/{alert_id}/notes": lambda _: {"note": "mine"},
    "POST /api/alerts/acknowledge": lambda records: {"alert_ids": [records.alert]},
    "POST /api/alerts/snooze": lambda records: {
        "alert_ids": [records.alert],
        "until": (system_clock() + timedelta(days=1)).isoformat(),
    },
    "POST /api/alerts/assign": lambda records: {"alert_ids": [records.alert], "assigned_to": THEIR_COORDINATOR},
    "PUT /api/alert-preferences/own": lambda _: {"style": "none"},
    "POST /api/alert-mutes": lambda _: {"kind": "attestation", "is_muted": False},
    "PATCH /api/alert-preferences": lambda _: {"digest_hour": 8},
    "POST /api/admin/providers": lambda _: {"first_name": "A", "last_name": "B", "npi": new_npi()},
    "PATCH /api/admin/providers/{provider_id}": lambda _: {"role": "mine"},
    "POST /api/admin/providers/{provider_id}/credential-payers": lambda records: {"payerIds": [records.payer]},
    "POST /api/admin/payers": lambda _: {"name": "mine"},
    "PATCH /api/admin/payers/{payer_id}": lambda _: {"name": "mine"},
    "PUT /api/admin/payers/{payer_id}/workflow": lambda _: {"workflow_type": "online_portal"},
    "POST /api/admin/enrollments": _both,
    "PATCH /api/admin/enrollments/{enrollment_id}": lambda _: {"notes": "mine"},
    "POST /api/admin/credentialing-deadlines/assign": lambda records: {
        "enrollmentIds": [records.enrollment],
        "coordinator": "mine",
    },
    "POST /api/admin/credentialing-deadlines/snooze": lambda records: {"enrollmentIds": [records.enrollment]},
    "POST /api/admin/credentials": lambda records: {
        "provider_id": records.provider,
        "kind": "dea",
        "number": "AB1234563",
    },
    "POST /api/admin/credentials/snooze": lambda records: {"credentialIds": [records.credential]},
    "PATCH /api/admin/credentials/{credential_id}": lambda _: {"notes": "mine"},
    "POST /api/admin/credentials/{credential_id}/renewals": lambda _: {
        "expires_on": "2190-01-01",
        "document_reference": "mine.pdf",
    },
    "POST /api/admin/credential-renewals/{renewal_id}/reject": lambda _: {"reason": "mine to refuse"},
    "PATCH /api/admin/credentialing-preferences": lambda _: {"recred_alert_lead_days": 90},
    "POST /api/admin/credentialing-applications": _both,
    "PATCH /api/admin/credentialing-applications/{application_id}": lambda _: {"notes": "mine"},
    "POST /api/admin/contracts": lambda records: _both(records, effective_date="2026-01-01"),
    "PATCH /api/admin/contracts/{contract_id}": lambda _: {"notes": "mine"},
    "PATCH /api/admin/credentialing-tasks": lambda records: {"taskIds": [records.task], "change": {"notes": "mine"}},
    "PATCH /api/admin/credentialing-tasks/{task_id}": lambda _: {"notes": "mine"},
}
"""What is sent to each route that takes a body, with the other tenant's ids where it takes any."""
_WITHOUT_BODY: Final = {
    "GET /api/alerts",
    "GET /api/alerts/{alert_id}",
    "GET /api/alert-counts",
    "GET /api/alert-changes",
    "GET /api/alert-mutes",
    "GET /api/alert-preferences",
    "POST /api/alert-scans",
    "GET /api/today",
    "GET /api/admin/providers",
    "GET /api/admin/providers/{provider_id}",
    "DELETE /api/admin/providers/{provider_id}",
    "GET /api/admin/providers/{provider_id}/credentialing-dashboard",
    "GET /api/admin/payers",
    "GET /api/admin/payers/selection-stats",
    "GET /api/admin/payers/{payer_id}",
    "DELETE /api/admin/payers/{payer_id}",
    "GET /api/admin/payers/{payer_id}/workflow",
    "DELETE /api/admin/payers/{payer_id}/workflow",
    "GET /api/admin/enrollments",
    "GET /api/admin/enrollments/{enrollment_id}",
    "DELETE /api/admin/enrollments/{enrollment_id}",
    "GET /api/admin/credentialing-deadlines",
    "POST /api/admin/enrollments/{enrollment_id}/reverification",
    "GET /api/admin/credentials",
    "GET /api/admin/credentials/expiring",
    "GET /api/admin/credentials/{credential_id}",
    "DELETE /api/admin/credentials/{credential_id}",
    "GET /api/admin/credential-renewals",
    "POST /api/admin/credential-renewals/{renewal_id}/approve",
    "GET /api/admin/credentialing-preferences",
    "GET /api/admin/credentialing-applications",
    "GET /api/admin/credentialing-applications/{application_id}",
    "DELETE /api/admin/credentialing-applications/{application_id}",
    "GET /api/admin/contracts",
    "GET /api/admin/credentialing-tasks",
    "GET /api/admin/credentialing-tasks/{task_id}",
    "DELETE /api/admin/credentialing-tasks/{task_id}",
    "GET /api/admin/credentialing-pipeline",
    "GET /api/admin/credentialing-durations",
    "GET /api/admin/credentialing-workflow-templates",
    "GET /api/admin/credentialing-calendar.ics",
    "GET /api/admin/credentialing-mismatches",
}
ROUTES: Final = _WITHOUT_BODY | BODIES.keys()
ABOUT_NO_RECORD: Final = {
    "POST /api/alert-mutes",
    "PATCH /api/alert-preferences",
    "PUT /api/alert-preferences/own",
    "POST /api/admin/providers",
    "POST /api/admin/payers",
    "PATCH /api/admin/credentialing-preferences",
}
"""Take a body, and no id."""
TELLS_OF_EACH: Final = {f"POST /api/alerts/{act}" for act in ("acknowledge", "snooze", "assign")}
"""Take several ids, and tell of each what became of it."""


PAGES: Final = {
    "GET /pm/notifications",
    "POST /pm/notifications",
    "POST /pm/notifications/own",
    "GET /pm/inbox/alerts",
    "POST /pm/inbox/alerts",
    "POST /pm/inbox/alerts/mutes",
    "GET /pm/inbox/alerts/{alert_id}",
    "POST /pm/inbox/alerts/{alert_id}/acknowledge",
    "POST /pm/inbox/alerts/{alert_id}/assign",
    "POST /pm/inbox/alerts/{alert_id}/notes",
    "POST /pm/inbox/alerts/{alert_id}/snooze",
    "GET /admin/provider-credentialing/{provider_id}",
    "POST /admin/provider-credentialing/{provider_id}/credential-payers",
    "POST /admin/provider-credentialing/{provider_id}/tasks",
    "POST /admin/provider-credentialing/{provider_id}/tasks/{task_id}",
    "GET /admin/provider-credentialing/{provider_id}/tasks/{task_id}/archive",
    "POST /admin/provider-credentialing/{provider_id}/tasks/{task_id}/archive",
    "GET /calendar/{secret}.ics",
    "GET /pm/credentialing",
    "GET /pm/credentialing/applications",
    "GET /pm/credentialing/applications/export.csv",
    "GET /pm/credentialing/applications/figures",
    "GET /pm/credentialing/applications/figures/export.csv",
    "GET /pm/credentialing/applications/{application_id}",
    "POST /pm/credentialing/applications/{application_id}",
    "GET /pm/credentialing/applications/{application_id}/archive",
    "POST /pm/credentialing/applications/{application_id}/archive",
    "GET /pm/credentialing/applications/{application_id}/edit",
    "GET /pm/credentialing/calendar",
    "POST /pm/credentialing/calendar",
    "POST /pm/credentialing/calendar/revoke",
    "GET /pm/credentialing/deadlines",
    "POST /pm/credentialing/deadlines",
    "GET /pm/credentialing/deadlines/export.csv",
    "POST /pm/credentialing/enrollments",
    "GET /pm/credentialing/enrollments/new",
    "GET /pm/credentialing/enrollments/{enrollment_id}",
    "POST /pm/credentialing/enrollments/{enrollment_id}",
    "GET /pm/credentialing/enrollments/{enrollment_id}/archive",
    "POST /pm/credentialing/enrollments/{enrollment_id}/archive",
    "GET /pm/credentialing/enrollments/{enrollment_id}/edit",
    "GET /pm/credentialing/enrollments/{enrollment_id}/reverify",
    "POST /pm/credentialing/enrollments/{enrollment_id}/reverify",
    "GET /pm/credentialing/export.csv",
    "GET /pm/credentialing/mismatches",
    "GET /pm/credentialing/mismatches/export.csv",
    "GET /pm/credentialing/preferences",
    "POST /pm/credentialing/preferences",
    "GET /pm/credentialing/tasks",
    "POST /pm/credentialing/tasks",
    "GET /pm/credentialing/tasks/export.csv",
    "GET /pm/credentialing/workflows",
    "GET /pm/credentialing/workflows/export.csv",
    "POST /pm/credentials",
    "GET /pm/credentials/new",
    "GET /pm/credentials/renewals/{renewal_id}",
    "POST /pm/credentials/renewals/{renewal_id}/approve",
    "POST /pm/credentials/renewals/{renewal_id}/reject",
    "GET /pm/credentials/{credential_id}",
    "POST /pm/credentials/{credential_id}",
    "GET /pm/credentials/{credential_id}/archive",
    "POST /pm/credentials/{credential_id}/archive",
    "GET /pm/credentials/{credential_id}/edit",
    "GET /pm/credentials/{credential_id}/renew",
    "POST /pm/credentials/{credential_id}/renew",
    "GET /pm/inbox/expiring",
    "POST /pm/inbox/expiring",
    "GET /pm/inbox/expiring/export.csv",
    "GET /pm/inbox/review",
    "GET /pm/inbox/review/export.csv",
    "GET /pm/payers",
    "POST /pm/payers",
    "GET /pm/payers/export.csv",
    "GET /pm/payers/new",
    "GET /pm/payers/{payer_id}",
    "POST /pm/payers/{payer_id}",
    "GET /pm/payers/{payer_id}/archive",
    "POST /pm/payers/{payer_id}/archive",
    "GET /pm/payers/{payer_id}/edit",
    "GET /pm/payers/{payer_id}/workflow",
    "POST /pm/payers/{payer_id}/workflow",
    "GET /pm/payers/{payer_id}/workflow/drop",
    "POST /pm/payers/{payer_id}/workflow/drop",
    "GET /pm/providers",
    "POST /pm/providers",
    "GET /pm/providers/export.csv",
    "GET /pm/providers/new",
    "GET /pm/providers/{provider_id}",
    "POST /pm/providers/{provider_id}",
    "GET /pm/providers/{provider_id}/archive",
    "POST /pm/providers/{provider_id}/archive",
    "GET /pm/providers/{provider_id}/edit",
}
"""The portal's pages about records."""
