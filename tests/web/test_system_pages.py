"""The pages about jobs, deliveries and webhooks, and their routes for programs."""

import json
import re
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from gate.auth.permissions import Role
from tests.support.callers import bearer, token_for
from tests.support.gates import GateInProcess
from tests.support.letters import NO_MAILBOX, give_up
from tests.support.visitors import Visitor, hire, visitor
from tests.web.routes import unsafe_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
JOBS = ("deliver-outbox", "ledger-retention", "outbox-retention", "job-history", "alert-scan", "alert-digests")
PAGES = ("/system/jobs", "/system/jobs/ledger-retention", "/system/deliveries", "/system/webhooks")
NOBODY = "00000000-0000-7000-8000-000000000000"
_numbers = count(1)


class Desk:
    """Somebody at a browser, in an organisation of their own."""

    def __init__(self, gate: GateInProcess, browser: Visitor, tenant: str) -> None:
        self.gate = gate
        self.browser = browser
        self.tenant = tenant

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.browser.get(path)
        assert answer.status == status, answer.text
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: str) -> str:
        """The page to which it leads, or what was answered instead."""
        answer = await self.browser.submit("/account", path, **fields)
        assert answer.status == status, answer.text
        return await self.page(answer.location) if status == 303 else answer.text

    async def api(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        token = (await self.browser.get("/account")).token
        answer = await self.browser.send(method, f"/api{path}", body, token)
        assert answer.status == status, answer.text
        return json.loads(answer.text)


async def _desk(gate: GateInProcess, role: Role) -> AsyncIterator[Desk]:
    name = f"system-{role.value.replace('_', '-')}-{next(_numbers)}"
    await hire(gate.settings, name, {f"{name}-clinic": role})
    async with visitor(gate.http_url) as browser:
        await browser.sign_in(name)
        yield Desk(gate, browser, f"{name}-clinic")


@pytest_asyncio.fixture(loop_scope="module")
async def desk(gate: GateInProcess) -> AsyncIterator[Desk]:
    async for desk in _desk(gate, Role.GATE_OPERATOR):
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def onlooker(gate: GateInProcess) -> AsyncIterator[Desk]:
    async for desk in _desk(gate, Role.VIEWER):
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def coordinator(gate: GateInProcess) -> AsyncIterator[Desk]:
    async for desk in _desk(gate, Role.COORDINATOR):
        yield desk


async def test_every_job_is_listed_with_its_schedule_and_next_time(desk: Desk) -> None:
    page = await desk.page("/system/jobs")

    for job in JOBS:
        assert f'href="/system/jobs/{job}"' in page
    assert "20 3 * * * UTC" in page
    assert page.count(">Run now<") == len(JOBS)


async def test_an_operator_has_a_job_run_now_and_sees_that_it_did(desk: Desk) -> None:
    page = await desk.send("/system/jobs/ledger-retention/run")
    assert "The job was ordered" in page
    assert "by hand" in page

    listed = await desk.api("GET", "/jobs")
    assert [each["name"] for each in listed["data"]] == list(JOBS)
    runs = (await desk.api("GET", "/jobs/ledger-retention/runs"))["data"]
    assert any(run["is_ordered"] for run in runs)


async def test_what_is_under_way_already_is_told_to_programs_and_fine_for_people(desk: Desk) -> None:
    await desk.api("POST", "/jobs/outbox-retention/runs")
    await desk.send("/system/jobs/outbox-retention/run")


async def test_a_run_tells_nothing_that_is_of_other_organisations(desk: Desk) -> None:
    runs = (await desk.api("GET", "/jobs/ledger-retention/runs"))["data"]

    assert {name for run in runs for name in run} <= {
        "scheduled_for",
        "is_ordered",
        "state",
        "started_at",
        "finished_at",
        "error",
    }


async def test_a_job_that_is_not_there_is_not_found(desk: Desk) -> None:
    await desk.page("/system/jobs/nonsense", 404)
    await desk.send("/system/jobs/nonsense/run", 404)
    await desk.api("POST", "/jobs/nonsense/runs", status=404)


@pytest.mark.parametrize("before", ["yesterday", "0001-01-01T00:00:00+14:00", "2026-03-10T12:00:00", ""])
async def test_whatever_a_list_is_to_go_on_before_is_answered(desk: Desk, before: str) -> None:
    path = f"/system/jobs/job-history?before={before}"
    assert (await desk.browser.get(path)).status in {200, 400}


async def test_a_dead_letter_is_shown_sent_again_and_discarded(desk: Desk) -> None:
    assert "Everything was delivered" in await desk.page("/system/deliveries")
    await give_up(desk.gate.settings, desk.tenant, "Past due: Doe, <b>Jane</b>", "Another")

    page = await desk.page("/system/deliveries")
    assert "Past due: Doe, &lt;b&gt;Jane&lt;/b&gt;" in page
    assert "ann@clinic.example" in page
    assert NO_MAILBOX in page
    first, second = re.findall(r'action="(/system/deliveries/[^"]+)/send-again"', page)

    assert "sent again" in await desk.send(f"{first}/send-again")
    form = await desk.page(f"{second}/discard")
    assert "Discard this message?" in form
    refused = await desk.send(f"{second}/discard", 400, reason=" ")
    assert "reason-objection" in refused
    page = await desk.send(f"{second}/discard", reason="she left")
    assert "Everything was delivered" in page
    assert "1 more waits" in page
    await desk.send(f"{second}/discard", 404, reason="again")


async def test_programs_do_the_same_about_dead_letters(desk: Desk) -> None:
    await give_up(desk.gate.settings, desk.tenant, *(f"Subject {number}" for number in range(52)))

    first = await desk.api("GET", "/dead-letters")
    second = await desk.api("GET", f"/dead-letters?before={first['next_page_token']}")
    assert (len(first["data"]), len(second["data"]), second["next_page_token"]) == (50, 2, "")
    one, other = (each["id"] for each in second["data"])
    await desk.api("POST", f"/dead-letters/{one}/send-again")
    await desk.api("POST", f"/dead-letters/{other}/discard", {"reason": ""}, 400)
    await desk.api("POST", f"/dead-letters/{other}/discard", {"reason": "she left"})
    assert len((await desk.api("GET", f"/dead-letters?before={first['next_page_token']}"))["data"]) == 0


async def test_an_endpoint_is_added_given_another_secret_switched_and_removed(desk: Desk) -> None:
    refused = await desk.send("/system/webhooks", 400, url="http://127.0.0.1/", topics="", description="")
    assert "url-objection" in refused
    assert 'value="http://127.0.0.1/"' in refused

    told = await desk.send(
        "/system/webhooks", 200, url="https://hooks.clinic.example/in", topics="alert., task.done", description="ours"
    )
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", told)
    assert secret is not None
    Webhook(secret[0])
    page = await desk.page("/system/webhooks")
    assert "whsec_" not in page
    assert "alert., task.done" in page
    (endpoint,) = re.findall(r'action="(/system/webhooks/[^"]+)/switch"', page)
    another = await desk.send(f"{endpoint}/secret", 200)
    assert "whsec_" in another
    assert secret[0] not in another
    assert "switched off" in await desk.send(f"{endpoint}/switch", on="no")
    assert "switched on" in await desk.send(f"{endpoint}/switch", on="yes")
    assert "hooks.clinic.example" in await desk.page(f"{endpoint}/remove")
    assert "Nobody is told yet" in await desk.send(f"{endpoint}/remove")


async def test_programs_do_the_same_about_endpoints(desk: Desk) -> None:
    made = (await desk.api("POST", "/webhooks", {"url": "https://hooks.clinic.example/"}))["data"]
    endpoint = made["endpoint"]["id"]
    assert made["secret"].startswith("whsec_")
    assert (await desk.api("POST", f"/webhooks/{endpoint}/secret"))["data"]["secret"] != made["secret"]
    assert (await desk.api("POST", f"/webhooks/{endpoint}/disable"))["data"]["disabled_at"]
    assert (await desk.api("POST", f"/webhooks/{endpoint}/enable"))["data"]["disabled_at"] is None
    (listed,) = (await desk.api("GET", "/webhooks"))["data"]
    assert "secret" not in listed
    await desk.api("DELETE", f"/webhooks/{endpoint}")
    assert (await desk.api("GET", "/webhooks"))["data"] == []


async def test_who_may_only_look_sees_everything_and_is_offered_nothing(onlooker: Desk) -> None:
    await give_up(onlooker.gate.settings, onlooker.tenant, "Past due")
    for path in PAGES:
        page = await onlooker.page(path)
        assert ">Run now<" not in page
        assert "Send again" not in page
        assert 'action="/system' not in page


async def test_who_may_only_look_does_nothing(onlooker: Desk) -> None:
    for path in (route for route in unsafe_routes() if route.startswith("/system/")):
        await onlooker.send(re.sub(r"{\w+}", NOBODY, path), 403)
    await onlooker.api("POST", "/jobs/job-history/runs", status=403)
    await onlooker.api("POST", "/webhooks", {"url": "https://a.example/"}, 403)


async def test_who_keeps_credentialing_records_does_not_find_these_pages(coordinator: Desk) -> None:
    assert "/system/" not in await coordinator.page("/today")
    for path in PAGES:
        await coordinator.page(path, 403)


async def test_no_form_can_be_sent_without_the_token_of_the_page(desk: Desk) -> None:
    paths = [path for path in unsafe_routes() if path.startswith("/system/")]
    assert len(paths) == 7
    for path in paths:
        answer = await desk.browser.post(re.sub(r"{\w+}", NOBODY, path), {"csrf_token": "wrong"})
        assert answer.status == 403, path


async def test_programs_come_with_their_token(gate: GateInProcess) -> None:
    async with visitor(gate.http_url) as program:
        credential = dict(bearer(token_for(gate.data_dir, "programs", Role.GATE_OPERATOR)))["authorization"]
        answer = await program.get("/api/dead-letters", Authorization=credential)
        assert (answer.status, json.loads(answer.text)["data"]) == (200, [])
        assert (await program.get("/api/dead-letters")).status == 401
