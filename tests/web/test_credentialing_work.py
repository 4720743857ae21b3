"""The lists that coordinators work through, over real HTTP: tasks, deadlines, what expires, what waits; as files."""

import csv
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from gate.clock import system_clock
from tests.support.admin_api import AdminProgram, admin_program
from tests.support.gates import GateInProcess
from tests.support.visitors import hire, visitor
from tests.web.routes import unsafe_routes
from tests.web.test_credentialing_pages import NOBODY, Clinic, enrolled, seen

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)
TODAY = system_clock().date()
TASKS, DEADLINES, EXPIRING = "/pm/credentialing/tasks", "/pm/credentialing/deadlines", "/pm/inbox/expiring"


@pytest_asyncio.fixture(loop_scope="module")
async def clinic(gate: GateInProcess) -> AsyncIterator[Clinic]:
    """An organisation without a record yet."""
    name = f"working-{next(_numbers)}"
    await hire(gate.settings, f"ann@{name}", {name: Role.COORDINATOR})
    async with visitor(gate.http_url) as browser, admin_program(gate, name) as program:
        await browser.sign_in(f"ann@{name}")
        yield Clinic(browser, program)


def day(ahead: int) -> str:
    return str(TODAY + timedelta(days=ahead))


async def some_tasks(program: AdminProgram) -> list[Any]:
    """Four of one provider with one payer."""
    provider, payer = await program.provider(), await program.payer("Molina")
    await program.ask("PUT", f"/payers/{payer['id']}/workflow", {"workflow_type": "online_portal"})
    await program.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": [payer["id"]]})
    tasks: list[Any] = await program.get("/credentialing-tasks")
    return tasks


async def a_credential(program: AdminProgram, **fields: Any) -> Any:
    provider = await program.provider()
    body = {"provider_id": provider["id"], "kind": "license", "number": "UT-1", "expires_on": day(20), **fields}
    return await program.post("/credentials", body)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


async def test_tasks_of_all_providers_are_listed_with_names_and_narrowed_by_the_address(clinic: Clinic) -> None:
    assert "No tasks" in await seen(clinic.browser, TASKS)
    first, second, third, _ = await some_tasks(clinic.program)
    mine = {"assigned_to": (await clinic.program.get("/credentialing-tasks"))[0]["assigned_to"]}
    await clinic.program.patch(f"/credentialing-tasks/{first['id']}", {"due_date": day(-3)})
    await clinic.program.patch(f"/credentialing-tasks/{second['id']}", {"task_status": "completed"})
    await clinic.program.patch(f"/credentialing-tasks/{third['id']}", {"due_date": None})

    page = await seen(clinic.browser, TASKS)
    assert mine == {"assigned_to": ""}
    assert "Jane Doe" in page
    assert "<small>Molina</small>" in page
    assert (first["title"] in page, second["title"] in page, third["title"] in page) == (True, False, False)
    assert "3 days overdue" in page
    for query, titles in {
        "due=overdue": {first["title"]},
        "status=completed": {second["title"]},
        "due=none": {third["title"]},
        "who=me": set(),
        "who=bob": set(),
        f"payer={NOBODY}": set(),
        "payer=nonsense": set(),
    }.items():
        page = await seen(clinic.browser, f"{TASKS}?{query}")
        assert {each["title"] for each in (first, second, third) if each["title"] in page} == titles, query
        assert ("No tasks match the current filters." in page) == (not titles), query


async def test_ticked_tasks_of_several_providers_are_given_to_somebody_and_the_filter_stays(clinic: Clinic) -> None:
    tasks = [*await some_tasks(clinic.program)]
    await some_tasks(clinic.program)
    every = await clinic.program.get("/credentialing-tasks")
    ticked = {f"row-{task['id']}": "on" for task in every}
    answer = await clinic.browser.submit(
        TASKS, TASKS, assigned_to="bob", task_status="in_progress", **{"back-who": "nobody"}, **ticked
    )

    assert (answer.status, answer.location) == (303, f"{TASKS}?who=nobody&done=tasks-changed")
    after = await clinic.program.get("/credentialing-tasks", assignedTo="bob", status="in_progress")
    assert len(after) == len(every) == 2 * len(tasks)
    refused = await clinic.browser.submit(TASKS, TASKS, **{"back-who": "bob"}, **ticked)
    assert (refused.status, "choose what is to change" in refused.text.lower()) == (400, True)
    refused = await clinic.browser.submit(TASKS, TASKS, assigned_to="eve")
    assert (refused.status, "Nothing was changed" in refused.text) == (400, True)


async def test_a_lost_update_of_a_task_is_told_and_nothing_is_overwritten(clinic: Clinic) -> None:
    task, *_ = await some_tasks(clinic.program)
    board = f"/admin/provider-credentialing/{task['provider_id']}"
    page = await seen(clinic.browser, f"{board}?tab=tasks")
    form = re.search(rf'id="more-{task["id"]}".*?name="seen" value="(\w+)"', page, re.DOTALL)
    menu = re.search(rf'tasks/{task["id"]}" class="task-status".*?name="seen" value="(\w+)"', page, re.DOTALL)
    assert form is not None
    assert menu is not None
    await clinic.program.patch(
        f"/credentialing-tasks/{task['id']}", {"notes": "by somebody else", "task_status": "blocked"}
    )

    path = f"{board}/tasks/{task['id']}"
    lost = await clinic.browser.submit(f"{board}?tab=tasks", path, notes="by me", seen=form[1])
    assert (lost.status, "somebody else changed this while you did" in lost.text) == (409, True)
    assert ">by me</textarea>" in lost.text
    lost = await clinic.browser.submit(f"{board}?tab=tasks", path, task_status="completed", seen=menu[1])
    assert lost.status == 409
    kept = await clinic.program.get(f"/credentialing-tasks/{task['id']}")
    assert (kept["notes"], kept["task_status"]) == ("by somebody else", "blocked")


async def test_a_lost_update_of_a_workflow_is_told_and_nothing_is_overwritten(clinic: Clinic) -> None:
    payer = await clinic.program.payer()
    path = f"/pm/payers/{payer['id']}/workflow"
    found = re.search(r'name="seen" value="(\w+)"', await seen(clinic.browser, f"{path}?like=medicare"))
    assert found is not None
    await clinic.program.ask("PUT", f"/payers/{payer['id']}/workflow", {"workflow_type": "excel_submission"})

    lost = await clinic.browser.submit(path, path, workflow_type="online_portal", seen=found[1])
    assert (lost.status, "omebody else changed this while you did" in lost.text) == (409, True)
    kept = await clinic.program.get(f"/payers/{payer['id']}/workflow")
    assert kept["workflow_type"] == "excel_submission"
    again = re.search(r'name="seen" value="(\w+)"', lost.text)
    assert again is not None
    knowing = await clinic.browser.submit(path, path, workflow_type="online_portal", seen=again[1])
    assert knowing.status == 303


async def test_an_application_begun_by_hand_gets_its_tasks_by_the_button(clinic: Clinic) -> None:
    provider, payer = await clinic.program.provider(), await clinic.program.payer("By hand")
    made = await clinic.program.post(
        "/credentialing-applications", {"provider_id": provider["id"], "payer_id": payer["id"]}
    )
    board = f"/admin/provider-credentialing/{provider['id']}"

    page = await seen(clinic.browser, f"{board}?tab=payers")
    assert "In progress, no tasks yet" in page
    box = re.search(rf'<input[^>]*name="payer-{payer["id"]}"[^>]*>', page)
    assert box is not None
    assert "disabled" not in box[0]
    ticked = {f"payer-{payer['id']}": "on"}
    await clinic.browser.submit(f"{board}?tab=payers", f"{board}/credential-payers", **ticked)

    (progress,) = (await clinic.program.get(f"/providers/{provider['id']}/credentialing-dashboard"))["payers"]
    assert (progress["application_id"], progress["total_tasks"]) == (made["id"], 1)
    assert "In progress, no tasks yet" not in await seen(clinic.browser, f"{board}?tab=payers")


async def test_deadlines_are_assigned_put_off_and_brought_back(clinic: Clinic) -> None:
    provider, payer = await clinic.program.provider(), await clinic.program.payer()
    one = await enrolled(clinic.program, provider, payer, recert_due_on=day(5))
    ticked = {f"row-{one}": "on"}

    answer = await clinic.browser.submit(DEADLINES, DEADLINES, assigned_to="bob", snoozed_until="+7", **ticked)
    assert answer.location == f"{DEADLINES}?done=snoozed-deadlines"
    assert "No upcoming deadlines" in await seen(clinic.browser, DEADLINES)
    page = await seen(clinic.browser, f"{DEADLINES}?snoozed=1&who=bob")
    assert f"put off until {day(7)}" in page
    back = {"back-snoozed": "1", "snoozed_until": "now"}
    answer = await clinic.browser.submit(f"{DEADLINES}?snoozed=1", DEADLINES, **back, **ticked)
    assert answer.location == f"{DEADLINES}?snoozed=1&done=woken-deadlines"
    assert "Nothing is put off" in await seen(clinic.browser, f"{DEADLINES}?snoozed=1")
    assert "bob" in await seen(clinic.browser, DEADLINES)
    for wrong in ({"snoozed_until": "+91"}, {"snoozed_until": "never"}, {}):
        refused = await clinic.browser.submit(DEADLINES, DEADLINES, **wrong, **ticked)
        assert (refused.status, "Nothing was changed" in refused.text) == (400, True), wrong
    assert (await clinic.browser.submit(DEADLINES, DEADLINES, assigned_to="bob")).status == 400


async def test_re_verification_is_asked_about_and_leads_to_its_tasks(clinic: Clinic) -> None:
    provider, payer = await clinic.program.provider(), await clinic.program.payer()
    one = await enrolled(clinic.program, provider, payer, recert_due_on=day(5))
    path = f"/pm/credentialing/enrollments/{one}/reverify"

    assert "Start Re-verification" in await seen(clinic.browser, path)
    started = await clinic.browser.submit(path, path)
    assert started.location.endswith("tab=tasks&done=reverification-started")
    assert "Re-verification was started: here are its tasks." in await seen(clinic.browser, started.location)
    assert (await clinic.browser.submit(path, path)).location.endswith("done=reverification-started")
    assert (await clinic.browser.submit(path, path)).location.endswith("done=reverification-under-way")


async def test_r33_a_renewal_is_submitted_reviewed_beside_the_record_and_then_written(clinic: Clinic) -> None:
    kept = await a_credential(clinic.program)
    own = f"/pm/credentials/{kept['id']}"
    assert "No documents waiting." in await seen(clinic.browser, "/pm/inbox/review")

    wrong = await clinic.browser.submit(f"{own}/renew", f"{own}/renew", expires_on=day(1), document_reference="a.pdf")
    assert (wrong.status, "Must be later than" in wrong.text) == (400, True)
    renewed = {"expires_on": day(400), "document_reference": "https://files.example.org/a.pdf", "number": "UT-2"}
    answer = await clinic.browser.submit(f"{own}/renew", f"{own}/renew", **renewed)
    assert answer.location == f"{own}?done=renewal-submitted"
    assert (await clinic.browser.submit(f"{own}/renew", f"{own}/renew", **renewed)).status == 409
    page = await seen(clinic.browser, "/pm/inbox/review")
    assert f"<s>{day(20)}</s> <strong>{day(400)}</strong>" in page
    assert "renewal waits" in await seen(clinic.browser, EXPIRING)
    found = re.search(r"/pm/credentials/renewals/[0-9a-f-]{36}", page)
    assert found is not None
    assert (await clinic.browser.submit(found[0], f"{found[0]}/reject", reason=" ")).status == 400
    approved = await clinic.browser.submit(found[0], f"{found[0]}/approve")
    assert "holds until its new date" in await seen(clinic.browser, approved.location)
    assert "Nothing expires in the next 120 days." in await seen(clinic.browser, EXPIRING)
    assert (await clinic.browser.submit("/account", f"{found[0]}/approve")).status == 409


async def test_r33_a_rejected_renewal_leaves_the_record_and_says_why(clinic: Clinic) -> None:
    kept = await a_credential(clinic.program)
    own = f"/pm/credentials/{kept['id']}"
    await clinic.browser.submit(f"{own}/renew", f"{own}/renew", expires_on=day(400), document_reference="a.pdf")
    (waiting,) = await clinic.program.get("/credential-renewals", status="submitted")
    path = f"/pm/credentials/renewals/{waiting['renewal']['id']}"

    await clinic.browser.submit(path, f"{path}/reject", reason="The scan cannot be read.")

    page = await seen(clinic.browser, own)
    assert "The scan cannot be read." in page
    assert day(20) in page
    assert "Rejected" in page


async def test_a_credential_is_added_on_the_provider_s_page_corrected_and_archived(clinic: Clinic) -> None:
    provider = await clinic.program.provider(caqh_attested_on=day(-119), states=["TX"])
    board = f"/admin/provider-credentialing/{provider['id']}?tab=credentials"
    new = f"/pm/credentials/new?provider={provider['id']}"
    page = await seen(clinic.browser, board)
    assert "No credentials" in page
    assert re.search(r"CAQH attested, [12] days? left", page)  # in Texas it may still be the day before
    assert "by the record kept here" in page

    fields = {"provider_id": provider["id"], "kind": "dea", "number": "FD0123456", "expires_on": "+61"}
    refused = await clinic.browser.submit(new, "/pm/credentials", **fields | {"state": "ZZ"})
    assert (refused.status, "Is not the two-letter code" in refused.text) == (400, True)
    added = await clinic.browser.submit(new, "/pm/credentials", **fields)
    page = await seen(clinic.browser, added.location)
    assert "DEA registration" in page
    assert "90 days" in page
    ((listed),) = await clinic.program.get("/credentials", providerId=provider["id"])
    own = f"/pm/credentials/{listed['credential']['id']}"
    form = (await clinic.browser.get(f"{own}/edit")).text
    stamp = re.search(r'name="seen" value="(\w+)"', form)
    assert stamp is not None
    await clinic.program.patch(f"/credentials/{listed['credential']['id']}", {"issuer": "DEA"})
    lost = await clinic.browser.submit(f"{own}/edit", own, **fields | {"seen": stamp[1]})
    assert lost.status == 409
    assert (await clinic.browser.submit(f"{own}/edit", own, **fields | {"number": "FD9999999"})).status == 303
    assert "Archive Credential" in await seen(clinic.browser, f"{own}/archive")
    gone = await clinic.browser.submit(f"{own}/archive", f"{own}/archive")
    assert "No credentials" in await seen(clinic.browser, gone.location)
    assert (await clinic.browser.get(own)).status == 404


async def test_what_expires_is_assigned_put_off_and_narrowed(clinic: Clinic) -> None:
    kept = await a_credential(clinic.program, issuer="Board")
    ticked = {f"row-{kept['id']}": "on"}

    assert f"{day(20)}</time><small>20 days</small>" in await seen(clinic.browser, EXPIRING)
    await clinic.browser.submit(EXPIRING, EXPIRING, assigned_to="bob", **ticked, **{"back-days": "30"})
    assert "UT-1" in await seen(clinic.browser, f"{EXPIRING}?who=bob&kind=license&days=30")
    assert "UT-1" not in await seen(clinic.browser, f"{EXPIRING}?who=me")
    await clinic.browser.submit(EXPIRING, EXPIRING, snoozed_until="+7", **ticked)
    assert "Nothing expires in the next 90 days." in await seen(clinic.browser, f"{EXPIRING}?days=90")
    assert "UT-1" in await seen(clinic.browser, f"{EXPIRING}?snoozed=1")
    assert (await clinic.browser.submit(EXPIRING, EXPIRING, snoozed_until="+400", **ticked)).status == 400


EXPORTED = (
    "/pm/credentialing",
    DEADLINES,
    "/pm/credentialing/applications",
    "/pm/credentialing/applications/figures",
    TASKS,
    "/pm/credentialing/workflows",
    "/pm/credentialing/mismatches",
    EXPIRING,
    "/pm/inbox/review",
    "/pm/providers",
    "/pm/payers",
)


async def test_every_list_leads_to_itself_as_a_file(clinic: Clinic) -> None:
    await some_tasks(clinic.program)
    await a_credential(clinic.program)
    for path in EXPORTED:
        page = await seen(clinic.browser, path)
        assert f'href="{path}/export.csv"' in page, path
        answer = await clinic.browser.get(f"{path}/export.csv")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8"), path
        assert answer.headers["Content-Disposition"].startswith("attachment; filename="), path
        assert answer.text.count("\r\n") >= 1, path


async def test_a_file_holds_exactly_what_is_filtered_all_pages_of_it_and_no_formula(clinic: Clinic) -> None:
    payer, other = await clinic.program.payer("=HYPERLINK(1)"), await clinic.program.payer("Other")
    provider = await clinic.program.provider()
    for number in range(3):
        await enrolled(clinic.program, provider, payer if number else other, notes="@SUM(A1)")

    page = await seen(clinic.browser, "/pm/credentialing?search=19&status=enrolled")
    assert 'href="/pm/credentialing/export.csv?search=19&status=enrolled"' in page.replace("&amp;", "&")
    nothing = await clinic.browser.get("/pm/credentialing/export.csv?search=19&status=enrolled")
    everything = rows_of((await clinic.browser.get("/pm/credentialing/export.csv?status=enrolled")).text)
    assert rows_of(nothing.text) == []
    assert [row["payer"] for row in everything] == ["'=HYPERLINK(1)", "'=HYPERLINK(1)", "Other"]
    assert {row["notes"] for row in everything} == {"'@SUM(A1)"}
    assert {row["npi"] for row in everything} == {provider["npi"]}

    await clinic.program.patch(f"/providers/{provider['id']}", {"role": "-2+3"})
    (told,) = rows_of((await clinic.browser.get("/pm/providers/export.csv?search=doe")).text)
    assert (told["role"], told["is_attending"], told["states"]) == ("'-2+3", "no", "")


async def test_a_viewer_reads_every_page_sees_no_button_that_changes_and_is_refused_every_change(
    gate: GateInProcess, clinic: Clinic
) -> None:
    tasks = await some_tasks(clinic.program)
    kept = await a_credential(clinic.program)
    later = {"expires_on": day(400), "document_reference": "a.pdf"}
    renewal = await clinic.program.post(f"/credentials/{kept['id']}/renewals", later)
    (listed,) = await clinic.program.get("/credentialing-applications")
    provider, payer = listed["application"]["provider_id"], listed["application"]["payer_id"]
    one = await enrolled(clinic.program, {"id": provider}, {"id": payer}, recert_due_on=day(5))
    tenant = re.search(r"working-\d+", (await clinic.browser.get("/account")).text)
    assert tenant is not None
    await hire(gate.settings, f"vera@{tenant[0]}", {tenant[0]: Role.VIEWER})
    board = f"/admin/provider-credentialing/{provider}"
    pages = [
        *EXPORTED,
        *(f"{board}?tab={tab}" for tab in ("payers", "tasks", "contracts", "enrollments", "credentials")),
        f"/pm/credentialing/enrollments/{one}",
        f"/pm/credentialing/applications/{listed['application']['id']}",
        f"/pm/payers/{payer}",
        f"/pm/credentials/{kept['id']}",
        f"/pm/credentials/renewals/{renewal['id']}",
    ]
    own = {"/theme", "/sign-out", "/organisations", "/pm/credentialing/calendar", "/pm/credentialing/calendar/revoke"}
    own |= {"/pm/inbox/alerts/mutes", "/pm/notifications/own"}  # for oneself
    async with visitor(gate.http_url) as browser:
        await browser.sign_in(f"vera@{tenant[0]}")
        for path in pages:
            text = await seen(browser, path)
            forms = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', text))
            assert forms <= own, path
            assert not re.search(r'href="[^"]*/(new|edit|archive|renew|reverify|drop)(\?[^"]*)?"', text), path
        for path in sorted(unsafe_routes()):
            if path.startswith(("/pm/", "/admin/")) and path not in own:
                assert (await browser.submit("/account", re.sub(r"{\w+}", NOBODY, path))).status == 403, path
    assert (await clinic.program.get(f"/credentialing-tasks/{tasks[0]['id']}"))["task_status"] == "pending"
