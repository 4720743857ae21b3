"""The page Notifications: what the organisation settled, what each person chose, and what follows from either."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from gate.v1 import alerts_pb2 as pb
from tests.support.callers import CALL_SECONDS
from tests.support.gates import GateInProcess
from tests.web.alert_desks import Desk, desk_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH, OWN = "/pm/notifications", "/pm/notifications/own"
ADDRESS = "@acme.example"
SETTINGS = {"escalate_after_days": "7", "escalate_to": "", "digest_hour": "7", "time_zone": "UTC"}
ANN = {"recipient-1-person": "ann", "recipient-1-email": "ann@acme.example", "recipient-1-style": "single"}
BOB = {"recipient-3-person": "bob", "recipient-3-email": "bob@acme.example", "recipient-3-style": "digest"}


@pytest_asyncio.fixture(loop_scope="module")
async def desk(gate: GateInProcess) -> AsyncIterator[Desk]:
    async with desk_of(gate, Role.PROVIDER_RELATIONS, at=ADDRESS) as desk:
        yield desk


async def settled(desk: Desk) -> pb.NotificationPreferences:
    request = pb.GetNotificationPreferencesRequest()
    answer = await desk.caller.alerts.GetNotificationPreferences(
        request, metadata=desk.caller.metadata, timeout=CALL_SECONDS
    )
    return answer.preferences


def seen_on(page: str) -> dict[str, str]:
    """The hidden field by which the form says what it showed."""
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found is not None
    return {"seen": found[1]}


async def test_where_nobody_is_told_the_page_says_so(desk: Desk) -> None:
    page = await desk.page(PATH)

    assert "Nobody is told by mail: no recipient and no person chose mails." in page
    assert "An alert that nobody reacts to for 7 days is escalated, and nobody is told of that by mail" in page
    assert "You get no mails." in page
    for ladder in ("90, 60, 30 and past due", "90, 14 and past due", "120, 90, 60, 30 and past due"):
        assert ladder in page


async def test_what_an_organisation_settles_is_what_programs_read(desk: Desk) -> None:
    wanted = SETTINGS | {"escalate_to": "boss@acme.example, desk@acme.example", "digest_hour": "5"}
    wanted |= {"escalate_after_days": "1", "time_zone": "America/Chicago", "muted-attestation": "on"}

    page = await desk.send(PATH, wanted | ANN | BOB | {"recipient-2-style": "single"})

    kept = await settled(desk)
    assert [(each.person, each.email, each.style) for each in kept.recipients] == [
        ("ann", "ann@acme.example", pb.MAIL_STYLE_SINGLE),
        ("bob", "bob@acme.example", pb.MAIL_STYLE_DIGEST),
    ]
    assert (kept.escalate_after_days, kept.digest_hour, kept.time_zone) == (1, 5, "America/Chicago")
    assert list(kept.escalate_to) == ["boss@acme.example", "desk@acme.example"]
    for words in (
        "The organisation’s settings were changed.",
        "1 person gets a mail for each alert, from 60 days before its deadline on.",
        "1 person gets one mail a day, from 05:00 on (America/Chicago), on days with something new.",
        "for 1 day is escalated: a mail goes to boss@acme.example, desk@acme.example.",
        "CAQH attestation is muted for everybody",
    ):
        assert words in page
    page = await desk.send(PATH, SETTINGS | {"escalate_after_days": "0"})
    assert "is never escalated" in page
    assert "is muted" not in page
    assert not (await settled(desk)).recipients


async def test_what_does_not_fit_is_said_at_its_field_and_keeps_what_was_typed(desk: Desk) -> None:
    wrong = SETTINGS | {"escalate_after_days": "400", "escalate_to": "boss", "time_zone": "Mars"}
    someone = {"recipient-3-person": "bob", "recipient-3-email": "nonsense"}

    page = await desk.send(PATH, wrong | ANN | someone, status=400)

    assert "Nothing was saved: 4 fields below need another look." in page
    assert (
        'id="recipient-3-email-objection" role="alert"><span aria-hidden="true">■</span> Is not a mail address.' in page
    )
    assert re.search(r'id="recipient-3-email"[^>]* value="nonsense"[^>]* aria-invalid="true"', page)
    for name in ("escalate_after_days", "escalate_to", "time_zone"):
        assert f'id="{name}-objection"' in page
    page = await desk.send(PATH, SETTINGS | {"recipient-1-email": "ann@acme.example"}, status=400)
    assert "Is required: as they sign in." in page
    twice = SETTINGS | ANN | BOB | {"recipient-3-person": "ann"}
    assert "Is named twice." in await desk.send(PATH, twice, status=400)
    assert "Is required." in await desk.send(PATH, SETTINGS | {"digest_hour": ""}, status=400)
    assert await settled(desk) == pb.NotificationPreferences(escalate_after_days=7, digest_hour=7, time_zone="UTC")


async def test_nobody_overwrites_what_somebody_else_settled_meanwhile(gate: GateInProcess, desk: Desk) -> None:
    shown = seen_on(await desk.page(PATH))
    async with desk_of(gate, Role.VIEWER, of=desk.caller.tenant, at=ADDRESS) as other:
        await other.send(OWN, style="digest")

        refused = await desk.send(PATH, SETTINGS | ANN | shown, status=409)

        assert "Somebody else changed this while you did" in refused
        assert "Recipients as they are now" in refused
        assert [each.person for each in (await settled(desk)).recipients] == [other.login]
    await desk.send(PATH, SETTINGS | ANN | seen_on(refused))
    assert [each.person for each in (await settled(desk)).recipients] == ["ann"], "they looked, and saved again"


async def test_everybody_chooses_for_themselves(desk: Desk) -> None:
    page = await desk.send(OWN, {"muted-recredentialing": "on"}, style="single")

    assert "Your own choice was kept." in page
    assert f"You get a mail at {desk.login} for each alert" in page
    assert "Re-credentialing is muted for you: you are not written to" in page
    assert "1 person gets a mail for each alert" in page
    page = await desk.send(OWN, style="digest")
    assert f"You get one mail a day at {desk.login}, from 07:00 on (UTC), if there is something new." in page
    assert "is muted for you" not in page
    assert "You get no mails." in await desk.send(OWN, style="none")
    assert "Is none of the choices." in await desk.send(OWN, style="loud", status=400)


async def test_whoever_may_only_look_sees_who_is_told_and_chooses_for_themselves_alone(
    gate: GateInProcess, desk: Desk
) -> None:
    await desk.send(PATH, SETTINGS | ANN | BOB)
    async with desk_of(gate, Role.VIEWER, of=desk.caller.tenant) as onlooker:
        page = await onlooker.page(PATH)

        assert "bob@acme.example" in page
        assert "recipient-1-person" not in page
        assert "Nobody named a mail address for you" in page, "and they do not sign in by one"
        assert 'name="style"' not in page
        await onlooker.send(PATH, SETTINGS, status=403)
        refused = await onlooker.send(OWN, style="single", status=409)
        assert "whoever manages alerts can add you" in refused
        assert "Credentialing settings</a>" not in page
        assert "is muted for you" in await onlooker.send(OWN, {"muted-revalidation": "on"})


async def test_an_address_that_somebody_named_is_where_one_s_own_mails_go(gate: GateInProcess, desk: Desk) -> None:
    async with desk_of(gate, Role.VIEWER, of=desk.caller.tenant) as onlooker:
        named = {"recipient-1-person": onlooker.login, "recipient-1-email": "ward7@acme.example"}
        await desk.send(PATH, SETTINGS | named)

        assert "You get a mail at ward7@acme.example for each alert" in await onlooker.page(PATH)
        assert "You get no mails." in await onlooker.send(OWN, style="none")
        assert "at ward7@acme.example" in await onlooker.send(OWN, style="digest"), "the address was kept"
