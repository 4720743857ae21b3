"""Sessions, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.errors import NotFound, Unauthenticated
from tests.accounts.people import ELSEWHERE, HOME, PASSWORD, Desk


async def test_a_session_is_its_person_s_in_their_one_organisation(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic")

    signed_in = await desk.who(await desk.enter("ann"))

    assert signed_in.account.id == account.id
    assert signed_in.tenant == "clinic"
    assert signed_in.session.address == HOME.address


async def test_the_token_is_nowhere_in_the_database(desk: Desk, engine: AsyncEngine) -> None:
    await desk.hire("ann", "clinic")
    token = await desk.enter("ann")
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM sessions"))).all()

    assert len(rows) == 1
    assert token not in repr(rows)


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "é" * 43, "\0" * 43])
async def test_what_is_no_token_is_nobody_s(desk: Desk, token: str) -> None:
    assert await desk.sessions.recognized(token) is None


async def test_a_session_ends_after_half_an_hour_without_a_request(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    token = await desk.enter("ann")

    for _ in range(3):
        desk.later(minutes=29)
        assert await desk.is_in(token)
    desk.later(minutes=30)
    assert not await desk.is_in(token)


async def test_a_session_ends_after_twelve_hours_whatever_happens(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    token = await desk.enter("ann")
    ends_at = desk.now + timedelta(hours=12)

    while desk.now + timedelta(minutes=20) < ends_at:
        desk.later(minutes=20)
        assert (await desk.who(token)).expires_at <= ends_at
    desk.now = ends_at
    assert not await desk.is_in(token)


async def test_what_ended_by_itself_is_swept_away_at_the_next_sign_in(desk: Desk, engine: AsyncEngine) -> None:
    await desk.hire("ann", "clinic")
    await desk.enter("ann")
    desk.later(hours=13)
    await desk.enter("ann")

    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM sessions"))).scalar_one() == 1


async def test_who_signs_out_is_out_on_every_replica_at_once(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    replica = Desk(desk.database)
    token = await desk.enter("ann")
    assert await replica.is_in(token)

    await desk.sessions.end(await desk.who(token), HOME)

    assert not await desk.is_in(token)
    assert not await replica.is_in(token)
    assert desk.trail.told() == [("clinic", "session.signed_in", "ann"), ("clinic", "session.signed_out", "ann")]
    replica.passwords.close()


async def test_signing_in_again_gives_a_new_token_and_ends_the_one_before(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    planted = await desk.enter("ann")

    opened = await desk.sign_in.with_password("ann", PASSWORD, HOME, replacing=planted)

    assert opened.token != planted
    assert not await desk.is_in(planted)
    assert await desk.is_in(opened.token)


async def test_u3_who_belongs_to_two_organisations_chooses_and_is_in_exactly_one(desk: Desk) -> None:
    await desk.hire("ann", "clinic-a", "clinic-b")
    opened = await desk.sign_in.with_password("ann", PASSWORD, HOME)
    undecided = await desk.who(opened.token)
    assert (opened.tenant, undecided.tenant) == (None, None)
    assert desk.trail.events == []

    entered = await desk.sessions.enter(undecided, "clinic-b", HOME)

    assert not await desk.is_in(opened.token), "the token from before the choice still works"
    assert (await desk.who(entered.token)).tenant == "clinic-b"
    assert desk.trail.told() == [("clinic-b", "session.signed_in", "ann")]

    changed = await desk.sessions.enter(await desk.who(entered.token), "clinic-a", HOME)
    assert not await desk.is_in(entered.token)
    assert (await desk.who(changed.token)).tenant == "clinic-a"


async def test_nobody_enters_an_organisation_they_do_not_belong_to(desk: Desk) -> None:
    await desk.hire("ann", "clinic-a", "clinic-b")
    await desk.hire("bob", "hospital")
    token = await desk.enter("ann")

    for tenant in ("hospital", "nowhere", ""):
        with pytest.raises(NotFound, match="not a member"):
            await desk.sessions.enter(await desk.who(token), tenant, HOME)

    assert (await desk.who(token)).tenant is None


async def test_a_session_that_was_ended_meanwhile_does_not_go_on_in_another_organisation(desk: Desk) -> None:
    await desk.hire("ann", "clinic-a", "clinic-b")
    token = await desk.enter("ann")
    signed_in = await desk.who(token)
    await desk.sessions.end(signed_in, HOME)

    with pytest.raises(Unauthenticated):
        await desk.sessions.enter(signed_in, "clinic-a", HOME)
    assert desk.trail.events == []


async def test_one_sees_and_ends_one_s_own_other_sessions_and_nobody_else_s(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    await desk.hire("bob", "clinic")
    here, there, third = [await desk.enter("ann", client) for client in (HOME, ELSEWHERE, HOME)]
    bobs = await desk.enter("bob")
    me = await desk.who(here)
    assert len(await desk.sessions.of(me)) == 3

    await desk.sessions.end_another(me, (await desk.who(bobs)).session.id, HOME)
    assert await desk.is_in(bobs)

    await desk.sessions.end_another(me, (await desk.who(there)).session.id, HOME)
    assert [await desk.is_in(token) for token in (here, there, third)] == [True, False, True]

    await desk.sessions.end_others(me, HOME)
    assert [await desk.is_in(token) for token in (here, there, third, bobs)] == [True, False, False, True]
