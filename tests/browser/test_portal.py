"""The portal as a coordinator uses it, in a real browser."""

from collections.abc import AsyncIterator
from itertools import count, product

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gate.auth.permissions import Role
from gate.v1 import decision_pb2
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import ANOTHER, PASSWORD, hire

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMES = {"light": "rgb(246, 247, 248)", "dark": "rgb(20, 24, 27)"}
WIDTHS = (360, 1920)
_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate")) as gate:
        await gate.of("north-clinic").configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def login(gate: GateInProcess) -> str:
    """Of somebody new, who works for two clinics."""
    login = f"maria.lopez.{next(_numbers)}@example.org"
    await hire(gate.settings, login, {"north-clinic": Role.GATE_OPERATOR, "south-clinic": Role.COORDINATOR})
    return login


async def sign_in(page: Page, gate: GateInProcess, login: str, password: str = PASSWORD) -> None:
    await page.goto(gate.http_url)
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_coordinator_s_day_from_signing_in_to_signing_out(
    browser: Browser, gate: GateInProcess, login: str
) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))

    await sign_in(page, gate, login)
    await expect(page.get_by_role("heading", level=1)).to_have_text("For whom do you work now?")
    await page.get_by_role("button", name="north-clinic").click()
    await expect(page.get_by_role("row", name="TX all")).to_contain_text("ENFORCE")

    await page.locator(".switcher summary").click()
    await page.get_by_role("button", name="south-clinic").click()
    await expect(page.locator(".scope")).to_contain_text("south-clinic")
    await expect(page.get_by_role("heading", name="Checking, by state")).to_have_count(0)

    await page.get_by_role("navigation").get_by_role("link", name="Your account").click()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill(ANOTHER)
    await page.get_by_label("New password again").fill(ANOTHER)
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_role("status")).to_contain_text("Your password is changed")

    await page.locator(".user summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await page.goto(f"{gate.http_url}/account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await sign_in(page, gate, login, ANOTHER)
    await expect(page.get_by_role("heading", level=1)).to_have_text("For whom do you work now?")
    assert complaints == []


async def test_all_of_it_works_without_scripts(browser: Browser, gate: GateInProcess, login: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()

    await sign_in(page, gate, login)
    await page.get_by_role("button", name="south-clinic").click()
    await page.locator(".switcher summary").click()
    await page.get_by_role("button", name="north-clinic").click()
    await expect(page.locator(".scope")).to_contain_text("north-clinic")
    await page.locator(".user summary").click()
    await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.locator(".user summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


async def test_no_page_is_wider_than_the_screen(browser: Browser, gate: GateInProcess, login: str) -> None:
    page = await browser.new_page()
    await sign_in(page, gate, login)
    await page.get_by_role("button", name="north-clinic").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")

    for path in ("/overview", "/account", "/organisations", "/status", "/signed-out", "/sign-in", "/nowhere"):
        await page.goto(gate.http_url + path)
        for width, scheme in product(WIDTHS, SCHEMES):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, width)
            assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == SCHEMES[scheme], path


async def test_the_keyboard_reaches_everything(browser: Browser, gate: GateInProcess, login: str) -> None:
    page = await browser.new_page()
    await sign_in(page, gate, login)
    await page.get_by_role("button", name="north-clinic").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")

    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Skip to the content")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    await page.get_by_label("Current password").press("?")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_every_page_has_its_landmarks_names_and_one_heading(
    browser: Browser, gate: GateInProcess, login: str
) -> None:
    page = await browser.new_page()
    await sign_in(page, gate, login)
    await page.get_by_role("button", name="north-clinic").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")

    for path in ("/overview", "/account", "/organisations", "/status", "/sign-in", "/nowhere"):
        await page.goto(gate.http_url + path)
        assert await page.locator("h1").count() == 1, path
        assert await page.get_by_role("main").count() == 1, path
        assert await page.get_by_role("banner").count() == 1, path
        assert await page.locator("html[lang=en]").count() == 1, path
        for field in await page.locator("input:not([type=hidden]):not([aria-hidden])").all():
            name = await field.get_attribute("id")
            assert await page.locator(f"label[for={name}]").count() == 1, (path, name)
        for header in await page.locator("th").all():
            assert await header.get_attribute("scope") in {"col", "row"}, path
        assert await page.locator("[id]").count() == await page.evaluate(
            "new Set([...document.querySelectorAll('[id]')].map((element) => element.id)).size"
        ), path
