"""The pages behind the sign-in, over real HTTP."""

import json
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs
from yarl import URL

from gate.auth.permissions import Role
from gate.v1 import decision_pb2
from gate.web.forgery import SAFE_METHODS
from tests.support.callers import bearer, token_for
from tests.support.gates import GateInProcess, running_in_process
from tests.support.servers import postgres_server
from tests.support.visitors import ANOTHER, PASSWORD, Visitor, hire, visitor
from tests.web.routes import all_routes, unsafe_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = ("/healthz", "/readyz", "/health", "/metrics", "/status", "/sign-in", "/signed-out", "/api/openapi.json")
ENFORCE = decision_pb2.GATE_MODE_ENFORCE


async def chosen(browser: Visitor, tenant: str) -> None:
    page = "/organisations"
    assert (await browser.submit(page, page, tenant=tenant)).location == "/"


@pytest.mark.parametrize("path", OPEN)
async def test_what_operators_watch_needs_no_sign_in(browser: Visitor, path: str) -> None:
    assert (await browser.get(path)).status == 200


@pytest.mark.parametrize(
    "path", [*OPEN, "/", "/today", "/account", "/nowhere", "/static/portal.css", "/static/nothing.css"]
)
async def test_no_answer_can_be_framed_sniffed_or_scripted_from_elsewhere(browser: Visitor, path: str) -> None:
    headers = (await browser.get(path)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    assert ("immutable" if path == "/static/portal.css" else "no-store") in headers["Cache-Control"]


async def test_a_request_keeps_the_name_its_caller_gave_it(browser: Visitor) -> None:
    assert (await browser.get("/healthz", X_Request_Id="claim-7")).headers["X-Request-Id"] == "claim-7"
    made_up = {(await browser.get("/healthz", X_Request_Id="x" * 500)).headers["X-Request-Id"] for _ in range(2)}
    assert len(made_up) == 2
    assert "x" * 500 not in made_up


async def test_no_page_holds_a_script_or_style_of_its_own(browser: Visitor, login: str) -> None:
    pages = [await browser.get(path) for path in ("/sign-in", "/status", "/signed-out")]
    await browser.sign_in(login)
    pages += [await browser.get(path) for path in ("/today", "/overview", "/account", "/organisations", "/nowhere")]

    for page in pages:
        assert " style=" not in page.text
        assert "<style" not in page.text
        assert " onclick=" not in page.text
        assert "http://" not in page.text.replace("http://www.w3.org", "")
        assert "https://" not in page.text


async def test_who_belongs_to_one_organisation_is_in_it_at_once(browser: Visitor, login: str) -> None:
    assert (await browser.sign_in(login)).location == "/"
    page = (await browser.get("/overview")).text

    assert login.replace("person", "clinic") in page
    assert 'action="/organisations"' not in page, "there is nothing to switch to"


async def test_u3_who_belongs_to_two_chooses_first_and_sees_only_the_one_chosen(
    gate: GateInProcess, browser: Visitor, two_clinics: str
) -> None:
    mine, other = f"{two_clinics}-a", f"{two_clinics}-b"
    await gate.of(mine).configure(enabled_states=["TX"], gate_mode=ENFORCE)
    await gate.of(other).configure(enabled_states=["NY"])

    assert (await browser.sign_in(two_clinics, next_path="/account")).location == "/organisations"
    assert (await browser.get("/")).location == "/organisations"
    await chosen(browser, mine)
    overview = (await browser.get("/overview")).text
    assert "ENFORCE</span>" in overview
    assert '<th scope="row">TX</th>' in overview
    assert '<th scope="row">NY</th>' not in overview

    before = browser.cookie("gate-session")
    await chosen(browser, other)
    assert browser.cookie("gate-session") != before
    overview = (await browser.get("/overview")).text
    assert f"{other} ·" in overview
    assert "TX</th>" not in overview
    assert 'id="modes"' not in overview, "a coordinator may not see the modes"


async def test_nobody_switches_to_an_organisation_that_is_not_theirs(
    gate: GateInProcess, browser: Visitor, two_clinics: str, login: str
) -> None:
    await browser.sign_in(two_clinics)
    await chosen(browser, f"{two_clinics}-a")

    foreign = await browser.submit("/organisations", "/organisations", tenant=login.replace("person", "clinic"))
    nowhere = await browser.submit("/organisations", "/organisations", tenant="nowhere")

    assert foreign.status == nowhere.status == 404
    assert f"{two_clinics}-a ·" in (await browser.get("/overview")).text


async def test_another_site_changes_nothing_in_anybody_s_name(browser: Visitor, two_clinics: str) -> None:
    await browser.sign_in(two_clinics)
    await chosen(browser, f"{two_clinics}-a")
    token = (await browser.get("/account")).token
    unsafe = {
        "/organisations": {"tenant": f"{two_clinics}-b"},
        "/account/password": {
            "current_password": PASSWORD,
            "new_password": ANOTHER,
            "new_password_again": ANOTHER,
        },
        "/account/sessions/end": {},
        "/theme": {"theme": "dark"},
        "/today/take": {"kind": "task", "id": "any"},
        "/today/snooze": {"kind": "deadline", "id": "any", "days": "7"},
        "/sign-out": {},
    }
    for path, fields in unsafe.items():
        forged = [
            await browser.post(path, fields),
            await browser.post(path, fields | {"csrf_token": "wrong"}),
            await browser.post(path, fields | {"csrf_token": token}, Origin="https://evil.example"),
            await browser.post(path, fields | {"csrf_token": token}, Origin="null"),
            await browser.post(path, fields | {"csrf_token": token}, Sec_Fetch_Site="cross-site"),
        ]
        assert [answer.status for answer in forged] == [403] * len(forged), path

    assert f"{two_clinics}-a ·" in (await browser.get("/overview")).text
    assert not browser.cookie("gate-theme")


async def test_every_route_that_changes_something_asks_for_the_token() -> None:
    """A new one that is not among those of the test above fails here; the rooms' own tests try theirs."""
    assert {path for path in unsafe_routes() if not path.startswith(("/api/", "/pm/", "/admin/", "/system/"))} == {
        "/sign-in",
        "/sign-out",
        "/organisations",
        "/account/password",
        "/account/sessions/end",
        "/theme",
        "/today/take",
        "/today/snooze",
    }


async def test_every_route_for_programs_that_changes_something_asks_a_session_for_the_token(
    gate: GateInProcess, browser: Visitor
) -> None:
    await hire(gate.settings, "admin-without-token", {"clinic-without-token": Role.ORG_ADMIN})
    await browser.sign_in("admin-without-token")
    routes = {(method, str(route.path)) for route in all_routes() for method in route.methods or ()}
    changing = {(method, path) for method, path in routes if path.startswith("/api/") and method not in SAFE_METHODS}

    assert changing
    for method, path in changing:
        assert (await browser.send(method, path, {}, "not the token")).status == 403, path


async def test_one_changes_one_s_password_and_the_other_browser_is_out(
    gate: GateInProcess, browser: Visitor, login: str
) -> None:
    async with visitor(gate.http_url) as other:
        await other.sign_in(login)
        await browser.sign_in(login)
        fields = {"current_password": PASSWORD, "new_password": ANOTHER, "new_password_again": ANOTHER}

        done = await browser.submit("/account", "/account/password", **fields)

        assert (done.status, done.location) == (303, "/account?changed")
        assert "Your password is changed" in (await browser.get(done.location)).text
        assert (await other.get("/account")).status == 303
        assert (await other.sign_in(login)).status == 401
        assert (await other.sign_in(login, ANOTHER)).status == 303


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"current_password": "a wrong password"}, "is not right"),
        ({"new_password": "short", "new_password_again": "short"}, "at least 12 characters"),
        ({"new_password_again": "something else"}, "is not the same"),
    ],
    ids=["current", "short", "again"],
)
async def test_a_password_that_is_not_changed_says_why_beside_the_field(
    browser: Visitor, login: str, fields: dict[str, str], words: str
) -> None:
    await browser.sign_in(login)
    usual = {"current_password": PASSWORD, "new_password": ANOTHER, "new_password_again": ANOTHER}

    refused = await browser.submit("/account", "/account/password", **(usual | fields))

    assert refused.status == 400
    assert words in refused.text
    assert 'aria-invalid="true"' in refused.text
    for secret in (PASSWORD, ANOTHER, "a wrong password"):
        assert secret not in refused.text


async def test_one_sees_one_s_other_browsers_and_signs_them_out(
    gate: GateInProcess, browser: Visitor, login: str
) -> None:
    async with visitor(gate.http_url) as other:
        await other.sign_in(login)
        await browser.sign_in(login)
        page = await browser.get("/account")
        assert page.text.count('name="session"') == 1
        assert page.text.count("this one") == 1

        await browser.submit("/account", "/account/sessions/end")

        assert (await other.get("/account")).status == 303
        assert (await browser.get("/account")).status == 200


async def test_the_look_is_chosen_without_a_script(browser: Visitor, login: str) -> None:
    await browser.sign_in(login)
    assert 'data-theme="auto"' in (await browser.get("/overview")).text

    assert (await browser.submit("/overview", "/theme", theme="dark", next="/account")).location == "/account"
    assert 'data-theme="dark"' in (await browser.get("/account")).text
    assert (await browser.submit("/overview", "/theme", theme='"><script>', next="//evil.example")).location == "/"
    assert 'data-theme="dark"' in (await browser.get("/overview")).text


async def test_a_page_that_is_not_there_says_so_in_words_to_people_and_in_json_to_programs(
    browser: Visitor, login: str
) -> None:
    stranger = await browser.get("/nowhere")
    await browser.sign_in(login)
    member = await browser.get("/account/nowhere")
    program = await browser.get("/api/nowhere", X_Request_Id="r-7")

    assert stranger.status == member.status == program.status == 404
    assert "There is no such page" in stranger.text
    assert "There is no such page" in member.text
    assert json.loads(program.text) == {
        "type": "about:blank",
        "title": "There is no such page",
        "status": 404,
        "request_id": "r-7",
    }


async def test_a_bearer_token_opens_no_page(gate: GateInProcess, browser: Visitor) -> None:
    ((_, authorization),) = bearer(token_for(gate.data_dir, "clinic", Role.ORG_ADMIN))

    assert (await browser.get("/", Authorization=authorization)).status == 303


async def test_the_switch_that_set_a_mode_is_shown_with_its_reason_escaped(
    gate: GateInProcess, browser: Visitor, login: str
) -> None:
    caller = gate.of(login.replace("person", "clinic"))
    await caller.configure(enabled_states=["TX", "CA"])
    await caller.set_mode(ENFORCE, state="TX", reason="<b>ready</b> & tested", force=True)
    await caller.set_mode(decision_pb2.GATE_MODE_OFF, state="TX", lob="CHIP", reason="feed is broken")
    await browser.sign_in(login)

    page = (await browser.get("/overview")).text

    assert "&lt;b&gt;ready&lt;/b&gt; &amp; tested" in page
    assert "feed is broken" in page
    assert "never switched" in page


async def test_when_the_gate_itself_fails_no_trace_of_it_reaches_the_page(
    gate: GateInProcess, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> object:
        raise RuntimeError("a secret inside")

    monkeypatch.setattr("gate.tenancy.service.TenantService.get", broken)
    async with visitor(gate.http_url) as browser:
        await browser.sign_in(login)
        with capture_logs() as logged:
            failed = await browser.get("/overview", X_Request_Id="r-9")

    assert failed.status == 500
    assert "Something went wrong here" in failed.text
    assert "r-9" in failed.text
    assert "secret" not in failed.text
    assert failed.headers["X-Frame-Options"] == "DENY"
    assert [line["event"] for line in logged] == ["request_failed"]


async def test_while_the_database_is_down_pages_say_so_and_come_back_by_themselves(tmp_path: Path) -> None:
    with postgres_server() as database:
        async with (
            running_in_process(tmp_path, database_url=database.url()) as gate,
            visitor(gate.http_url) as browser,
        ):
            await hire(gate.settings, "ann", {"clinic": Role.VIEWER})
            await browser.sign_in("ann")
            token = (await browser.get("/account")).token
            database.kill()

            page = await browser.get("/today")
            assert page.status == 503
            assert "The gate goes on checking claims" in page.text
            assert (await browser.post("/theme", {"csrf_token": token, "theme": "dark"})).status == 503
            assert (await browser.get("/status")).status == 200
            async with visitor(gate.http_url) as stranger:
                refused = await stranger.sign_in("ann")
                assert refused.status == 503

            database.start()
            assert (await browser.get("/today")).status == 200


async def test_static_files_stay_below_their_folder(gate: GateInProcess) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/..%2fpages.py", "/static//etc/passwd"):
            async with session.get(URL(gate.http_url + path, encoded=True)) as answer:
                assert answer.status == 404
