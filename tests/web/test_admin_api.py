"""`/api/admin` as the customer names it: every route, its answers, its refusals, its description."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from gate.auth.permissions import PERMISSIONS_OF, Permission, Role
from gate.clock import system_clock
from tests.support.admin_api import AdminProgram, admin_program, new_npi
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)
TODAY = system_clock().date()
NOBODY = "0192e0a0-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(loop_scope="module")
async def office(gate: GateInProcess) -> AsyncIterator[AdminProgram]:
    async with admin_program(gate, f"office-{next(_numbers)}") as program:
        yield program


async def three_payers(office: AdminProgram) -> list[Any]:
    """Of the three workflow types, by name."""
    payers = []
    for kind in ("excel_submission", "instant_network", "online_portal"):
        payer = await office.payer(f"Payer by {kind}")
        body = {"workflow_type": kind, "typical_approval_days": 30}
        assert (await office.ask("PUT", f"/payers/{payer['id']}/workflow", body)).data["workflow_type"] == kind
        payers.append(payer)
    return payers


async def test_from_a_new_provider_to_a_contract_as_the_customer_s_checklist_has_it(office: AdminProgram) -> None:
    provider, payers = await office.provider(), await three_payers(office)
    ids = [payer["id"] for payer in payers]

    made = await office.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": ids})
    assert (made["tasksCreated"], made["applicationsCreated"]) == (9, 3)
    assert [set(detail) for detail in made["details"]] == [
        {"payerId", "payerName", "taskCount", "applicationId", "alreadyCredentialing"}
    ] * 3
    shown = await office.get(f"/providers/{provider['id']}/credentialing-dashboard")
    task = shown["payers"][1]["tasks"][0]
    changed = await office.patch(
        f"/credentialing-tasks/{task['id']}",
        {
            "task_status": "completed",
            "notes": "Application submitted successfully",
            "assigned_to": "admin@example.com",
            "application_id": "APP-12345",
            "due_date": "2025-11-15",
        },
    )
    assert (changed["completed_date"], changed["application_id"]) == (str(TODAY), "APP-12345")
    application = f"/credentialing-applications/{made['details'][1]['applicationId']}"
    await office.patch(application, {"application_status": "submitted", "payer_application_id": "APP-12345"})
    approved = await office.patch(application, {"application_status": "approved", "effective_date": "2025-12-01"})

    assert approved["application"]["approval_date"] == str(TODAY)
    assert [event["to_status"] for event in approved["history"]] == ["not_started", "submitted", "approved"]
    (contract,) = await office.get("/contracts", providerId=provider["id"])
    assert (contract["payer_id"], contract["effective_date"]) == (ids[1], "2025-12-01")
    (listed,) = await office.get("/enrollments", search=provider["npi"], status="enrolled")
    assert listed["payer_name"] == payers[1]["name"]
    shown = await office.get(f"/providers/{provider['id']}/credentialing-dashboard")
    assert shown["overall_stats"] == {
        "total_payers": 3,
        "total_tasks": 9,
        "completed_tasks": 1,
        "in_progress_payers": 2,
        "approved_payers": 1,
        "pending_approval": 0,
    }
    row = shown["payers"][1]
    assert (row["application_status"], row["completion_percentage"]) == ("approved", 100)
    assert {"id", "first_name", "last_name", "role", "npi"} <= shown["provider"].keys()


async def test_selection_stats_hold_what_the_customer_s_page_reads(office: AdminProgram) -> None:
    provider = await office.provider(is_attending=True)
    await office.payer(
        requires_individual_contract=True,
        allows_supervised=True,
        requires_attending=True,
        supervision_level="sign_off_only",
        current_census=15,
    )

    (plain,) = await office.get("/payers/selection-stats")
    (own,) = await office.get("/payers/selection-stats", providerId=provider["id"])

    del plain["id"]
    assert plain == {
        "name": "Molina Healthcare of Utah",
        "payer_type": "medicaid",
        "state": "UT",
        "requires_individual_contract": True,
        "allows_supervised": True,
        "requires_attending": True,
        "supervision_level": "sign_off_only",
        "total_contracts": 0,
        "bookable_providers": 0,
        "current_census": 15,
        "workflow_type": "online_portal",
        "typical_approval_days": None,
        "already_credentialing": False,
        "already_contracted": False,
        "is_recommended": False,
        "has_tasks": False,
    }
    assert own["is_recommended"] is True


async def test_selection_stats_are_narrowed_sorted_and_paged(office: AdminProgram) -> None:
    for name, census in (("Aetna", 5), ("Cigna", 9), ("Molina", 7)):
        await office.payer(name, current_census=census, requires_individual_contract=name == "Molina")

    first = await office.ask("GET", "/payers/selection-stats", sort="census", descending="true", pageSize=2)
    rest = await office.get(
        "/payers/selection-stats",
        sort="census",
        descending="true",
        pageSize=2,
        pageToken=first.body["next_page_token"],
    )
    portal = await office.get("/payers/selection-stats", workflow="online_portal")

    assert [row["name"] for row in (*first.data, *rest)] == ["Cigna", "Molina", "Aetna"]
    assert [row["name"] for row in portal] == ["Molina"]
    assert [row["name"] for row in await office.get("/payers/selection-stats", search="gn")] == ["Cigna"]
    assert await office.get("/payers/selection-stats", standing="contracted") == []
    assert (await office.ask("GET", "/payers/selection-stats", sort="colour")).status == 400


async def test_tasks_are_read_changed_together_and_removed(office: AdminProgram) -> None:
    provider, payers = await office.provider(), await three_payers(office)
    await office.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": [payers[0]["id"]]})
    tasks = await office.get("/credentialing-tasks")
    ids = [task["id"] for task in tasks]

    changed = await office.patch(
        "/credentialing-tasks", {"taskIds": ids, "change": {"task_status": "blocked", "assigned_to": "bob"}}
    )

    assert {task["task_status"] for task in changed} == {"blocked"}
    assert len(await office.get("/credentialing-tasks", assignedTo="bob", status="blocked")) == 4
    assert (await office.ask("DELETE", f"/credentialing-tasks/{ids[0]}")).data == {"id": ids[0]}
    assert (await office.ask("GET", f"/credentialing-tasks/{ids[0]}")).status == 404
    assert (await office.get(f"/credentialing-tasks/{ids[1]}"))["assigned_to"] == "bob"


async def test_lists_come_in_pages(office: AdminProgram) -> None:
    for _ in range(3):
        await office.provider()
    first = await office.ask("GET", "/providers", pageSize=2)
    second = await office.ask("GET", "/providers", pageSize=2, pageToken=first.body["next_page_token"])

    assert len({provider["id"] for provider in (*first.data, *second.data)}) == 3
    assert second.body["next_page_token"] == ""
    for wrong in ({"pageSize": -1}, {"pageSize": "x"}, {"pageToken": "nonsense"}):
        assert (await office.ask("GET", "/providers", **wrong)).status == 400


async def test_records_are_changed_and_archived(office: AdminProgram) -> None:
    provider, payer = await office.provider(), await office.payer()
    enrollment = await office.post(
        "/enrollments", {"provider_id": provider["id"], "payer_id": payer["id"], "status": "enrolled"}
    )
    path = f"/enrollments/{enrollment['id']}"
    due = str(TODAY + timedelta(days=7))

    assert (await office.patch(path, {"recert_due_on": due}))["recert_due_on"] == due
    (deadline,) = await office.get("/credentialing-deadlines")
    assert (deadline["days_remaining"], deadline["is_urgent"]) == (7, True)
    assert (await office.patch("/credentialing-preferences", {"recred_alert_lead_days": 3}))["time_zone"] == "UTC"
    assert await office.get("/credentialing-deadlines") == []
    assert (await office.get("/credentialing-preferences"))["recred_alert_lead_days"] == 3
    for archived in (path, f"/payers/{payer['id']}", f"/providers/{provider['id']}"):
        assert (await office.ask("DELETE", archived)).status == 200
        assert (await office.ask("GET", archived)).status == 404
    assert await office.get("/enrollments") == []


async def test_a_workflow_and_a_contract_are_kept_and_taken_back(office: AdminProgram) -> None:
    provider, payer = await office.provider(), await office.payer()
    workflow = f"/payers/{payer['id']}/workflow"
    template = {"title": "Update CAQH profile", "description": "keep current", "order": 1, "estimated_days": 1}
    body = {"workflow_type": "online_portal", "task_templates": [template]}
    assert (await office.ask("GET", workflow)).status == 404
    assert (await office.ask("PUT", workflow, body)).data["task_templates"] == [template | {"task_type": "custom"}]
    assert (await office.get(workflow))["workflow_type"] == "online_portal"
    assert (await office.ask("DELETE", workflow)).status == 200

    ids = {"provider_id": provider["id"], "payer_id": payer["id"]}
    contract = await office.post("/contracts", {**ids, "effective_date": "2020-01-01"})
    assert (await office.patch(f"/contracts/{contract['id']}", {"end_date": "2020-12-31"}))["end_date"] == "2020-12-31"
    assert (await office.ask("POST", "/contracts", {**ids, "effective_date": "2021-01-01"})).status == 409


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"first_name": "Jane", "last_name": "Doe", "npi": "1234567890"}, ["npi"]),
        ({"first_name": "Jane", "last_name": "Doe", "npi": 5}, ["npi"]),
        ({"first_name": "Jane", "last_name": "Doe", "npi": "1234567893", "states": ["TX", 1]}, ["states[1]"]),
        ({"first_name": "Jane"}, ["last_name"]),
        ({"first_name": "Jane", "last_name": "Doe", "npi": "1234567893", "colour": "red"}, ["body"]),
        ([], ["body"]),
    ],
)
async def test_what_does_not_fit_is_refused_by_field(office: AdminProgram, body: object, fields: list[str]) -> None:
    refusal = await office.ask("POST", "/providers", body)

    assert refusal.status == 400
    assert [error["field"] for error in refusal.body["errors"]] == fields


async def test_a_denial_without_reason_and_a_second_approval_of_what_was_denied_are_refused(
    office: AdminProgram,
) -> None:
    provider, payer = await office.provider(), await office.payer()
    made = await office.post("/credentialing-applications", {"provider_id": provider["id"], "payer_id": payer["id"]})
    path = f"/credentialing-applications/{made['id']}"

    assert (await office.ask("PATCH", path, {"application_status": "denied"})).status == 400
    final = {"application_status": "denied", "denial_reason": "closed panel", "reapplication_eligible": False}
    assert (await office.patch(path, final))["application"]["application_status"] == "denied"
    assert (await office.ask("PATCH", path, {"application_status": "submitted"})).status == 409
    assert [each["application"]["id"] for each in await office.get("/credentialing-applications", status="denied")] == [
        made["id"]
    ]
    assert await office.get("/credentialing-applications", overdue="true") == []
    assert (await office.ask("DELETE", path)).status == 200
    assert (await office.ask("GET", path)).status == 404


async def test_pm_admin_guards_the_routes_and_the_others_what_is_seen_and_done(gate: GateInProcess) -> None:
    for role in Role:
        async with admin_program(gate, f"office-of-{role.value}", role) as office:
            seen = (await office.ask("GET", "/providers")).status == 200
            body = {"first_name": "Jane", "last_name": "Doe", "npi": new_npi()}
            done = (await office.ask("POST", "/providers", body)).status == 200
        held = PERMISSIONS_OF[role]
        admits = Permission.PRACTICE_ADMIN in held
        assert seen == (admits and Permission.CREDENTIALING_VIEW in held), role
        assert done == (admits and Permission.CREDENTIALING_MANAGE in held), role


async def test_bodies_that_are_no_json_or_too_large_are_refused(office: AdminProgram) -> None:
    for data, status in ((b"{", 400), (b"\xff", 400), (b"[" * 100_000, 400), (b" " * 300_000, 413)):
        assert await _posted(office, data) == status


async def _posted(office: AdminProgram, data: bytes) -> int:
    async with office._session.post(f"{office._url}/api/admin/providers", data=data, headers=office._headers) as answer:
        return answer.status


async def test_ids_that_nothing_could_have_are_not_found(office: AdminProgram) -> None:
    for record_id in (NOBODY, "x", "%00", "..%2f..", "ü"):
        for path in ("providers", "payers", "enrollments", "credentialing-applications", "credentialing-tasks"):
            assert (await office.ask("GET", f"/{path}/{record_id}")).status == 404


async def test_figures_the_library_the_calendar_and_mismatches_are_served(office: AdminProgram) -> None:
    provider, payer = await office.provider(states=["UT"]), await office.payer()
    await office.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": [payer["id"]]})
    (task,) = await office.get("/credentialing-tasks")
    await office.patch(f"/credentialing-tasks/{task['id']}", {"assigned_to": "ann"})
    await office.post(
        "/contracts", {"provider_id": provider["id"], "payer_id": payer["id"], "effective_date": "2020-01-01"}
    )

    summary = await office.get("/credentialing-pipeline")
    assert (summary["total"], summary["statuses"][0]) == (1, {"application_status": "not_started", "applications": 1})
    (durations,) = await office.get("/credentialing-durations")
    assert (durations["payer_name"], durations["statuses"]) == (payer["name"], [])
    template = (await office.get("/credentialing-workflow-templates"))[0]
    assert (await office.ask("PUT", f"/payers/{payer['id']}/workflow", template["workflow"])).status == 200
    for query, holds in (({"coordinator": "ann"}, True), ({}, False)):
        feed = await office.ask("GET", "/credentialing-calendar.ics", **query)
        assert feed.status == 200
        assert feed.body.startswith("BEGIN:VCALENDAR")
        assert (task["id"] in feed.body.replace("\r\n ", "")) == holds
    (mismatch,) = await office.get("/credentialing-mismatches")
    assert (mismatch["kind"], mismatch["state"], mismatch["npi"]) == ("not_verified", "UT", provider["npi"])


async def test_the_description_tells_every_body_and_every_answer(gate: GateInProcess, office: AdminProgram) -> None:
    async with office._session.get(f"{gate.http_url}/api/openapi.json") as answer:
        described = await answer.json()
    operations = {
        (method, path): operation
        for path, methods in described["paths"].items()
        if path.startswith("/api/admin/")
        for method, operation in methods.items()
    }

    assert len(operations) > 30
    for (method, path), operation in operations.items():
        assert "422" not in operation["responses"], path
        kind = "text/calendar" if path.endswith(".ics") else "application/json"
        assert operation["responses"]["200"]["content"][kind]["schema"], path
        takes = method in {"post", "put", "patch"} and not path.endswith(("/approve", "/reverification"))
        assert ("requestBody" in operation) == takes, path
    assert described["components"]["schemas"]["Provider"]["properties"].keys() >= {"npi", "first_name"}
