"""The home page in a real browser: from signing in to something done, by mouse and keyboard, at every width."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.v1 import alerts_pb2 as pb
from gate.v1 import decision_pb2
from tests.browser.axe import axe_source, serious_problems
from tests.browser.test_credentialing import SHAPE
from tests.support.admin_api import AdminProgram, admin_program
from tests.support.callers import CALL_SECONDS
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import PASSWORD, hire

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLINIC, QUIET = "south-clinic", "quiet-clinic"
PAT, NEWCOMER = "pat.relations@example.org", "newcomer@example.org"
WIDTHS = (360, 768, 1300)


class Clinic(NamedTuple):
    gate: GateInProcess
    program: AdminProgram

    async def signed_in(self, browser: Browser, login: str = PAT, **context: Any) -> Page:
        page = await (await browser.new_context(**context)).new_page()
        await page.goto(self.gate.http_url)
        await page.get_by_label("Login").fill(login)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Today")
        return page

    async def enrolled(self, payer: str, due_in: int) -> None:
        provider = await self.program.provider(last_name="Featherstonehaugh-Cholmondeley")
        of = await self.program.payer(payer)
        due_on = str(system_clock().date() + timedelta(days=due_in))
        told = {"provider_id": provider["id"], "payer_id": of["id"], "status": "enrolled", "recert_due_on": due_on}
        await self.program.post("/enrollments", told)


@pytest_asyncio.fixture(loop_scope="module")
async def clinic(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clinic]:
    folder = tmp_path_factory.mktemp("gate")
    async with running_in_process(folder, jobs={"enabled": False}) as gate, admin_program(gate, CLINIC) as program:
        await hire(gate.settings, PAT, {CLINIC: Role.PROVIDER_RELATIONS})
        await hire(gate.settings, NEWCOMER, {QUIET: Role.COORDINATOR})
        clinic, caller = Clinic(gate, program), gate.of(CLINIC)
        await caller.configure(enabled_states=["TX", "CA", "NY", "FL"])
        await caller.set_mode(decision_pb2.GATE_MODE_ENFORCE, state="TX", reason="ready", force=True)
        await clinic.enrolled("Aetna", -3)
        await clinic.enrolled("Regence BlueCross BlueShield of Oregon and Washington", 10)
        await caller.alerts.RunScan(pb.RunScanRequest(), metadata=caller.metadata, timeout=CALL_SECONDS)
        await clinic.enrolled("Molina", 2)
        yield clinic


async def test_what_comes_first_is_taken_and_the_next_put_off(browser: Browser, clinic: Clinic) -> None:
    page = await clinic.signed_in(browser)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    coming = page.get_by_role("region", name="Next").get_by_role("listitem")
    await expect(coming).to_have_count(3)

    await page.get_by_role("button", name="Assign to me: Re-credentialing: Aetna").click()
    await expect(page.get_by_role("status")).to_contain_text("It is yours now.")
    await expect(coming.filter(has_text="Aetna")).to_contain_text("yours")
    await page.get_by_label("For how long: Re-credentialing: Aetna").select_option("for 14 days")
    await page.get_by_role("button", name="Snooze: Re-credentialing: Aetna").click()
    await expect(page.get_by_role("status")).to_contain_text("It is put off")
    await expect(coming).to_have_count(2)
    await expect(page.get_by_text("Nothing due today. Next: Re-credentialing: Molina in 2 days.")).to_be_visible()

    await page.get_by_role("region", name="Lists").get_by_role("link", name="Deadlines").click()
    await expect(page).to_have_url(f"{clinic.gate.http_url}/pm/credentialing/deadlines")
    assert complaints == []


async def test_all_of_it_is_done_by_keyboard_and_no_single_key_changes_anything(
    browser: Browser, clinic: Clinic
) -> None:
    page = await clinic.signed_in(browser)
    await page.keyboard.press("g")
    await page.keyboard.press("x")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Expiring")
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    before = await page.locator("main").inner_text()

    for key in "asxncr.":
        await page.keyboard.press(key)
    assert await page.locator("main").inner_text() == before
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(keys.get_by_text("Today", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")

    await page.keyboard.press("j")
    await expect(page.locator(":focus")).to_have_text("Re-credentialing: Aetna")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Assign to me")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("It is yours now.")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Re-credentialing")


async def test_without_scripts_it_works_as_well(browser: Browser, clinic: Clinic) -> None:
    page = await clinic.signed_in(browser, java_script_enabled=False)

    await page.get_by_role("button", name="Snooze: Re-credentialing: Molina").click()

    await expect(page.get_by_role("status")).to_contain_text("It is put off")


async def test_the_page_fits_every_screen_and_axe_finds_nothing_serious(browser: Browser, clinic: Clinic) -> None:
    source = axe_source()
    for login in (PAT, NEWCOMER):
        page = await clinic.signed_in(browser, login, reduced_motion="reduce")
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            shape = await page.evaluate(SHAPE)
            assert shape == {"wider": False, "headings": 1, "unnamed": [], "unscoped": 0, "twice": []}, width
            assert await serious_problems(page, source) == [], width
            await page.emulate_media(color_scheme="dark")
            assert await serious_problems(page, source, of_colour_alone=True) == [], (width, "dark")
            await page.emulate_media(color_scheme="light")
