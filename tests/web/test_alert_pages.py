"""The pages about alerts: what a person sees of deadlines, and does about them."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from tests.support.gates import GateInProcess
from tests.web.alert_desks import Desk, desk_of
from tests.web.routes import unsafe_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(loop_scope="module")
async def desk(gate: GateInProcess) -> AsyncIterator[Desk]:
    async with desk_of(gate, Role.PROVIDER_RELATIONS) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def onlooker(gate: GateInProcess) -> AsyncIterator[Desk]:
    async with desk_of(gate, Role.VIEWER) as desk:
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


def box_of(path: str) -> dict[str, str]:
    """The tick of the alert at `path`."""
    return {f"row-{path.rpartition('/')[2]}": "on"}


async def test_ticked_alerts_are_handled_together_and_the_list_stays_as_it_was_filtered(desk: Desk) -> None:
    molina, aetna = await desk.alert(), await desk.alert(payer="Aetna")
    both = box_of(molina) | box_of(aetna)
    back = {"back-kind": "recredentialing"}

    page = await desk.send("/pm/inbox/alerts", both | back, assigned_to=desk.login)
    assert "2 alerts were assigned." in page
    assert re.search(r'<option value="recredentialing" selected>', page)
    assert "1 alert was put off." in await desk.send("/pm/inbox/alerts", box_of(aetna), snoozed_until="+7")
    page = await desk.send("/pm/inbox/alerts", box_of(molina), acknowledged="on", note="called", assigned_to="nobody")

    assert "1 alert was changed." in page
    assert "Given back" in (shown := await desk.page(molina))
    assert "called" in shown
    assert "Snoozed" in await desk.page(aetna)
    assert desk.login in await desk.page(aetna)


async def test_of_those_that_cannot_be_handled_each_is_told_and_the_others_are(desk: Desk) -> None:
    late, molina = await desk.alert(due_in=-3, payer="Aetna"), await desk.alert()
    await desk.renew(payer="Aetna")

    ids = box_of(late) | box_of(molina) | box_of(f"/{NOBODY}")
    page = await desk.send("/pm/inbox/alerts", ids, status=200, acknowledged="on")

    assert "1 alert was acknowledged." in page
    assert "2 alerts were left as they are:" in page
    assert f'<a href="{late}">Re-credentialing: Aetna, Jane Doe</a>: the alert is closed: renewed.' in page
    assert "One of them: there is no such alert." in page


@pytest.mark.parametrize(
    ("typed", "objection"),
    [
        ({}, "Choose what is to happen"),
        ({"acknowledged": "on", "snoozed_until": "+7"}, "Choose either"),
        ({"snoozed_until": "someday"}, "Is not a day"),
        ({"snoozed_until": "+400"}, "Must be an instant within the next 365 days"),
        ({"note": "why", "assigned_to": "ann"}, "A note goes with"),
    ],
)
async def test_what_is_wanted_of_ticked_alerts_is_read_before_anything_is_done(
    desk: Desk, typed: dict[str, str], objection: str
) -> None:
    path = await desk.alert()

    page = await desk.send("/pm/inbox/alerts", typed | box_of(path), status=400)

    assert f"Nothing was changed. {objection}" in page
    assert re.search(rf'name="{next(iter(box_of(path)))}" form="bulk" checked', page), "what was ticked still is"
    assert "Tick at least one alert" in await desk.send("/pm/inbox/alerts", status=400, acknowledged="on")
    assert len(re.findall('<tr><td class="when">', await desk.page(path))) == 1, "only that it was raised"


async def test_whoever_may_only_look_is_offered_nothing_to_do_and_refused_it(onlooker: Desk) -> None:
    path = await onlooker.alert()

    page = await onlooker.page(path)

    assert "Acknowledge" not in page
    assert "Ticked alerts" not in await onlooker.page("/pm/inbox/alerts")
    await onlooker.send("/pm/inbox/alerts", box_of(path), status=403, acknowledged="on")
    assert "For everybody" not in await onlooker.page("/pm/inbox/alerts")
    await onlooker.send(f"{path}/acknowledge", status=403)
    await onlooker.send("/pm/inbox/alerts/mutes", status=403, kind="recredentialing", whose="all", muted="yes")
    assert "is muted" in await onlooker.send("/pm/inbox/alerts/mutes", kind="recredentialing", whose="me", muted="yes")


async def test_no_form_can_be_sent_without_the_token_of_the_page(desk: Desk) -> None:
    paths = [path for path in unsafe_routes() if path.startswith(("/pm/inbox/alerts", "/pm/notifications"))]
    assert len(paths) == 8
    for path in paths:
        answer = await desk.browser.post(path.replace("{alert_id}", NOBODY), {"csrf_token": "wrong"})
        assert answer.status == 403, path
