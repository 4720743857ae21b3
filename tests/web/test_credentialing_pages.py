"""The credentialing pages over real HTTP, without a script: who may see them, what forms do, what others do not see."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from itertools import count
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from gate.auth.permissions import PERMISSIONS_OF, Permission, Role
from gate.clock import system_clock
from gate.web.portal.credentialing import board as board_page
from gate.web.portal.credentialing import payer_pages
from tests.support.admin_api import AdminProgram, admin_program, new_npi
from tests.support.gates import GateInProcess
from tests.support.visitors import Visitor, hire, visitor
from tests.web.routes import unsafe_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)
TODAY = system_clock().date()
NOBODY = "0192e0a0-0000-7000-8000-000000000000"
LISTS = (
    "/pm/credentialing",
    "/pm/credentialing/deadlines",
    "/pm/credentialing/applications",
    "/pm/providers",
    "/pm/payers",
    "/pm/credentialing/applications/figures",
    "/pm/credentialing/mismatches",
    "/pm/credentialing/tasks",
    "/pm/credentialing/workflows",
    "/pm/credentialing/calendar",
    "/pm/inbox/expiring",
    "/pm/inbox/review",
)


class Clinic(NamedTuple):
    """A coordinator at a browser, and a program of the same organisation that makes records."""

    browser: Visitor
    program: AdminProgram


@pytest_asyncio.fixture(loop_scope="module")
async def clinic(gate: GateInProcess) -> AsyncIterator[Clinic]:
    """An organisation without a record yet."""
    name = f"credentialing-{next(_numbers)}"
    await hire(gate.settings, f"ann@{name}", {name: Role.COORDINATOR})
    async with visitor(gate.http_url) as browser, admin_program(gate, name) as program:
        await browser.sign_in(f"ann@{name}")
        yield Clinic(browser, program)


async def seen(browser: Visitor, path: str, status: int = 200) -> str:
    answer = await browser.get(path)
    assert answer.status == status, f"{path}: {answer.status} {answer.headers.get('Location', '')}"
    return unescape(answer.text)


async def sent(browser: Visitor, page: str, path: str, **fields: str) -> str:
    """The page that the form leads to."""
    answer = await browser.submit(page, path, **{name.replace("__", "-"): value for name, value in fields.items()})
    assert answer.status == 303, answer.text
    return await seen(browser, answer.location)


async def enrolled(program: AdminProgram, provider: Any, payer: Any, **fields: Any) -> str:
    body = {"provider_id": provider["id"], "payer_id": payer["id"], "status": "enrolled", **fields}
    return str((await program.post("/enrollments", body))["id"])


async def generated(clinic: Clinic) -> tuple[str, Any]:
    """The board of a provider with one payer's four tasks, and what the dashboard says of them."""
    provider, payer = await clinic.program.provider(), await clinic.program.payer()
    await clinic.program.ask("PUT", f"/payers/{payer['id']}/workflow", {"workflow_type": "excel_submission"})
    await clinic.program.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": [payer["id"]]})
    shown = await clinic.program.get(f"/providers/{provider['id']}/credentialing-dashboard")
    return f"/admin/provider-credentialing/{provider['id']}", shown["payers"][0]


async def test_pm_admin_opens_the_pages_and_the_other_keys_what_is_on_them(gate: GateInProcess) -> None:
    for role in Role:
        await hire(gate.settings, f"as-{role.value}", {f"seen-as-{role.value}": role})
        async with visitor(gate.http_url) as browser:
            await browser.sign_in(f"as-{role.value}")
            held = PERMISSIONS_OF[role]
            may_see = {Permission.PRACTICE_ADMIN, Permission.CREDENTIALING_VIEW} <= held
            may_do = may_see and Permission.CREDENTIALING_MANAGE in held
            for path in LISTS:
                assert (await browser.get(path)).status == (200 if may_see else 403), (role, path)
            assert (await browser.get("/pm/providers/new")).status == (200 if may_do else 403), role
            fields = {"first_name": "Jane", "last_name": "Doe", "npi": new_npi()}
            page = await browser.submit("/account", "/pm/providers", **fields)
            assert page.status == (303 if may_do else 403), role
            assert ('href="/pm/credentialing"' in (await browser.get("/account")).text) == may_see, role


async def test_strangers_are_asked_to_sign_in_and_come_back(browser: Visitor) -> None:
    for path in LISTS:
        assert (await browser.get(path)).location == f"/sign-in?next={path}"


async def test_no_form_can_be_sent_without_the_token_of_the_page(clinic: Clinic) -> None:
    paths = [path for path in unsafe_routes() if path.startswith(("/pm/", "/admin/"))]
    assert len(paths) > 10

    for path in paths:
        filled = re.sub(r"{\w+}", NOBODY, path)
        assert (await clinic.browser.post(filled, {"csrf_token": "wrong"})).status == 403, path
        assert (await clinic.browser.submit("/account", filled, first_name="x")).status in {200, 303, 400, 404}, path


async def test_u2_another_organisation_s_records_are_not_there(gate: GateInProcess, clinic: Clinic) -> None:
    async with admin_program(gate, f"others-{next(_numbers)}") as others:
        provider, payer = await others.provider(last_name="Foreign"), await others.payer("Foreign payer")
        enrollment = await enrolled(others, provider, payer)
        made = await others.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": [payer["id"]]})
        dashboard = await others.get(f"/providers/{provider['id']}/credentialing-dashboard")
        board = f"/admin/provider-credentialing/{provider['id']}"
        task = f"{board}/tasks/{dashboard['payers'][0]['tasks'][0]['id']}"
        application = f"/pm/credentialing/applications/{made['details'][0]['applicationId']}"
        own = f"/pm/credentialing/enrollments/{enrollment}"

        for path in (own, application, board, f"/pm/providers/{provider['id']}", f"/pm/payers/{payer['id']}"):
            await seen(clinic.browser, path, 404)
            for below in ("/edit", "/archive"):
                await seen(clinic.browser, path + below, 404)
            for below in ("", "/archive"):
                answer = await clinic.browser.submit("/account", path + below, name="x")
                assert answer.status in {404, 405}, path + below
        for path in (task, f"{task}/archive", f"{board}/credential-payers", f"/pm/payers/{payer['id']}/workflow"):
            answer = await clinic.browser.submit("/account", path, notes="x", **{f"payer-{payer['id']}": "on"})
            assert answer.status == 404, path
        for path in LISTS:
            assert "Foreign" not in await seen(clinic.browser, path), path
        ours = await clinic.program.provider()
        selected = await clinic.browser.submit(
            "/account",
            f"/admin/provider-credentialing/{ours['id']}/credential-payers",
            **{f"payer-{payer['id']}": "on"},
        )
        assert selected.status == 404
        untouched = await others.get(f"/providers/{provider['id']}/credentialing-dashboard")
        assert untouched == dashboard


async def test_ids_that_nothing_could_have_are_not_there(clinic: Clinic) -> None:
    for record_id in (NOBODY, "x", "%00", "ü"):
        for path in ("pm/credentialing/enrollments", "pm/credentialing/applications", "pm/payers", "pm/providers"):
            await seen(clinic.browser, f"/{path}/{record_id}", 404)


async def test_b_the_three_empty_lists_say_what_they_must(clinic: Clinic) -> None:
    nothing = await seen(clinic.browser, "/pm/credentialing")
    assert "No provider enrollments" in nothing
    assert "Add provider enrollments to track credentialing status with payers." in nothing
    assert "No enrollments match the current filters." in await seen(clinic.browser, "/pm/credentialing?status=denied")
    due = await seen(clinic.browser, "/pm/credentialing/deadlines")
    assert "No upcoming deadlines" in due
    assert "All enrolled providers are current on their re-credentialing." in due
    assert "No providers yet" in await seen(clinic.browser, "/pm/providers")
    assert "No payers configured." in await seen(clinic.browser, "/pm/payers")
    assert "No applications in this state." in await seen(
        clinic.browser, "/pm/credentialing/applications?status=denied"
    )


async def test_b_at_least_one_payer_is_needed_before_an_enrollment(clinic: Clinic) -> None:
    assert "No payers configured." in await seen(clinic.browser, "/pm/credentialing/enrollments/new")
    await clinic.program.payer()
    assert "No providers yet." in await seen(clinic.browser, "/pm/credentialing/enrollments/new")
    await clinic.program.provider()
    assert 'action="/pm/credentialing/enrollments"' in await seen(clinic.browser, "/pm/credentialing/enrollments/new")


async def test_an_enrollment_is_added_found_changed_and_archived(clinic: Clinic) -> None:
    provider, payer = await clinic.program.provider(), await clinic.program.payer()
    new, billing = "/pm/credentialing/enrollments/new", new_npi()
    due = TODAY + timedelta(days=14)

    shown = await sent(
        clinic.browser,
        new,
        "/pm/credentialing/enrollments",
        provider="doe",
        payer_id=payer["id"],
        status="enrolled",
        billing_npi=billing,
        taxonomy_code="2084P0800X",
        recert_due_on="+14",
    )
    assert "The enrollment was added." in shown
    assert provider["npi"] in shown

    for search in (billing, provider["npi"], "2084p0800x", billing[:6]):
        assert payer["name"] in await seen(clinic.browser, f"/pm/credentialing?search={search}"), search
    assert "No enrollments match" in await seen(clinic.browser, "/pm/credentialing?search=1999999999")
    assert payer["name"] in await seen(clinic.browser, "/pm/credentialing?status=enrolled")
    assert "No enrollments match" in await seen(clinic.browser, "/pm/credentialing?status=pending")
    deadlines = await seen(clinic.browser, "/pm/credentialing/deadlines")
    assert str(due) in deadlines
    assert '<span class="badge destructive"><span aria-hidden="true">■</span> 14 days</span>' in deadlines

    (listed,) = await clinic.program.get("/enrollments")
    own = f"/pm/credentialing/enrollments/{listed['enrollment']['id']}"
    changed = await sent(
        clinic.browser, f"{own}/edit", own, npi=provider["npi"], status="inactive", notes="<b>moved</b>"
    )
    assert '<span class="badge secondary">' in changed
    assert "&lt;b&gt;moved" in (await clinic.browser.get(own)).text

    confirm = await seen(clinic.browser, f"{own}/archive")
    assert "Archive Enrollment" in confirm
    assert "This enrollment will be soft-deleted. Existing claims are not affected." in confirm
    assert confirm.index("autofocus>Cancel") < confirm.index(">Archive</button>")
    assert "No provider enrollments" in await sent(clinic.browser, f"{own}/archive", f"{own}/archive")
    await seen(clinic.browser, own, 404)


async def test_what_cannot_be_kept_is_told_beside_its_field_and_stays_typed(clinic: Clinic) -> None:
    await clinic.program.payer()
    await clinic.program.provider()
    refused = await clinic.browser.submit(
        "/pm/credentialing/enrollments/new",
        "/pm/credentialing/enrollments",
        provider="nobody",
        billing_npi="12345",
        effective_date="soon",
    )
    assert refused.status == 400
    text = unescape(refused.text)
    assert "No provider on the roster has this NPI" in text
    assert 'value="soon"' in text
    assert text.count('aria-invalid="true"') >= 2

    wrong = await clinic.browser.submit(
        "/pm/providers/new", "/pm/providers", first_name="Jane", last_name="", npi="1234567890", states="TX XX"
    )
    assert wrong.status == 400
    for words in ("Is required", "check digit", "is not the two-letter code"):
        assert words.lower() in wrong.text.lower(), words
    assert "Nothing was saved" in wrong.text


async def test_a_provider_is_added_changed_found_and_archived(clinic: Clinic) -> None:
    npi = new_npi()
    fields = {"first_name": "Rosa", "last_name": "Iglesias", "npi": npi, "is_bookable": "on", "states": "ut id"}
    board = await sent(clinic.browser, "/pm/providers/new", "/pm/providers", **fields)
    assert "The provider was added. Next: select payers." in board
    assert f"NPI {npi}" in board

    again = await clinic.browser.submit("/pm/providers/new", "/pm/providers", **fields)
    assert again.status == 409
    assert "Another provider on the roster has this NPI" in again.text

    (provider,) = await clinic.program.get("/providers")
    own = f"/pm/providers/{provider['id']}"
    assert provider["states"] == ["UT", "ID"]
    form = await seen(clinic.browser, f"{own}/edit")
    assert 'value="UT ID"' in form
    changed = await sent(
        clinic.browser, f"{own}/edit", own, **(fields | {"role": "Psychologist", "is_attending": "on"})
    )
    assert "Psychologist" in changed
    for search in ("igle", npi, npi[:5]):
        assert "Iglesias, Rosa" in await seen(clinic.browser, f"/pm/providers?search={search}")
    assert "No providers match the search." in await seen(clinic.browser, "/pm/providers?search=zz")
    assert (await clinic.browser.get(own)).location == f"/admin/provider-credentialing/{provider['id']}"
    gone = await sent(clinic.browser, f"{own}/archive", f"{own}/archive")
    assert "The provider was archived." in gone
    assert "No providers yet" in gone


async def test_a_payer_and_its_workflow_are_kept_copied_and_taken_back(clinic: Clinic) -> None:
    fields = {"name": "Molina", "payer_type": "medicaid", "state": "ut", "requires_attending": "on"}
    shown = await sent(clinic.browser, "/pm/payers/new", "/pm/payers", **fields)
    assert "Nobody said yet; new tasks follow the usual steps." in shown
    assert "Notify payer of provider addition" in shown
    (payer,) = await clinic.program.get("/payers")
    own = f"/pm/payers/{payer['id']}"
    changed = await sent(clinic.browser, f"{own}/edit", own, **(fields | {"current_census": "15"}))
    assert "15" in changed

    said = await sent(
        clinic.browser,
        f"{own}/workflow",
        f"{own}/workflow",
        workflow_type="online_portal",
        typical_approval_days="30",
        portal_url="https://portal.example.org",
        step__1__title="Update CAQH profile",
        step__1__days="1",
        step__3__title="Submit",
    )
    assert said.index("1. Update CAQH profile") < said.index("2. Submit")
    assert 'href="https://portal.example.org"' in said
    refused = await clinic.browser.submit(
        f"{own}/workflow", f"{own}/workflow", workflow_type="online_portal", portal_url="javascript:alert(1)"
    )
    assert refused.status == 400
    assert "Must be an address that begins with https://" in unescape(refused.text)

    other = await clinic.program.payer("Optum")
    copied = await seen(clinic.browser, f"/pm/payers/{other['id']}/workflow?like={payer['id']}")
    assert 'value="Update CAQH profile"' in copied
    dropped = await sent(clinic.browser, f"{own}/workflow/drop", f"{own}/workflow/drop")
    assert "The payer goes by the usual steps again." in dropped
    listed = await seen(clinic.browser, "/pm/payers?workflow=instant_network&sort=-census")
    assert listed.index("Molina</a>") < listed.index("Optum</a>")
    assert "No payers match" in await seen(clinic.browser, "/pm/payers?search=zz")
    assert "Molina</a>" not in await sent(clinic.browser, f"{own}/archive", f"{own}/archive")


async def test_m6_payers_are_selected_and_their_tasks_generated_once(clinic: Clinic) -> None:
    provider = await clinic.program.provider(is_attending=True)
    payers = {
        name: await clinic.program.payer(name, requires_attending=name == "Regence") for name in ("Molina", "Regence")
    }
    board = f"/admin/provider-credentialing/{provider['id']}"
    table = await seen(clinic.browser, board)
    assert "Recommended for Attendings" in table
    assert table.index(">Regence</label>") < table.index(">Molina</label>"), "what is recommended comes first"
    sorted_table = await seen(clinic.browser, f"{board}?tab=payers&sort=name")
    assert sorted_table.index(">Molina</label>") < sorted_table.index(">Regence</label>")

    nothing = await clinic.browser.submit(board, f"{board}/credential-payers")
    assert nothing.status == 400
    assert "Choose at least one payer" in nothing.text
    chosen = {f"payer-{payer['id']}": "on" for payer in payers.values()}
    tasks = await sent(clinic.browser, board, f"{board}/credential-payers", **chosen)
    assert "2 tasks and 2 applications were created." in tasks
    again = await sent(clinic.browser, board, f"{board}/credential-payers", **chosen)
    assert "Nothing new: these payers were chosen before." in again
    table = await seen(clinic.browser, f"{board}?tab=payers")
    assert table.count(" disabled>") == 2
    assert "No payers match the current filters." in await seen(clinic.browser, f"{board}?tab=payers&search=zz")


async def test_payers_that_do_not_fit_on_one_page_are_found_on_the_next(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in (board_page, payer_pages):
        monkeypatch.setattr(page, "LARGEST_PAGE", 2)
    provider = await clinic.program.provider()
    for name in ("Aetna", "Cigna", "Molina"):
        await clinic.program.payer(name)

    for path in ("/pm/payers?sort=-name", f"/admin/provider-credentialing/{provider['id']}?tab=payers&sort=-name"):
        first = await seen(clinic.browser, path)
        assert ("Molina" in first, "Cigna" in first, "Aetna" in first) == (True, True, False)
        assert "data-narrows" not in first, "a script sees these rows only"
        (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
        second = await seen(clinic.browser, following)
        assert ("Molina" in second, "Aetna" in second) == (False, True)
        assert "First page" in second
    assert "data-narrows" in await seen(clinic.browser, "/pm/payers?search=aet")


async def test_a_task_is_changed_noted_given_to_somebody_and_removed(clinic: Clinic) -> None:
    board, progress = await generated(clinic)
    first, second, *_ = (task["id"] for task in progress["tasks"])
    path = f"{board}?tab=tasks"

    done = await sent(clinic.browser, path, f"{board}/tasks/{first}", task_status="completed")
    assert "The task was changed." in done
    assert "1 of 4 · 25 %" in done
    assert f"done {TODAY}" in done
    yesterday = await sent(
        clinic.browser,
        path,
        f"{board}/tasks/{second}",
        notes="<i>sent</i> on Monday",
        assigned_to="bob",
        due_date="-1",
        application_id="APP-1",
    )
    assert "<i>sent</i> on Monday" in yesterday
    assert "1 day overdue" in yesterday
    assert "&lt;i&gt;sent" in (await clinic.browser.get(path)).text
    refused = await clinic.browser.submit(path, f"{board}/tasks/{second}", notes="kept", due_date="someday")
    assert refused.status == 400
    assert "is not a day" in refused.text.lower()
    assert ">kept</textarea>" in refused.text
    gone = await sent(clinic.browser, f"{board}/tasks/{second}/archive", f"{board}/tasks/{second}/archive")
    assert "The task was removed." in gone
    assert "1 of 3 · 33 %" in gone


async def test_ticked_tasks_are_changed_together(clinic: Clinic) -> None:
    board, progress = await generated(clinic)
    path = f"{board}?tab=tasks"
    ticked = {f"task-{task['id']}": "on" for task in progress["tasks"]}

    shown = await sent(clinic.browser, path, f"{board}/tasks", task_status="completed", assigned_to="ann", **ticked)

    assert "4 of 4 · 100 %" in shown
    tasks = await clinic.program.get("/credentialing-tasks", assignedTo="ann")
    assert {task["task_status"] for task in tasks} == {"completed"}
    for fields, words in (({}, "Must name between 1 and"), (ticked, "Choose what is to change")):
        given = {"task_status": "blocked"} if not fields else {"task_status": ""}
        refused = await clinic.browser.submit(path, f"{board}/tasks", **given, **fields)
        assert refused.status == 400
        assert words in refused.text


async def test_m10_m14_an_application_is_denied_with_a_reason_and_approved_into_a_contract(clinic: Clinic) -> None:
    board, progress = await generated(clinic)
    own = f"/pm/credentialing/applications/{progress['application_id']}"
    form = f"{own}/edit"

    silent = await clinic.browser.submit(form, own, application_status="denied", reapplication_eligible="on")
    assert silent.status == 400
    assert "Is required: why the payer denied the application." in silent.text
    denied = await sent(
        clinic.browser,
        form,
        own,
        application_status="denied",
        denial_reason="panel closed",
        reapplication_eligible="on",
    )
    assert "Denied: panel closed" in denied
    assert "panel closed" in await seen(clinic.browser, f"{board}?tab=tasks")
    approved = await sent(
        clinic.browser,
        form,
        own,
        application_status="approved",
        effective_date="2025-12-01",
        recert_due_on="+60",
        reapplication_eligible="on",
    )
    assert "The application is approved, and the provider is in the payer’s network." in approved
    history = approved[approved.index('id="history"') :]
    assert history.index("Approved") < history.index("Denied") < history.index("Not started")
    contracts = await seen(clinic.browser, f"{board}?tab=contracts")
    assert "2025-12-01" in contracts
    assert "In force" in contracts
    assert "Enrolled" in await seen(clinic.browser, "/pm/credentialing?status=enrolled")
    assert "Enrolled" in await seen(clinic.browser, f"{board}?tab=enrollments")
    assert "60 days" in await seen(clinic.browser, "/pm/credentialing/deadlines")
    listed = await seen(clinic.browser, "/pm/credentialing/applications?status=approved")
    assert "2025-12-01" in listed
    gone = await sent(clinic.browser, f"{own}/archive", f"{own}/archive")
    assert "The application and its tasks were archived." in gone
    assert "2025-12-01" in await seen(clinic.browser, f"{board}?tab=contracts"), "a contract stays"


async def test_who_was_denied_for_good_is_not_moved_on(clinic: Clinic) -> None:
    _, progress = await generated(clinic)
    own = f"/pm/credentialing/applications/{progress['application_id']}"
    await sent(clinic.browser, f"{own}/edit", own, application_status="denied", denial_reason="excluded")

    refused = await clinic.browser.submit(f"{own}/edit", own, application_status="submitted")

    assert refused.status == 409
    assert "may not apply again" in refused.text


async def test_an_overdue_application_stands_out(clinic: Clinic) -> None:
    _, progress = await generated(clinic)
    workflow = {"workflow_type": "excel_submission", "typical_approval_days": 30}
    await clinic.program.ask("PUT", f"/payers/{progress['payer_id']}/workflow", workflow)
    own = f"/pm/credentialing/applications/{progress['application_id']}"

    shown = await sent(clinic.browser, f"{own}/edit", own, application_status="submitted", occurred_on="-31")

    assert "31 days elapsed" in shown
    assert "overdue" in shown
    assert "31 days" in await seen(clinic.browser, "/pm/credentialing/applications?status=overdue")


async def test_lists_go_on_page_by_page_and_keep_their_filter(clinic: Clinic) -> None:
    provider, payer = await clinic.program.provider(), await clinic.program.payer()
    made = [await enrolled(clinic.program, provider, payer) for _ in range(53)]

    first = await seen(clinic.browser, "/pm/credentialing?status=enrolled")
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    assert "status=enrolled" in following[1]
    second = await seen(clinic.browser, following[1])

    found = re.findall(r'enrollments/([0-9a-f-]{36})"', first) + re.findall(r'enrollments/([0-9a-f-]{36})"', second)
    assert found == list(reversed(made)), "newest first, each once"
    assert ">First page</a>" in second
    assert 'rel="next"' not in second
    assert (await clinic.browser.get("/pm/credentialing?page=nonsense")).status == 400


async def test_nobody_overwrites_what_they_did_not_look_at(clinic: Clinic) -> None:
    _, progress = await generated(clinic)
    (provider,), payer = (
        await clinic.program.get("/providers"),
        await clinic.program.get(f"/payers/{progress['payer_id']}"),
    )
    enrollment = await enrolled(clinic.program, provider, payer)
    forms = {
        f"/pm/credentialing/enrollments/{enrollment}": (f"/enrollments/{enrollment}", {"notes": "by another"}),
        f"/pm/providers/{provider['id']}": (f"/providers/{provider['id']}", {"role": "Resident"}),
        f"/pm/payers/{payer['id']}": (f"/payers/{payer['id']}", {"current_census": 7}),
        f"/pm/credentialing/applications/{progress['application_id']}": (
            f"/credentialing-applications/{progress['application_id']}",
            {"notes": "by another"},
        ),
    }
    for own, (at, change) in forms.items():
        form = (await clinic.browser.get(f"{own}/edit")).text
        opened = filled_in(form[form.index("data-dialog-part") :])
        await clinic.program.patch(at, change)

        refused = await clinic.browser.post(own, opened)

        assert refused.status == 409, own
        assert "Somebody else changed this while you did" in refused.text
        again = filled_in(refused.text[refused.text.index("data-dialog-part") :])
        assert (await clinic.browser.post(own, again)).status == 303, own


def filled_in(form: str) -> dict[str, str]:
    """The fields as a browser would send them."""
    boxes = re.findall(r'<input type="checkbox" id="[^"]+" name="([^"]+)" value="on" checked', form)
    lines = re.findall(r'<input (?:id="[^"]+"|type="hidden") name="([^"]+)" value="([^"]*)"', form)
    areas = re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>([^<]*)</textarea>', form)
    chosen = re.findall(r'<select id="[^"]+" name="([^"]+)".*?<option value="([^"]*)" selected', form, re.DOTALL)
    return {name: unescape(value) for name, value in (*lines, *areas, *chosen, *((box, "on") for box in boxes))}


async def test_the_pipeline_counts_and_the_figures_tell_how_long_it_took(clinic: Clinic) -> None:
    assert "No figures yet" in await seen(clinic.browser, "/pm/credentialing/applications/figures")
    _, progress = await generated(clinic)
    path = f"/credentialing-applications/{progress['application_id']}"
    await clinic.program.patch(path, {"application_status": "submitted"})

    pipeline = await seen(clinic.browser, "/pm/credentialing/applications")
    assert ">All <strong>1</strong></a>" in pipeline
    assert ">Submitted <strong>1</strong></a>" in pipeline
    assert ">Overdue <strong>0</strong></a>" in pipeline
    figures = await seen(clinic.browser, "/pm/credentialing/applications/figures")
    assert progress["payer_name"] in figures
    assert "Not started" in figures


async def test_a_contract_of_whose_state_nothing_was_heard_is_not_verified_and_never_not_enrolled(
    clinic: Clinic,
) -> None:
    assert "Contracts and Medicaid enrollment agree" in await seen(clinic.browser, "/pm/credentialing/mismatches")
    _, progress = await generated(clinic)
    path = f"/credentialing-applications/{progress['application_id']}"
    await clinic.program.patch(path, {"application_status": "approved"})

    shown = await seen(clinic.browser, "/pm/credentialing/mismatches")

    assert "Not verified" in shown
    assert "Contracted, not enrolled" not in shown


async def test_b_how_far_ahead_deadlines_are_shown_is_the_organisation_s_to_settle(clinic: Clinic) -> None:
    provider, payer = await clinic.program.provider(), await clinic.program.payer()
    await enrolled(clinic.program, provider, payer, recert_due_on=str(TODAY + timedelta(days=91)))
    form = "/pm/credentialing/preferences"
    assert 'value="90"' in await seen(clinic.browser, form)
    assert "No upcoming deadlines" in await seen(clinic.browser, "/pm/credentialing/deadlines")

    shown = await sent(clinic.browser, form, form, recred_alert_lead_days="120", time_zone="UTC")

    assert "within 120 days" in shown
    assert "91 days" in shown
    for fields in ({"recred_alert_lead_days": ""}, {"recred_alert_lead_days": "9999"}, {"time_zone": "Mars/Base"}):
        given = {"recred_alert_lead_days": "90", "time_zone": "UTC"} | fields
        assert (await clinic.browser.submit(form, form, **given)).status == 400, fields


async def test_a_workflow_begins_from_the_library(clinic: Clinic) -> None:
    payer = await clinic.program.payer()

    shown = await seen(clinic.browser, f"/pm/payers/{payer['id']}/workflow?like=medicare")

    assert 'value="Grant surrogate access"' in shown
    await seen(clinic.browser, f"/pm/payers/{payer['id']}/workflow?like=nothing", 404)
