"""The gRPC service `Credentialing` of a running gate: from a provider to a contract, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from gate.clock import system_clock
from gate.v1 import credentialing_pb2 as pb
from tests.e2e.providers import ATTESTED, ENROLLED, TERMINATED, UNKNOWN, few_providers
from tests.support.admin_api import new_npi
from tests.support.callers import CALL_SECONDS, Caller, as_message, claim, fields_in, status_in
from tests.support.gates import GateInProcess, running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

TODAY = as_message(system_clock().date())
NOBODY = "0192e0a0-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate"), population=few_providers()) as running:
        yield running


async def ask(caller: Caller, name: str, **fields: Any) -> Any:
    request = getattr(pb, f"{name}Request")(**fields)
    return await getattr(caller.credentialing, name)(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def refused(caller: Caller, name: str, **fields: Any) -> tuple[grpc.StatusCode, list[str]]:
    """How the call is refused, and which fields it names."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await ask(caller, name, **fields)
    return refusal.value.code(), fields_in(status_in(refusal.value))


async def a_provider(caller: Caller, **fields: Any) -> pb.Provider:
    told = pb.Provider(**{"first_name": "Jane", "last_name": "Doe", "npi": new_npi(), **fields})
    made: pb.CreateProviderResponse = await ask(caller, "CreateProvider", provider=told)
    return made.provider


async def a_payer(caller: Caller, **fields: Any) -> pb.Payer:
    told = pb.Payer(**{"name": "Molina", "payer_type": pb.PAYER_TYPE_MEDICAID, "state": "UT", **fields})
    made: pb.CreatePayerResponse = await ask(caller, "CreatePayer", payer=told)
    return made.payer


async def test_from_a_provider_to_a_contract(caller: Caller) -> None:
    provider = await a_provider(caller, taxonomies=["2084P0800X"], is_attending=True)
    payer = await a_payer(caller, requires_attending=True)
    workflow = pb.PayerWorkflow(
        payer_id=payer.id,
        workflow_type=pb.WORKFLOW_TYPE_ONLINE_PORTAL,
        typical_approval_days=30,
        task_templates=[pb.TaskTemplate(title="Second", order=2), pb.TaskTemplate(title="First", order=1)],
    )
    assert (await ask(caller, "SetPayerWorkflow", workflow=workflow)).workflow.typical_approval_days == 30
    (row,) = (await ask(caller, "ListPayerStatistics", provider_id=provider.id)).payers
    assert (row.is_recommended, row.typical_approval_days) == (True, 30)
    await a_payer(caller, name="Regence", current_census=9)
    listed = await ask(
        caller, "ListPayerStatistics", search="e", sort=pb.PAYER_SORT_CENSUS, is_descending=True, page_size=1
    )
    assert ([row.name for row in listed.payers], bool(listed.next_page_token)) == (["Regence"], False)
    recommended = await ask(
        caller, "ListPayerStatistics", provider_id=provider.id, standing=pb.PAYER_STANDING_RECOMMENDED
    )
    assert [row.name for row in recommended.payers] == ["Molina"]

    made = await ask(caller, "CredentialPayers", provider_id=provider.id, payer_ids=[payer.id])
    assert (made.tasks_created, made.applications_created, made.details[0].task_count) == (2, 1, 2)
    application_id = made.details[0].application_id
    tasks = (await ask(caller, "GetCredentialingDashboard", provider_id=provider.id)).dashboard.payers[0].tasks
    assert [task.title for task in tasks] == ["First", "Second"]
    done = await ask(
        caller,
        "UpdateTasks",
        task_ids=[task.id for task in tasks],
        task=pb.CredentialingTask(task_status=pb.TASK_STATUS_COMPLETED, assigned_to="ann"),
        update_mask=FieldMask(paths=["task_status", "assigned_to"]),
    )
    assert [task.completed_date for task in done.tasks] == [TODAY] * 2
    for status in (pb.APPLICATION_STATUS_SUBMITTED, pb.APPLICATION_STATUS_APPROVED):
        moved = await ask(
            caller,
            "UpdateApplication",
            application=pb.PayerApplication(id=application_id, application_status=status),
            update_mask=FieldMask(paths=["application_status"]),
            recert_due_on=TODAY,
        )

    assert [event.to_status for event in moved.application.history][-1] == pb.APPLICATION_STATUS_APPROVED
    assert moved.application.history[0].from_status == pb.APPLICATION_STATUS_UNSPECIFIED
    (contract,) = (await ask(caller, "ListContracts", payer_id=payer.id)).contracts
    assert (contract.application_id, contract.effective_date) == (application_id, TODAY)
    (deadline,) = (await ask(caller, "ListDeadlines")).deadlines
    assert (deadline.days_remaining, deadline.is_urgent, deadline.provider_name) == (0, True, "Jane Doe")
    stats = (await ask(caller, "GetCredentialingDashboard", provider_id=provider.id)).dashboard.overall_stats
    assert (stats.total_payers, stats.completed_tasks, stats.approved_payers) == (1, 2, 1)


async def test_what_is_unset_in_a_new_record_has_its_default(caller: Caller) -> None:
    plain, resting = await a_provider(caller), await a_provider(caller, is_bookable=False)

    assert (plain.is_bookable, resting.is_bookable) == (True, False)
    assert (await a_payer(caller, payer_type=0)).payer_type == pb.PAYER_TYPE_OTHER


async def test_an_update_changes_what_its_mask_names_and_clears_what_is_unset(caller: Caller) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    told = pb.ProviderEnrollment(
        provider_id=provider.id, payer_id=payer.id, notes="first", coordinator="ann", recert_due_on=TODAY
    )
    made = (await ask(caller, "CreateEnrollment", enrollment=told)).enrollment

    change = pb.ProviderEnrollment(id=made.id, notes="second", coordinator="bob")
    mask = FieldMask(paths=["notes", "recert_due_on"])
    await ask(caller, "UpdateEnrollment", enrollment=change, update_mask=mask)

    kept = (await ask(caller, "GetEnrollment", enrollment_id=made.id)).enrollment.enrollment
    assert (kept.notes, kept.coordinator, kept.HasField("recert_due_on")) == ("second", "ann", False)
    assert (kept.npi, kept.status) == (provider.npi, pb.PROVIDER_ENROLLMENT_STATUS_PENDING)


@pytest.mark.parametrize(
    ("paths", "change", "field"),
    [
        ([], {}, "update_mask"),
        (["id"], {}, "update_mask"),
        (["no_such_field"], {}, "update_mask"),
        (["provider_id"], {"provider_id": NOBODY}, "update_mask"),
        (["status"], {}, "status"),
        (["status"], {"status": 99}, "enrollment.status"),
        (["npi"], {"npi": "1234567890"}, "npi"),
    ],
)
async def test_an_update_that_does_not_fit_is_refused_by_field(
    caller: Caller, paths: list[str], change: dict[str, Any], field: str
) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    told = pb.ProviderEnrollment(provider_id=provider.id, payer_id=payer.id)
    made = (await ask(caller, "CreateEnrollment", enrollment=told)).enrollment

    refusal = await refused(
        caller,
        "UpdateEnrollment",
        enrollment=pb.ProviderEnrollment(id=made.id, **change),
        update_mask=FieldMask(paths=paths),
    )

    assert refusal == (grpc.StatusCode.INVALID_ARGUMENT, [field])


async def test_what_is_required_is_named(caller: Caller) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    contract = pb.PayerContract(provider_id=provider.id, payer_id=payer.id)
    invalid = grpc.StatusCode.INVALID_ARGUMENT

    assert await refused(caller, "CreateContract", contract=contract) == (invalid, ["effective_date"])
    workflow = pb.PayerWorkflow(payer_id=payer.id)
    assert await refused(caller, "SetPayerWorkflow", workflow=workflow) == (invalid, ["workflow_type"])
    assert (await refused(caller, "CreateProvider"))[1] == ["first_name", "last_name", "npi"]


async def test_records_are_listed_changed_and_archived(caller: Caller) -> None:
    provider, payer = await a_provider(caller, last_name="Zoe"), await a_payer(caller)
    mask = FieldMask(paths=["role"])
    change = pb.Provider(id=provider.id, role="Psychiatrist")
    assert (await ask(caller, "UpdateProvider", provider=change, update_mask=mask)).provider.role == "Psychiatrist"
    renamed = pb.Payer(id=payer.id, name="Regence")
    await ask(caller, "UpdatePayer", payer=renamed, update_mask=FieldMask(paths=["name"]))
    assert (await ask(caller, "GetPayer", payer_id=payer.id)).payer.name == "Regence"
    told = pb.PayerApplication(provider_id=provider.id, payer_id=payer.id, assigned_to="ann")
    application = (await ask(caller, "CreateApplication", application=told)).application
    contract = pb.PayerContract(provider_id=provider.id, payer_id=payer.id, effective_date=TODAY)
    contract = (await ask(caller, "CreateContract", contract=contract)).contract
    contract.end_date.CopyFrom(TODAY)
    ended = await ask(caller, "UpdateContract", contract=contract, update_mask=FieldMask(paths=["end_date"]))
    assert ended.contract.end_date == TODAY

    (listed,) = (await ask(caller, "ListApplications", provider_id=provider.id)).applications
    assert (listed.application.id, listed.payer_name) == (application.id, "Regence")
    assert not (await ask(caller, "ListApplications", application_status=pb.APPLICATION_STATUS_DENIED)).applications
    assert [each.last_name for each in (await ask(caller, "ListProviders", search="zo")).providers] == ["Zoe"]
    for kind, record_id in (("application", application.id), ("provider", provider.id), ("payer", payer.id)):
        name = kind.capitalize()
        await ask(caller, f"Archive{name}", **{f"{kind}_id": record_id})
        status, _ = await refused(caller, f"Get{name}", **{f"{kind}_id": record_id})
        assert status is grpc.StatusCode.NOT_FOUND
    assert not (await ask(caller, "ListPayers")).payers


async def test_preferences_are_the_tenant_s_own(caller: Caller) -> None:
    change = pb.CredentialingPreferences(recred_alert_lead_days=30)
    mask = FieldMask(paths=["recred_alert_lead_days"])
    await ask(caller, "UpdatePreferences", preferences=change, update_mask=mask)

    kept = (await ask(caller, "GetPreferences")).preferences
    assert (kept.recred_alert_lead_days, kept.time_zone) == (30, "UTC")


async def test_tasks_are_listed_read_and_removed(caller: Caller) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    await ask(caller, "CredentialPayers", provider_id=provider.id, payer_ids=[payer.id])
    (task,) = (await ask(caller, "ListTasks", task_status=pb.TASK_STATUS_PENDING)).tasks

    assert (task.payer_name, task.provider_name) == (payer.name, "Jane Doe")
    for name in ("payer_name", "provider_name"):
        task.ClearField(name)
    assert (await ask(caller, "GetTask", task_id=task.id)).task == task
    for wanted, found in (({"is_open": True}, 1), ({"is_overdue": True}, 0), ({"payer_id": provider.id}, 0)):
        assert len((await ask(caller, "ListTasks", **wanted)).tasks) == found, wanted
    await ask(caller, "ArchiveTask", task_id=task.id)
    assert await refused(caller, "GetTask", task_id=task.id) == (grpc.StatusCode.NOT_FOUND, [])


async def test_a_credential_is_kept_found_when_it_expires_and_renewed_after_a_review(caller: Caller) -> None:
    provider = await a_provider(caller, caqh_attested_on=TODAY)
    assert provider.caqh_attested_on == TODAY
    told = pb.Credential(provider_id=provider.id, kind=pb.CREDENTIAL_KIND_DEA, number="FD1", expires_on=TODAY)
    kept = (await ask(caller, "CreateCredential", credential=told)).credential
    later = Date(year=TODAY.year + 2, month=TODAY.month, day=min(TODAY.day, 28))
    draft = pb.Renewal(expires_on=later, document_reference="dea.pdf")

    (listed,) = (await ask(caller, "ListExpiringCredentials")).credentials
    assert (listed.credential.id, listed.provider_name) == (kept.id, "Jane Doe")
    assert (listed.days_remaining, listed.tier) == (0, 30)
    first = (await ask(caller, "SubmitRenewal", credential_id=kept.id, renewal=draft)).renewal
    rejected = (await ask(caller, "RejectRenewal", renewal_id=first.id, reason="blurred")).renewal
    assert (rejected.status, rejected.rejection_reason) == (pb.RENEWAL_STATUS_REJECTED, "blurred")
    second = (await ask(caller, "SubmitRenewal", credential_id=kept.id, renewal=draft)).renewal
    (waiting,) = (await ask(caller, "ListRenewals", status=pb.RENEWAL_STATUS_SUBMITTED)).renewals
    assert (waiting.renewal.id, waiting.credential.expires_on) == (second.id, TODAY)
    assert (await ask(caller, "ApproveRenewal", renewal_id=second.id)).credential.expires_on == later
    assert not (await ask(caller, "ListExpiringCredentials", within_days=365)).credentials
    assert (await refused(caller, "ApproveRenewal", renewal_id=second.id))[0] is grpc.StatusCode.FAILED_PRECONDITION
    detail = (await ask(caller, "GetCredential", credential_id=kept.id)).credential
    assert [renewal.id for renewal in detail.renewals] == [second.id, first.id]
    mask = FieldMask(paths=["issuer"])
    own = pb.Credential(id=kept.id, issuer="DEA")
    assert (await ask(caller, "UpdateCredential", credential=own, update_mask=mask)).credential.issuer == "DEA"
    await ask(caller, "ArchiveCredential", credential_id=kept.id)
    assert not (await ask(caller, "ListCredentials", provider_id=provider.id)).credentials


async def test_deadlines_are_assigned_put_off_and_re_verified(caller: Caller) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    told = pb.ProviderEnrollment(
        provider_id=provider.id, payer_id=payer.id, status=pb.PROVIDER_ENROLLMENT_STATUS_ENROLLED, recert_due_on=TODAY
    )
    one = (await ask(caller, "CreateEnrollment", enrollment=told)).enrollment.id
    week = as_message(system_clock().date() + timedelta(days=7))

    await ask(caller, "AssignDeadlines", enrollment_ids=[one], coordinator="ann")
    assert len((await ask(caller, "ListDeadlines", coordinator="ann")).deadlines) == 1
    await ask(caller, "SnoozeDeadlines", enrollment_ids=[one], until=week)
    assert not (await ask(caller, "ListDeadlines")).deadlines
    (put_off,) = (await ask(caller, "ListDeadlines", is_snoozed=True)).deadlines
    assert put_off.enrollment.snoozed_until == week
    await ask(caller, "SnoozeDeadlines", enrollment_ids=[one])
    assert len((await ask(caller, "ListDeadlines")).deadlines) == 1
    started = await ask(caller, "StartReverification", enrollment_id=one)
    assert (started.tasks_created, started.was_under_way) == (1, False)
    assert (await refused(caller, "SnoozeDeadlines", enrollment_ids=[one], until=TODAY))[1] == ["snoozed_until"]


async def test_the_library_the_pipeline_and_how_long_things_take(caller: Caller) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    await ask(caller, "CredentialPayers", provider_id=provider.id, payer_ids=[payer.id])
    (listed,) = (await ask(caller, "ListApplications")).applications
    submitted = pb.PayerApplication(
        id=listed.application.id, application_status=pb.APPLICATION_STATUS_SUBMITTED, assigned_to="ann"
    )
    mask = FieldMask(paths=["application_status"])
    await ask(caller, "UpdateApplication", application=submitted, update_mask=mask)

    templates = (await ask(caller, "ListWorkflowTemplates")).templates
    chosen = next(each for each in templates if each.payer_type == pb.PAYER_TYPE_MEDICARE).workflow
    chosen.payer_id = payer.id
    assert (await ask(caller, "SetPayerWorkflow", workflow=chosen)).workflow.task_templates == chosen.task_templates
    summary = (await ask(caller, "GetPipelineSummary")).summary
    assert (summary.total, len(summary.statuses)) == (1, 8)
    (durations,) = (await ask(caller, "ListDurations")).payers
    assert [(each.application_status, each.stays) for each in durations.statuses] == [
        (pb.APPLICATION_STATUS_NOT_STARTED, 1)
    ]


async def test_a_calendar_is_one_coordinator_s(caller: Caller) -> None:
    provider, payer = await a_provider(caller), await a_payer(caller)
    await ask(caller, "CredentialPayers", provider_id=provider.id, payer_ids=[payer.id])
    (task,) = (await ask(caller, "ListTasks")).tasks
    own, mask = pb.CredentialingTask(assigned_to="ann"), FieldMask(paths=["assigned_to"])
    await ask(caller, "UpdateTasks", task_ids=[task.id], task=own, update_mask=mask)

    assert f"task-{task.id}@" in (await ask(caller, "GetCalendar", coordinator="ann")).calendar
    assert "VEVENT" not in (await ask(caller, "GetCalendar", coordinator="bob")).calendar


async def test_contracts_are_held_against_what_the_gate_heard_of_medicaid(checked: Caller) -> None:
    payer = await a_payer(checked, state="TX")
    never_asked, not_verified = new_npi(), pb.MISMATCH_KIND_NOT_VERIFIED
    names = {
        ENROLLED: "Enrolled",
        TERMINATED: "Terminated",
        UNKNOWN: "Unknown",
        ATTESTED: "National",
        never_asked: "Never",
    }
    for npi, name in names.items():
        provider = await a_provider(checked, npi=npi, last_name=name, states=["CA"])
        contract = pb.PayerContract(provider_id=provider.id, payer_id=payer.id, effective_date=TODAY)
        await ask(checked, "CreateContract", contract=contract)

    async def found() -> dict[str, int]:
        rows = (await ask(checked, "ListMismatches")).mismatches
        return {row.provider_name.removeprefix("Jane "): row.kind for row in rows}

    assert await found() == dict.fromkeys(names.values(), not_verified)
    for npi in set(names) - {never_asked}:
        await checked.check(claim(npi))
    expected = {
        "Terminated": pb.MISMATCH_KIND_CONTRACTED_NOT_ENROLLED,
        "Unknown": pb.MISMATCH_KIND_CONTRACTED_NOT_ENROLLED,
        "National": not_verified,
        "Never": not_verified,
    }
    async with asyncio.timeout(CALL_SECONDS):
        while (await found()) != expected:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)
