"""Credentialing as a coordinator does it, in a real browser: from a new provider to an archived enrollment."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gate.auth.permissions import Role
from gate.clock import system_clock
from tests.browser.axe import axe_source, serious_problems
from tests.support.admin_api import AdminProgram, admin_program, new_npi
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import PASSWORD, hire

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = {"Excel payer": "excel_submission", "Instant payer": "instant_network", "Portal payer": "online_portal"}
TODAY = system_clock().date()
WIDTHS = (360, 1440, 1920)
_numbers = count(1)
SHAPE = """() => {
  const fields = [...document.querySelectorAll("main :is(input, select, textarea):not([type=hidden])")];
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return {
    wider: document.documentElement.scrollWidth > window.innerWidth,
    headings: document.querySelectorAll("h1").length,
    unnamed: fields.filter((field) => field.labels.length === 0).map((field) => field.outerHTML),
    unscoped: document.querySelectorAll("th:not([scope])").length,
    twice: ids.filter((id, at) => ids.indexOf(id) !== at),
  };
}"""


class Clinic(NamedTuple):
    gate: GateInProcess
    program: AdminProgram
    login: str
    """Of its coordinator."""

    async def signed_in(self, browser: Browser, **context: Any) -> Page:
        page = await (await browser.new_context(**context)).new_page()
        await page.goto(self.gate.http_url)
        await page.get_by_label("Login").fill(self.login)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Today")
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate")) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def clinic(gate: GateInProcess) -> AsyncIterator[Clinic]:
    """A new one, without a record."""
    name = f"clinic-{next(_numbers)}"
    login = f"maria.lopez@{name}.example"
    async with admin_program(gate, name) as program:
        await hire(gate.settings, login, {name: Role.COORDINATOR})
        yield Clinic(gate, program, login)


async def three_payers(program: AdminProgram) -> None:
    for name, kind in KINDS.items():
        payer = await program.payer(name, requires_attending=kind == "instant_network")
        body = {"workflow_type": kind, "typical_approval_days": 30}
        assert (await program.ask("PUT", f"/payers/{payer['id']}/workflow", body)).status == 200


async def seeded(clinic: Clinic) -> dict[str, str]:
    """Something on every page; the paths of the pages by what they show."""
    program = clinic.program
    await three_payers(program)
    provider = await program.provider(is_attending=True)
    payers = await program.get("/payers")
    made = await program.post(
        f"/providers/{provider['id']}/credential-payers", {"payerIds": [payer["id"] for payer in payers]}
    )
    first, second, _ = (f"/credentialing-applications/{each['applicationId']}" for each in made["details"])
    await program.patch(first, {"application_status": "approved", "recert_due_on": str(TODAY)})
    await program.patch(second, {"application_status": "denied", "denial_reason": "The panel is closed."})
    tasks = await program.get("/credentialing-tasks")
    overdue = {"task_status": "in_progress", "notes": "sent", "due_date": "2025-01-01", "assigned_to": clinic.login}
    await program.patch(f"/credentialing-tasks/{tasks[0]['id']}", overdue)
    (listed,) = await program.get("/enrollments")
    soon, later = str(TODAY + timedelta(days=9)), str(TODAY + timedelta(days=900))
    licence = {
        "provider_id": provider["id"],
        "kind": "license",
        "number": "UT-1",
        "expires_on": soon,
        "coordinator": clinic.login,
    }
    credential = await program.post("/credentials", licence)
    renewal = await program.post(
        f"/credentials/{credential['id']}/renewals",
        {"expires_on": later, "document_reference": "https://files.example/a"},
    )
    await program.post("/credentials", licence | {"kind": "dea", "number": "FD1", "issuer": "DEA"})
    held = f"/pm/credentials/{credential['id']}"
    board, own = f"/admin/provider-credentialing/{provider['id']}", "/pm/credentialing"
    return {
        "enrollments": own,
        "no match": f"{own}?search=1999999999",
        "deadlines": f"{own}/deadlines",
        "enrollment": f"{own}/enrollments/{listed['enrollment']['id']}",
        "archiving": f"{own}/enrollments/{listed['enrollment']['id']}/archive",
        "new enrollment": f"{own}/enrollments/new",
        "applications": f"{own}/applications",
        "application": f"{own}/applications/{made['details'][1]['applicationId']}",
        "application form": f"{own}/applications/{made['details'][1]['applicationId']}/edit",
        "figures": f"{own}/applications/figures",
        "mismatches": f"{own}/mismatches",
        "settings": f"{own}/preferences",
        "roster": "/pm/providers",
        "new provider": "/pm/providers/new",
        "payers of a provider": f"{board}?tab=payers",
        "tasks": f"{board}?tab=tasks",
        "contracts": f"{board}?tab=contracts",
        "enrollments of a provider": f"{board}?tab=enrollments",
        "payers": "/pm/payers",
        "payer": f"/pm/payers/{payers[0]['id']}",
        "new payer": "/pm/payers/new",
        "credentials of a provider": f"{board}?tab=credentials",
        "all tasks": f"{own}/tasks",
        "no task": f"{own}/tasks?who=nobody&due=overdue",
        "workflows": f"{own}/workflows",
        "put off": f"{own}/deadlines?snoozed=1",
        "starting to renew": f"{own}/enrollments/{listed['enrollment']['id']}/reverify",
        "calendar": f"{own}/calendar",
        "expiring": "/pm/inbox/expiring",
        "nothing expires": "/pm/inbox/expiring?days=30&kind=other",
        "review": "/pm/inbox/review",
        "credential": held,
        "credential form": f"{held}/edit",
        "renewal form": f"{held}/renew",
        "renewal": f"/pm/credentials/renewals/{renewal['id']}",
        "new credential": f"/pm/credentials/new?provider={provider['id']}",
        "workflow": f"/pm/payers/{payers[0]['id']}/workflow?like=medicare",
    }


async def test_from_a_new_provider_to_a_contract_and_its_deadline(browser: Browser, clinic: Clinic) -> None:
    await three_payers(clinic.program)
    page = await clinic.signed_in(browser)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))

    npi = await add_a_provider(page)
    assert all("400" in each for each in complaints), complaints
    complaints.clear()
    await select_three_payers(page)
    await complete_the_tasks_of_one(page)
    await approve_its_application(page)
    await find_it_on_enrollments_and_deadlines(page, npi)
    await archive_it(page)
    assert complaints == []


async def add_a_provider(page: Page) -> str:
    """First with a mistyped NPI; the right one."""
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Roster").click()
    await page.get_by_role("link", name="Add Provider").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("First name").fill("Jane")
    await dialog.get_by_label("Last name").fill("Doe")
    await dialog.get_by_label("NPI").fill("1234567890")
    await dialog.get_by_label("Attending").check()
    await dialog.get_by_role("button", name="Add Provider").click()
    await expect(dialog.get_by_text("Does not end in its check digit")).to_be_visible()
    npi = new_npi()
    await dialog.get_by_label("NPI").fill(npi)
    await dialog.get_by_role("button", name="Add Provider").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Jane Doe")
    return npi


async def select_three_payers(page: Page) -> None:
    generate = page.get_by_role("button", name="Generate Tasks")
    await expect(generate).to_be_disabled()
    await expect(page.locator("tbody tr").first).to_contain_text("Recommended for Attendings")
    for name in KINDS:
        await page.get_by_label(f"Select {name}").check()
    await page.get_by_role("searchbox").fill("portal")
    await expect(page.locator("tbody tr:visible")).to_have_count(1)
    await expect(generate).to_have_text("Generate Tasks (3)")
    await generate.click()
    await expect(page.get_by_role("status")).to_contain_text("9 tasks and 3 applications were created")


async def complete_the_tasks_of_one(page: Page) -> None:
    """One by its menu, the rest together; nothing is loaded anew."""
    await page.evaluate("window.untouched = true")
    group = page.locator("details.group", has_text="Portal payer")
    await group.get_by_label("Status of Obtain portal credentials").select_option("Completed")
    await expect(group.locator("summary").first).to_contain_text("1 of 4 · 25 %")
    task = group.locator("li", has_text="Submit provider application")
    await task.get_by_text("Add notes").click()
    await task.get_by_label("Notes").fill("Sent with the W-9.")
    await task.get_by_role("button", name="Save").click()
    await expect(task.locator(".note")).to_have_text("Sent with the W-9.")
    await expect(task.get_by_label("Notes")).to_be_hidden()
    for box in await group.locator("input[type=checkbox]").all():
        await box.check()
    bulk = page.get_by_role("form", name="Change the ticked tasks")
    await bulk.get_by_label("Status").select_option("Completed")
    await bulk.get_by_role("button", name="Update (4)").click()
    await expect(group.locator("summary").first).to_contain_text("4 of 4 · 100 %")
    await expect(page.locator(".figures")).to_contain_text("4 / 9")
    assert await page.evaluate("window.untouched")


async def approve_its_application(page: Page) -> None:
    group = page.locator("details.group", has_text="Portal payer")
    await group.get_by_role("link", name="Change its status").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Status").select_option("Approved")
    await dialog.get_by_label("Effective date").fill("2025-12-01")
    await dialog.get_by_label("Re-credentialing due").fill("+10")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("is in the payer’s network")
    await page.get_by_role("link", name="Jane Doe").click()
    await page.get_by_role("link", name="Contracts", exact=True).click()
    await expect(page.get_by_role("row", name="Portal payer")).to_contain_text("2025-12-01")


async def find_it_on_enrollments_and_deadlines(page: Page, npi: str) -> None:
    await page.keyboard.press("g")
    await page.keyboard.press("e")
    row = page.get_by_role("row", name="Portal payer")
    await expect(row).to_contain_text("Enrolled")
    await expect(row).to_contain_text(npi)
    await page.get_by_role("navigation", name="Credentialing").get_by_role("link", name="Deadlines").click()
    await expect(row).to_contain_text("10 days")
    await expect(row.locator(".destructive")).to_have_count(1)


async def archive_it(page: Page) -> None:
    await page.get_by_role("navigation", name="Credentialing").get_by_role("link", name="Enrollments").click()
    row, dialog = page.get_by_role("row", name="Portal payer"), page.get_by_role("dialog")
    await row.get_by_role("link", name="Archive").click()
    await expect(dialog).to_contain_text("This enrollment will be soft-deleted. Existing claims are not affected.")
    await expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    await dialog.get_by_role("link", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    await row.get_by_role("link", name="Archive").click()
    await dialog.get_by_role("button", name="Archive").click()
    await expect(page.get_by_text("No provider enrollments")).to_be_visible()


async def test_the_same_way_is_open_without_scripts(browser: Browser, clinic: Clinic) -> None:
    await three_payers(clinic.program)
    page = await clinic.signed_in(browser, java_script_enabled=False)
    await page.goto(f"{clinic.gate.http_url}/pm/providers")
    await page.get_by_role("link", name="Add Provider").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Add Provider")
    await page.get_by_label("First name").fill("Jane")
    await page.get_by_label("Last name").fill("Doe")
    await page.get_by_label("NPI").fill(new_npi())
    await page.get_by_role("button", name="Add Provider").click()
    await page.get_by_role("link", name="Census").click()
    for name in KINDS:
        await page.get_by_label(f"Select {name}").check()
    await page.get_by_role("button", name="Generate Tasks").click()
    await expect(page.get_by_role("status")).to_contain_text("9 tasks and 3 applications were created")
    task = page.locator("li.task", has_text="Notify payer of provider addition")
    await task.get_by_label("Status of").select_option("Completed")
    await task.get_by_role("button", name="Set").click()
    await expect(page.locator("details.group", has_text="Instant payer")).to_contain_text("1 of 1 · 100 %")
    await page.get_by_role("link", name="Change its status").nth(1).click()
    await page.get_by_label("Status").select_option("Denied")
    await page.get_by_label("Denial reason").fill("The panel is closed.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Denied: The panel is closed.")).to_be_visible()
    await page.goto(f"{clinic.gate.http_url}/pm/credentialing")
    await page.get_by_role("link", name="Add Enrollment").first.click()
    await page.get_by_role("combobox", name="Provider").fill("Doe")
    await page.get_by_role("combobox", name="Payer", exact=False).last.select_option("Excel payer (UT)")
    await page.get_by_role("button", name="Add Enrollment").click()
    await page.get_by_role("link", name="Archive").click()
    await page.get_by_role("button", name="Archive").click()
    await expect(page.get_by_role("status")).to_contain_text("was archived")


async def test_a_list_is_worked_by_keyboard(browser: Browser, clinic: Clinic) -> None:
    paths = await seeded(clinic)
    page = await clinic.signed_in(browser)
    url = clinic.gate.http_url

    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Roster")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("doe")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/pm/providers?search=doe")
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name="Doe, Jane", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Jane Doe")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/pm/providers?search=doe")

    await page.goto(url + paths["tasks"])
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("x")
    await expect(page.locator("li.task input:checked")).to_have_count(1)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Enrollments")


async def test_payers_are_sorted_and_narrowed_without_losing_a_tick(browser: Browser, clinic: Clinic) -> None:
    for number in range(4):
        await clinic.program.payer(f"Payer {number}", current_census=number % 3)
    provider = await clinic.program.provider()
    page = await clinic.signed_in(browser)
    await page.goto(f"{clinic.gate.http_url}/admin/provider-credentialing/{provider['id']}")
    names = page.locator("tbody tr:visible th label")

    await page.get_by_label("Select Payer 1").check()
    await page.get_by_role("link", name="Census").click()
    await expect(names).to_have_text(["Payer 2", "Payer 1", "Payer 0", "Payer 3"])
    await expect(page.get_by_role("columnheader", name="Census")).to_have_attribute("aria-sort", "descending")
    await page.get_by_role("searchbox").fill("payer 3")
    await expect(names).to_have_text(["Payer 3"])
    await page.get_by_label("Select all").check()
    await expect(page.get_by_role("button", name="Generate Tasks")).to_have_text("Generate Tasks (2)")
    await page.get_by_role("searchbox").fill("nobody")
    await expect(page.get_by_text("No payers match the current filters.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("searchbox")).to_have_value("nobody")
    await expect(page.get_by_text("No payers match the current filters.")).to_be_visible()


async def test_a_licence_is_kept_renewed_and_reviewed_and_tasks_are_worked_together(
    browser: Browser, clinic: Clinic
) -> None:
    await three_payers(clinic.program)
    provider = await clinic.program.provider()
    payers = [payer["id"] for payer in await clinic.program.get("/payers")]
    await clinic.program.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": payers})
    page = await clinic.signed_in(browser)
    dialog = page.get_by_role("dialog")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await page.goto(f"{clinic.gate.http_url}/admin/provider-credentialing/{provider['id']}?tab=credentials")
    await page.get_by_role("link", name="Add Credential").click()
    await dialog.get_by_label("Number").fill("UT-1")
    await dialog.get_by_label("Expires").fill("+20")
    await dialog.get_by_role("button", name="Add Credential").click()
    await expect(page.get_by_role("status")).to_contain_text("The credential was added")
    await page.keyboard.press("g")
    await page.keyboard.press("x")
    row = page.get_by_role("row", name="UT-1")
    await expect(row).to_contain_text("20 days")
    await page.get_by_label("Select License of Jane Doe").check()
    await page.get_by_label("Assignee").fill("bob")
    await page.get_by_role("button", name="Apply (1)").click()
    await expect(row).to_contain_text("bob")
    await row.get_by_role("link", name="License").click()
    await page.get_by_role("link", name="Renew").click()
    await dialog.get_by_label("Expires").fill("+700")
    await dialog.get_by_label("Document").fill("licence.pdf")
    await dialog.get_by_role("button", name="Submit for review").click()
    await expect(page.get_by_role("status")).to_contain_text("waits for its review")
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Document review").click()
    await page.get_by_role("link", name="License").click()
    await expect(dialog).to_contain_text("The document says")
    await dialog.get_by_role("button", name="Approve and overwrite").click()
    await expect(page.get_by_role("status")).to_contain_text("holds until its new date")

    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Tasks").click()
    await page.get_by_label("Select all").check()
    await page.get_by_role("combobox", name="Status").last.select_option("In progress")
    await page.get_by_role("button", name="Apply (9)").click()
    await expect(page.locator("tbody .badge", has_text="In progress")).to_have_count(9)
    await page.get_by_role("combobox", name="Payer").select_option("Excel payer")
    await expect(page.locator("tbody tr")).to_have_count(4)
    await page.goto(f"{clinic.gate.http_url}/pm/credentialing/deadlines")
    await page.get_by_role("link", name="Your calendar").click()
    await dialog.get_by_role("button", name="Make an address").click()
    await expect(dialog.get_by_label("Address to subscribe to")).to_have_value(re.compile(r"/calendar/[\w-]{43}\.ics$"))
    assert complaints == []


async def test_no_page_is_wider_than_the_screen_or_lacks_a_name(browser: Browser, clinic: Clinic) -> None:
    paths = await seeded(clinic)
    page = await clinic.signed_in(browser)
    for name, path in paths.items():
        answer = await page.goto(clinic.gate.http_url + path)
        assert answer is not None
        assert answer.status == 200, name
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            shape = await page.evaluate(SHAPE)
            assert shape == {"wider": False, "headings": 1, "unnamed": [], "unscoped": 0, "twice": []}, (name, width)


async def test_axe_finds_nothing_serious_on_any_page(browser: Browser, clinic: Clinic) -> None:
    source = axe_source()
    paths = await seeded(clinic) | {path[1:]: path for path in ("/overview", "/account", "/status")}
    found = {}
    page = await clinic.signed_in(browser, reduced_motion="reduce")  # no colour is on its way to another one

    async def look(name: str) -> None:
        found[name, "light"] = await serious_problems(page, source)
        await page.emulate_media(color_scheme="dark")
        found[name, "dark"] = await serious_problems(page, source, of_colour_alone=True)
        await page.emulate_media(color_scheme="light")

    for name, path in paths.items():
        await page.goto(clinic.gate.http_url + path)
        await look(name)
    await page.goto(clinic.gate.http_url + paths["enrollments"])
    await page.get_by_role("link", name="Add Enrollment").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await look("dialog")
    assert {where: problems for where, problems in found.items() if problems} == {}
