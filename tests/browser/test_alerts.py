"""The pages about alerts in a real browser: at every width, in both themes, and from the first page to a reaction."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.v1 import alerts_pb2 as pb
from tests.browser.axe import axe_source, serious_problems
from tests.browser.test_credentialing import SHAPE, WIDTHS
from tests.support.admin_api import AdminProgram, admin_program
from tests.support.callers import CALL_SECONDS
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import PASSWORD, hire

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOGIN, CLINIC = "pat.relations@example.org", "south-clinic"


class Clinic(NamedTuple):
    gate: GateInProcess
    program: AdminProgram

    async def signed_in(self, browser: Browser, **context: object) -> Page:
        page = await (await browser.new_context(**context)).new_page()  # type: ignore[arg-type]  # whatever a test wants
        await page.goto(self.gate.http_url)
        await page.get_by_label("Login").fill(LOGIN)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Today")
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clinic]:
    async with running_in_process(tmp_path_factory.mktemp("gate")) as gate, admin_program(gate, CLINIC) as program:
        await hire(gate.settings, LOGIN, {CLINIC: Role.PROVIDER_RELATIONS})
        provider = await program.provider()
        for name, days in (("Aetna", -3), ("Molina", 10), ("Regence", 80)):
            payer = await program.payer(name)
            due_on = str(system_clock().date() + timedelta(days=days))
            enrollment = {"provider_id": provider["id"], "payer_id": payer["id"], "status": "enrolled"}
            await program.post("/enrollments", enrollment | {"recert_due_on": due_on})
        caller = gate.of(CLINIC)
        await caller.alerts.RunScan(pb.RunScanRequest(), metadata=caller.metadata, timeout=CALL_SECONDS)
        yield Clinic(gate, program)


async def test_from_the_first_page_to_somebody_s_reaction(browser: Browser, clinic: Clinic) -> None:
    page = await clinic.signed_in(browser)

    await (
        page.get_by_role("region", name="Lists")
        .get_by_role("list", name="Alerts")
        .get_by_role("listitem")
        .filter(has_text="Past due")
        .get_by_role("link")
        .click()
    )
    await page.get_by_role("link", name="Re-credentialing: Aetna").click()
    await page.get_by_role("button", name="Assign to me").click()
    await expect(page.get_by_role("status")).to_contain_text("The alert is assigned.")
    await page.get_by_label("Put off until").fill("+14")
    await page.get_by_role("button", name="Put off until").click()

    await expect(page.get_by_role("table")).to_contain_text("Snoozed")
    await expect(page.get_by_role("table")).to_contain_text(f"Assigned to {LOGIN}")


async def test_ticked_alerts_are_handled_together_by_keyboard(browser: Browser, clinic: Clinic) -> None:
    page = await clinic.signed_in(browser)
    await page.goto(f"{clinic.gate.http_url}/pm/inbox/alerts?urgency=critical")
    apply = page.get_by_role("button", name="Apply")
    await expect(apply).to_be_disabled()

    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(apply).to_have_text("Apply (1)")
    await page.get_by_role("checkbox", name="Acknowledge").check()
    await page.get_by_label("Note").fill("forms are on the way")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_have_text("● 1 alert was acknowledged.")
    await expect(page.get_by_role("row").filter(has_text="Molina")).to_contain_text("Acknowledged")
    await expect(page.get_by_label("How near")).to_have_value("critical")


async def test_whoever_is_to_be_told_is_settled_and_somebody_chooses_one_mail_a_day(
    browser: Browser, clinic: Clinic
) -> None:
    page = await clinic.signed_in(browser)
    await page.keyboard.press("g")
    await page.keyboard.press("b")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    all_of_us, own = (
        page.get_by_role("form", name="Your organisation"),
        page.get_by_role("form", name="You", exact=True),
    )

    await all_of_us.get_by_label("Login of recipient 1").fill("sam")
    await all_of_us.get_by_label("Mail address of recipient 1").fill("sam")
    await all_of_us.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").first).to_contain_text("1 field below needs another look")
    await all_of_us.get_by_label("Mail address of recipient 1").fill("sam@example.org")
    await all_of_us.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("settings were changed")
    await own.get_by_label("Mails to you").select_option("One mail a day")
    await own.get_by_role("button", name="Keep my choice").click()

    await expect(page.get_by_role("listitem").filter(has_text=f"You get one mail a day at {LOGIN}")).to_be_visible()
    await expect(all_of_us.get_by_label("Login of recipient 2")).to_have_value(LOGIN)


async def paths_of(page: Page, clinic: Clinic) -> list[str]:
    """Every page about alerts, with something on it."""
    await page.goto(f"{clinic.gate.http_url}/pm/inbox/alerts")
    first = await page.get_by_role("link", name="Re-credentialing: Aetna").get_attribute("href")
    return ["/today", "/pm/inbox/alerts", "/pm/inbox/alerts?status=renewed", "/pm/notifications", str(first)]


async def test_no_page_is_wider_than_the_screen_or_lacks_a_name(browser: Browser, clinic: Clinic) -> None:
    page = await clinic.signed_in(browser)
    for path in await paths_of(page, clinic):
        await page.goto(clinic.gate.http_url + path)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            shape = await page.evaluate(SHAPE)
            assert shape == {"wider": False, "headings": 1, "unnamed": [], "unscoped": 0, "twice": []}, (path, width)


async def test_axe_finds_nothing_serious_on_any_page(browser: Browser, clinic: Clinic) -> None:
    source = axe_source()
    page = await clinic.signed_in(browser, reduced_motion="reduce")  # no colour is on its way to another one
    for path in await paths_of(page, clinic):
        await page.goto(clinic.gate.http_url + path)
        assert await serious_problems(page, source) == [], path
        await page.emulate_media(color_scheme="dark")
        assert await serious_problems(page, source, of_colour_alone=True) == [], (path, "dark")
        await page.emulate_media(color_scheme="light")
