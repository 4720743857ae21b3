"""Signing in and out over real HTTP."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.settings import Settings
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import PASSWORD, Visitor, hire, visitor
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSED = ("/", "/account", "/organisations")


@pytest.mark.parametrize("path", CLOSED)
async def test_a_stranger_is_sent_to_sign_in_and_then_to_where_they_wanted(
    browser: Visitor, login: str, path: str
) -> None:
    sent = await browser.get(path)
    assert sent.status == 303
    assert sent.location == ("/sign-in" if path == "/" else f"/sign-in?next={path}")

    page = await browser.get(sent.location)
    assert f'name="next" value="{path}"' in page.text
    came_in = await browser.sign_in(login, next_path=path)
    assert (came_in.status, came_in.location) == (303, path)
    assert (await browser.get("/overview" if path == "/" else path)).status == 200


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_to_another_site(browser: Visitor, login: str, wanted: str) -> None:
    assert "evil.example" not in (await browser.get(f"/sign-in?next={wanted}")).text
    assert (await browser.sign_in(login, next_path=wanted)).location == "/"


@pytest.mark.parametrize("login_tried", ["nobody", '"><script>alert(1)</script>'])
async def test_a_refusal_says_the_same_to_everybody_and_keeps_the_login_typed(
    browser: Visitor, login: str, login_tried: str
) -> None:
    known = await browser.sign_in(login, "a wrong password")
    unknown = await browser.sign_in(login_tried, "a wrong password")

    assert known.status == unknown.status == 401
    for page in (known, unknown):
        assert "The login or the password is not right." in page.text
        assert "a wrong password" not in page.text
        assert "<script>alert" not in page.text
    assert f'value="{login}"' in known.text
    assert not browser.cookie("gate-session")


async def test_too_many_wrong_passwords_are_answered_with_a_time_to_wait(tmp_path: Path) -> None:
    stopped = system_clock()
    async with running_in_process(tmp_path, clock=lambda: stopped) as gate, visitor(gate.http_url) as browser:
        await hire(gate.settings, "ann", {"clinic": Role.VIEWER})
        token = (await browser.get("/sign-in")).token
        fields = {"login": "ann", "password": "a wrong password", "csrf_token": token}

        answers = await asyncio.gather(*(browser.post("/sign-in", fields) for _ in range(9)))
        right = await browser.sign_in("ann")

    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 4, "a try is counted before it is judged"
    assert right.status == 429
    assert right.headers["Retry-After"] == "1"
    assert "Too many tries" in right.text


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Visitor, login: str) -> None:
    (cookie, *_) = (await browser.sign_in(login)).cookies

    assert re.fullmatch(r"gate-session=[A-Za-z0-9_-]{43}; HttpOnly; Path=/; SameSite=lax", cookie)


async def test_over_tls_the_cookie_is_bound_to_this_host(tmp_path: Path) -> None:
    async with running_in_process(tmp_path, http_address="0.0.0.0:0") as gate, visitor(gate.http_url) as browser:
        page = await browser.get("/sign-in")
        (cookie,) = page.cookies

        assert cookie.startswith("__Host-gate-visitor=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_a_session_that_somebody_planted_is_not_the_one_signed_in(
    gate: GateInProcess, browser: Visitor, login: str, two_clinics: str
) -> None:
    async with visitor(gate.http_url) as attacker:
        await attacker.sign_in(two_clinics)
        planted = attacker.cookie("gate-session")
        browser.keep("gate-session", planted)

        await browser.sign_in(login)

        assert browser.cookie("gate-session") not in {planted, ""}
        assert login in (await browser.get("/account")).text
        assert (await attacker.get("/organisations")).status == 303, "the planted session ended"


async def test_who_signs_out_is_out(browser: Visitor, login: str) -> None:
    await browser.sign_in(login)
    token = browser.cookie("gate-session")

    out = await browser.submit("/account", "/sign-out")

    assert (out.status, out.location) == (303, "/signed-out")
    assert "You are signed out" in (await browser.get("/signed-out")).text
    browser.keep("gate-session", token)
    assert (await browser.get("/account")).status == 303


async def test_signing_out_twice_does_no_harm(browser: Visitor) -> None:
    assert (await browser.post("/sign-out", {})).location == "/signed-out"


async def test_another_site_cannot_sign_anybody_in(gate: GateInProcess, browser: Visitor, login: str) -> None:
    token = (await browser.get("/sign-in")).token
    fields = {"login": login, "password": PASSWORD, "csrf_token": token}

    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        assert (await browser.post("/sign-in", fields, **headers)).status == 403
    assert (await browser.post("/sign-in", fields | {"csrf_token": "wrong"})).status == 403
    async with visitor(gate.http_url) as another:
        assert (await another.post("/sign-in", fields)).status == 403, "another browser's token"
    assert (await browser.post("/sign-in", fields)).status == 303


async def test_what_is_no_form_or_too_large_is_refused(browser: Visitor) -> None:
    token = (await browser.get("/sign-in")).token

    async with browser.session.post(f"{browser.url}/sign-in", json={"login": "x"}) as answer:
        assert answer.status == 415
    assert (await browser.post("/sign-in", {"csrf_token": token, "login": "x" * 70_000})).status == 413
    many = {f"field-{number}": "" for number in range(700)}
    assert (await browser.post("/sign-in", {"csrf_token": token, **many})).status == 400


async def test_a_disabled_person_is_out_within_a_second(gate: GateInProcess, browser: Visitor, login: str) -> None:
    from gate.audit.model import Actor, Via
    from gate.wiring.people import people_of

    await browser.sign_in(login)
    assert (await browser.get("/today")).status == 200

    async with people_of(gate.settings) as people:
        async with people.database.reading_accounts() as accounts:
            account = (await people.accounts.find(accounts, login)).account
        by = Actor(tenant="clinic", subject="tests", via=Via.SYSTEM)
        async with people.database.writing("clinic") as unit:
            await people.accounts.disable(unit, account, by)

    assert (await browser.get("/")).status == 303


async def test_without_local_accounts_there_is_no_form(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "oidc": {"issuer": "http://127.0.0.1:1", "client_id": "gate"},
        "portal": {"local_accounts": False, "base_url": "http://127.0.0.1:8080"},
    }
    async with running_in_process(tmp_path, **settings) as gate, visitor(gate.http_url) as browser:
        page = (await browser.get("/sign-in")).text

        assert 'name="password"' not in page
        assert "Sign in with your organisation" in page
        assert (await browser.post("/sign-in", {})).status == 404


async def test_a_first_start_says_how_to_make_an_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def is_told() -> bool:
        said.append(capsys.readouterr().out)
        return "gate accounts create" in "".join(said)

    async with running_in_process(tmp_path) as gate:
        await until(is_told)  # once it serves already
        await hire(gate.settings, "ann", {"clinic": Role.VIEWER})
    said.clear()
    async with running_in_process(tmp_path):
        await asyncio.sleep(0.2)
    assert not is_told()


@pytest.mark.parametrize(
    ("settings", "address"), [({}, "127.0.0.1"), ({"http_trusted_proxies": ("127.0.0.1",)}, "203.0.113.5")]
)
async def test_a_caller_s_word_about_its_address_is_taken_from_trusted_proxies_only(
    tmp_path: Path, settings: dict[str, Any], address: str
) -> None:
    async with running_in_process(tmp_path, **settings) as gate, visitor(gate.http_url) as browser:
        await hire(gate.settings, "ann", {"clinic": Role.VIEWER})
        browser.session.headers["X-Forwarded-For"] = "203.0.113.5"
        await browser.sign_in("ann")

        assert f"<td>{address}</td>" in (await browser.get("/account")).text


@pytest.mark.parametrize(
    ("settings", "are_secure"),
    [
        ({}, False),
        ({"http_address": "0.0.0.0:8080"}, True),
        ({"portal": {"base_url": "https://gate.example.org"}}, True),
        ({"http_address": "0.0.0.0:8080", "portal": {"base_url": "http://127.0.0.1:8080"}}, False),
    ],
    ids=str,
)
async def test_only_on_one_s_own_machine_cookies_travel_in_the_clear(
    settings: dict[str, Any], are_secure: bool
) -> None:
    assert Settings(**settings).has_secure_cookies is are_secure


async def test_a_half_configured_sign_in_does_not_start() -> None:
    for wrong, named in (
        ({"oidc": {"issuer": "https://id.example.org"}}, "GATE_PORTAL__BASE_URL"),
        ({"oidc": {"client_id": "gate"}}, "GATE_OIDC__ISSUER"),
        ({"portal": {"local_accounts": False}}, "nobody could sign in"),
        ({"portal": {"base_url": "http://gate.example.org"}}, "GATE_PORTAL__BASE_URL"),
        (
            {
                "oidc": {"issuer": "http://id.example.org", "client_id": "gate"},
                "portal": {"base_url": "https://gate.example.org"},
            },
            "GATE_OIDC__ISSUER",
        ),
        ({"oidc": {"algorithms": ["HS256"]}}, "asymmetric"),
    ):
        with pytest.raises(ValueError, match=named):
            Settings(**wrong)


async def test_no_redirect_leads_to_the_host_that_a_request_names(browser: Visitor) -> None:
    answer = await browser.get("/sign-in/", Host="evil.example")

    assert answer.status == 404
    assert "evil.example" not in f"{answer.text}{dict(answer.headers)}"
