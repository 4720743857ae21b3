"""Signing in at the identity provider, through the pages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from tests.support.gates import GateInProcess, running_in_process
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.support.servers import free_port
from tests.support.visitors import Answer, Visitor, hire, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
START = "/sign-in/oidc"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    address = f"127.0.0.1:{free_port()}"
    settings: dict[str, Any] = {
        "http_address": address,
        "oidc": {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        "portal": {"base_url": f"http://{address}"},
    }
    async with running_in_process(tmp_path_factory.mktemp("gate"), **settings) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def flawless(provider: Provider) -> None:
    provider.mistakes = {}
    provider.is_down = False
    provider.person = {"sub": "ann", "name": "Ann Smith", "tenant": "clinic", "roles": ["gate_operator"]}


async def way_back(browser: Visitor, start: str = START) -> str:
    """The path, with its query, to which the provider sends the browser back."""
    there = await browser.get(start)
    assert there.status == 303
    async with aiohttp.ClientSession() as session, session.get(there.location, allow_redirects=False) as answer:
        return answer.headers["Location"].removeprefix(browser.url)


async def came_back(browser: Visitor, start: str = START) -> Answer:
    return await browser.get(await way_back(browser, start))


async def test_a_person_signs_in_over_there_and_is_here_where_they_wanted(browser: Visitor) -> None:
    assert f'href="{START}?next=/account"' in (await browser.get("/sign-in?next=/account")).text

    back = await came_back(browser, f"{START}?next=/account")

    assert (back.status, back.location) == (303, "/account")
    page = (await browser.get("/account")).text
    assert "Ann Smith" in page
    assert "gate operator" in page
    assert "Your identity provider keeps your password." in page


async def test_the_pages_know_two_organisations_of_the_provider_s_person(browser: Visitor, provider: Provider) -> None:
    provider.person |= {"tenant": ["clinic-a", "clinic-b"]}

    assert (await came_back(browser)).location == "/organisations"
    assert (await browser.submit("/organisations", "/organisations", tenant="clinic-b")).location == "/"
    assert "clinic-b ·" in (await browser.get("/today")).text


async def test_the_way_back_leads_nowhere_twice(browser: Visitor) -> None:
    path = await way_back(browser)
    assert (await browser.get(path)).location == "/"
    token = browser.cookie("gate-session")

    again = await browser.get(path)

    assert again.status == 401
    assert "completed before" in again.text
    assert browser.cookie("gate-session") == token


async def test_another_browser_s_way_back_is_not_ours(gate: GateInProcess, browser: Visitor) -> None:
    async with visitor(gate.http_url) as attacker:
        theirs = await way_back(attacker)
    await browser.get(START)

    lured = await browser.get(theirs)

    assert lured.status == 401
    assert not browser.cookie("gate-session")


@pytest.mark.parametrize(
    "mistakes", [{"nonce": "another"}, {"aud": "another"}, {"exp": 1}, {"iss": "https://id.example.org"}], ids=str
)
async def test_a_token_that_does_not_verify_is_told_in_words_without_repeating_it(
    browser: Visitor, provider: Provider, mistakes: dict[str, object]
) -> None:
    provider.mistakes = mistakes

    refused = await came_back(browser)

    assert refused.status == 401
    assert "does not verify" in refused.text
    assert "eyJ" not in refused.text
    assert not browser.cookie("gate-session")


async def test_who_has_no_role_here_is_told_so(browser: Visitor, provider: Provider) -> None:
    provider.person |= {"roles": []}

    refused = await came_back(browser)

    assert refused.status == 403
    assert "gives you no role" in refused.text


async def test_nobody_leaves_for_another_site_on_the_way(browser: Visitor) -> None:
    assert (await came_back(browser, f"{START}?next=//evil.example")).location == "/"


async def test_the_sign_in_s_own_secret_is_in_the_cookie_alone(browser: Visitor, provider: Provider) -> None:
    there = await browser.get(START)
    (cookie,) = there.cookies

    assert {"HttpOnly", "Max-Age=600", "SameSite=lax"} <= set(cookie.split("; "))
    assert browser.cookie("gate-sign-in").partition(".")[0] not in there.location


async def test_while_the_provider_is_down_sessions_go_on_and_the_sign_in_page_says_so(
    gate: GateInProcess, browser: Visitor, provider: Provider, tmp_path: Path
) -> None:
    await came_back(browser)
    await hire(gate.settings, "local", {"clinic": Role.VIEWER})
    provider.is_down = True

    assert (await browser.get("/today")).status == 200
    async with visitor(gate.http_url) as another:
        refused = await another.get(f"{START}/return?code=x&state=x")
        assert refused.status == 401
        assert (await another.sign_in("local")).location == "/"

    address = f"127.0.0.1:{free_port()}"
    fresh: dict[str, Any] = {
        "http_address": address,
        "oidc": {"issuer": provider.issuer, "client_id": CLIENT_ID},
        "portal": {"base_url": f"http://{address}"},
    }
    async with running_in_process(tmp_path, **fresh) as started, visitor(started.http_url) as stranger:
        page = await stranger.get(START)
        assert page.status == 503
        assert "Your identity provider cannot be reached at present" in page.text
        provider.is_down = False
        assert (await stranger.get(START)).status == 303


async def test_without_a_provider_there_is_no_way_to_one(tmp_path: Path) -> None:
    async with running_in_process(tmp_path) as gate, visitor(gate.http_url) as browser:
        assert START not in (await browser.get("/sign-in")).text
        assert (await browser.get(START)).status == 404
        assert (await browser.get(f"{START}/return")).status == 404
