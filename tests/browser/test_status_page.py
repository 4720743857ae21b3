"""The status page as anybody sees it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from sources.sandbox.faults import FaultKind
from tests.support.gates import running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_status_page_tells_which_portal_is_down_and_that_the_gate_is_not(
    browser: Browser, tmp_path: Path
) -> None:
    async with running_in_process(tmp_path) as gate:
        gate.misbehave("ca_pave", kind=FaultKind.ERROR_401)
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        await page.goto(f"{gate.http_url}/status")

        assert await page.title() == "Status: serving, something is ailing · Enrollment gate"
        rows = {
            await row.locator("th").inner_text(): await row.locator(".badge").inner_text()
            for row in await page.locator("tbody tr").all()
        }
        assert {title.splitlines()[-1]: status.split()[-1] for title, status in rows.items()} == {
            "tmhp_pems": "up",
            "ca_pave": "degraded",
            "fl_fmmis": "up",
            "ny_emedny": "up",
            "caqh_proview": "up",
        }
        assert "CREDENTIALS" in await page.locator("tbody").inner_text()
        assert await page.locator("thead th[scope=col]").count() == 5
        assert await page.locator("tbody th[scope=row]").count() == 5
        links = [await link.get_attribute("href") for link in await page.locator("main a").all()]
        for link in links:
            assert (await page.request.get(f"{gate.http_url}{link}")).ok
        assert complaints == []


async def test_the_status_page_fits_a_narrow_screen_and_shows_no_address(browser: Browser, tmp_path: Path) -> None:
    async with running_in_process(tmp_path) as gate:
        page = await browser.new_page(viewport={"width": 700, "height": 900})
        await page.goto(f"{gate.http_url}/status")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert "127.0.0.1" not in await page.content()
