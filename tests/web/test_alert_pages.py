"""The pages about alerts: what a person sees of deadlines, and does about them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.v1 import alerts_pb2 as pb
from gate.v1 import credentialing_pb2
from tests.support.admin_api import new_npi
from tests.support.callers import CALL_SECONDS, Caller, as_message
from tests.support.gates import GateInProcess
from tests.support.visitors import Visitor, hire, visitor
from tests.web.routes import unsafe_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = "00000000-0000-7000-8000-000000000000"
_numbers = count(1)


class Desk:
    """Somebody at a browser, in an organisation of their own."""

    def __init__(self, browser: Visitor, caller: Caller, login: str) -> None:
        self.browser = browser
        self.caller = caller
        self.login = login

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.browser.get(path)
        assert answer.status == status, answer.text
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: str) -> str:
        """The page to which it leads, or what was answered instead."""
        answer = await self.browser.submit("/account", path, **fields)
        assert answer.status == status, answer.text
        return await self.page(answer.location) if status == 303 else answer.text

    async def alert(self, *, due_in: int = 10, payer: str = "Molina") -> str:
        """The path of an alert about an enrollment that is due so soon."""

        async def record(name: str, **fields: object) -> object:
            request = getattr(credentialing_pb2, f"{name}Request")(**fields)
            act = getattr(self.caller.credentialing, name)
            return await act(request, metadata=self.caller.metadata, timeout=CALL_SECONDS)

        told = credentialing_pb2.Provider(first_name="Jane", last_name="Doe", npi=new_npi())
        provider = await record("CreateProvider", provider=told)
        made = await record("CreatePayer", payer=credentialing_pb2.Payer(name=payer))
        assert isinstance(provider, credentialing_pb2.CreateProviderResponse)
        assert isinstance(made, credentialing_pb2.CreatePayerResponse)
        enrollment = credentialing_pb2.ProviderEnrollment(
            provider_id=provider.provider.id,
            payer_id=made.payer.id,
            status=credentialing_pb2.PROVIDER_ENROLLMENT_STATUS_ENROLLED,
            recert_due_on=as_message(system_clock().date() + timedelta(days=due_in)),
        )
        await record("CreateEnrollment", enrollment=enrollment)
        await self.caller.alerts.RunScan(pb.RunScanRequest(), metadata=self.caller.metadata, timeout=CALL_SECONDS)
        page = await self.page("/pm/inbox/alerts")
        found = re.search(rf'href="(/pm/inbox/alerts/[0-9a-f-]+)">Re-credentialing: {payer}<', page)
        assert found is not None
        return found[1]


async def _desk(gate: GateInProcess, role: Role) -> AsyncIterator[Desk]:
    name = f"alerts-{role.value.replace('_', '-')}-{next(_numbers)}"
    await hire(gate.settings, name, {f"{name}-clinic": role})
    async with visitor(gate.http_url) as browser:
        await browser.sign_in(name)
        yield Desk(browser, gate.of(f"{name}-clinic"), name)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(gate: GateInProcess) -> AsyncIterator[Desk]:
    async for desk in _desk(gate, Role.PROVIDER_RELATIONS):
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def onlooker(gate: GateInProcess) -> AsyncIterator[Desk]:
    async for desk in _desk(gate, Role.VIEWER):
        yield desk


async def test_without_deadlines_the_pages_say_so(desk: Desk) -> None:
    assert "No open alerts." in await desk.page("/pm/inbox/alerts")
    assert "Nothing due today." in await desk.page("/today")


async def test_an_alert_is_listed_with_what_portal_readers_need_and_counted_at_home(desk: Desk) -> None:
    await desk.alert(due_in=10)
    await desk.alert(due_in=-3, payer="Aetna")

    page = await desk.page("/pm/inbox/alerts")

    assert page.index("Aetna") < page.index("Molina")
    for words in ("Jane Doe", "RECREDENTIALING_14", "10 days", "3 days overdue", "Critical", "Past due", "Open"):
        assert words in page
    home = await desk.page("/today")
    assert re.search(r'urgency=past_due"><span class="tally-title">Past due</span> .*</span> 1<', home)
    assert "Molina" not in await desk.page("/pm/inbox/alerts?urgency=past_due")


async def test_what_somebody_does_about_an_alert_is_on_its_page(desk: Desk) -> None:
    path = await desk.alert()

    assert "The alert is assigned." in await desk.send(f"{path}/assign", assigned_to=desk.login)
    assert "The alert is put off." in await desk.send(f"{path}/snooze", until="+14")
    assert "The note is kept." in await desk.send(f"{path}/notes", note="<b>called</b>")
    page = await desk.send(f"{path}/acknowledge", note="forms are on the way")

    assert "Acknowledged" in page
    assert f"Assigned to {desk.login}" in page
    assert "&lt;b&gt;called&lt;/b&gt;" in page
    assert "Molina" in await desk.page("/pm/inbox/alerts?who=me")


async def test_what_does_not_fit_is_said_on_the_page_and_keeps_what_was_typed(desk: Desk) -> None:
    path = await desk.alert()

    refused = await desk.send(f"{path}/snooze", status=400, until="someday")

    assert "is a day like 2026-03-10" in refused
    assert 'value="someday"' in refused
    await desk.send(f"{path}/notes", status=400, note=" ")
    await desk.page("/pm/inbox/alerts?kind=none", status=400)
    await desk.send("/pm/inbox/alerts/mutes", status=400, kind="none")
    await desk.page(f"/pm/inbox/alerts/{NOBODY}", status=404)


async def test_a_muted_kind_is_left_out_until_it_is_heard_of_again(desk: Desk) -> None:
    await desk.alert()

    muted = await desk.send("/pm/inbox/alerts/mutes", kind="recredentialing", whose="me", muted="yes")
    assert "No open alerts." in muted
    assert "for you: Re-credentialing" in muted
    assert "Molina" in await desk.send("/pm/inbox/alerts/mutes", kind="recredentialing", whose="me", muted="no")


async def test_whoever_may_only_look_is_offered_nothing_to_do_and_refused_it(onlooker: Desk) -> None:
    path = await onlooker.alert()

    page = await onlooker.page(path)

    assert "Acknowledge" not in page
    assert "For everybody" not in await onlooker.page("/pm/inbox/alerts")
    await onlooker.send(f"{path}/acknowledge", status=403)
    await onlooker.send("/pm/inbox/alerts/mutes", status=403, kind="recredentialing", whose="all", muted="yes")
    assert "is muted" in await onlooker.send("/pm/inbox/alerts/mutes", kind="recredentialing", whose="me", muted="yes")


async def test_no_form_can_be_sent_without_the_token_of_the_page(desk: Desk) -> None:
    paths = [path for path in unsafe_routes() if path.startswith("/pm/inbox/alerts")]
    assert len(paths) == 5
    for path in paths:
        answer = await desk.browser.post(path.replace("{alert_id}", NOBODY), {"csrf_token": "wrong"})
        assert answer.status == 403, path
