"""Jobs, deliveries and webhooks as an operator looks after them, in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gate.auth.permissions import Role
from tests.browser.axe import axe_source, serious_problems
from tests.browser.test_credentialing import SHAPE, WIDTHS
from tests.support.gates import GateInProcess, running_in_process
from tests.support.letters import NO_MAILBOX, give_up
from tests.support.visitors import PASSWORD, hire

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOGIN, CLINIC = "olga.operator@example.org", "north-clinic"
LONG = "Revalidation is past due: " + "Featherstonehaugh-Cholmondeley, Maximiliana " * 2


@pytest_asyncio.fixture(loop_scope="module")
async def gate(tmp_path: Path) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path) as gate:
        await hire(gate.settings, LOGIN, {CLINIC: Role.GATE_OPERATOR})
        yield gate


async def signed_in(browser: Browser, gate: GateInProcess, **context: Any) -> Page:
    page = await (await browser.new_context(**context)).new_page()
    await page.goto(gate.http_url)
    await page.get_by_label("Login").fill(LOGIN)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    return page


async def open_from_the_side(page: Page, title: str) -> None:
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name=title).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)


async def seeded(page: Page, gate: GateInProcess) -> list[str]:
    """Something on every page; their paths."""
    await give_up(gate.settings, CLINIC, LONG, "Another")
    await page.goto(f"{gate.http_url}/system/webhooks")
    await page.get_by_label("Address").fill("https://hooks.clinic.example/" + "a-long-way/" * 12)
    await page.get_by_label("Topics").fill("alert. task.done")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The endpoint’s secret")
    await page.goto(f"{gate.http_url}/system/deliveries")
    discard = await page.get_by_role("link", name="Discard: Another").get_attribute("href")
    assert discard is not None
    jobs = ["/system/jobs", "/system/jobs/deliver-outbox", "/system/jobs/ledger-retention"]
    return [*jobs, "/system/deliveries", discard, "/system/webhooks"]


async def test_an_operator_s_round(browser: Browser, gate: GateInProcess) -> None:
    await give_up(gate.settings, CLINIC, "Past due: Doe, Jane", "Past due: Roe, Rick")
    page = await signed_in(browser, gate)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await open_from_the_side(page, "Jobs")
    await page.get_by_role("button", name="Run now: ledger-retention").click()
    await expect(page.get_by_role("status")).to_contain_text("The job was ordered")
    await expect(page.get_by_role("row").filter(has_text="by hand")).to_have_count(1)

    await open_from_the_side(page, "Deliveries")
    await expect(page.get_by_role("row").filter(has_text="Doe, Jane")).to_contain_text(NO_MAILBOX)
    await page.get_by_role("button", name="Send again: Past due: Doe, Jane").click()
    await expect(page.get_by_role("status")).to_contain_text("sent again")
    await page.get_by_role("link", name="Discard: Past due: Roe, Rick").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    await dialog.get_by_label("Reason").fill("he retired")
    await dialog.get_by_role("button", name="Discard").click()
    await expect(page.get_by_text("Everything was delivered.")).to_be_visible()

    await open_from_the_side(page, "Webhooks")
    await page.get_by_label("Address").fill("http://localhost/")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("alert")).to_contain_text("must begin with https://")
    await page.get_by_label("Address").fill("https://hooks.clinic.example/in")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#secret")).to_contain_text("whsec_")
    await page.get_by_role("link", name="All endpoints").click()
    await page.get_by_role("link", name="Remove https://hooks.clinic.example/in").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("Nobody is told yet.")).to_be_visible()
    assert all("400" in each for each in complaints), complaints


async def test_no_page_is_wider_than_the_screen_or_lacks_a_name(browser: Browser, gate: GateInProcess) -> None:
    page = await signed_in(browser, gate, reduced_motion="reduce")  # no colour is on its way to another one
    paths = await seeded(page, gate)
    for path in paths:
        answer = await page.goto(gate.http_url + path)
        assert answer is not None
        assert answer.status == 200, path
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            shape = await page.evaluate(SHAPE)
            assert shape == {"wider": False, "headings": 1, "unnamed": [], "unscoped": 0, "twice": []}, (path, width)


async def test_axe_finds_nothing_serious_on_any_page(browser: Browser, gate: GateInProcess) -> None:
    source = axe_source()
    page = await signed_in(browser, gate, reduced_motion="reduce")
    for path in await seeded(page, gate):
        await page.goto(gate.http_url + path)
        assert await serious_problems(page, source) == [], path
        await page.emulate_media(color_scheme="dark")
        assert await serious_problems(page, source, of_colour_alone=True) == [], (path, "dark")
        await page.emulate_media(color_scheme="light")
