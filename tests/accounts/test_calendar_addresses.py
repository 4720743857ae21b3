"""Secret addresses of calendars, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.accounts.calendar_addresses import CalendarAddresses
from gate.accounts.model import Client, SignedIn
from gate.accounts.throttle import ADDRESS, FORGOTTEN_AFTER, TooManyTries
from gate.audit.model import Actor, Via
from gate.auth.permissions import Role
from gate.errors import NotFound
from tests.accounts.people import BY, ELSEWHERE, HOME, Desk


@pytest.fixture
def calendars(desk: Desk) -> CalendarAddresses:
    return CalendarAddresses(desk.database, desk.trail, desk.clock)


def by(person: SignedIn) -> Actor:
    assert person.tenant is not None
    return Actor(tenant=person.tenant, subject=person.account.login, via=Via.SESSION)


async def ann(desk: Desk, role: Role = Role.COORDINATOR) -> SignedIn:
    await desk.hire("ann", "clinic", role=role)
    return await desk.who(await desk.enter("ann"))


async def test_an_address_is_its_person_s_in_one_tenant_with_the_roles_of_now(
    desk: Desk, calendars: CalendarAddresses
) -> None:
    person = await ann(desk)
    issued = await calendars.issue(person, by(person))

    found = await calendars.recognized(issued.secret, ELSEWHERE)
    assert (found.account.login, found.tenant, found.roles) == ("ann", "clinic", frozenset({Role.COORDINATOR}))
    await desk.grant(person.account, "clinic", Role.VIEWER)
    assert (await calendars.recognized(issued.secret, ELSEWHERE)).roles == {Role.VIEWER}
    await desk.grant(person.account, "clinic")
    with pytest.raises(NotFound):
        await calendars.recognized(issued.secret, ELSEWHERE)


async def test_the_secret_is_nowhere_in_the_database_and_both_acts_are_in_the_audit_log(
    desk: Desk, calendars: CalendarAddresses, engine: AsyncEngine
) -> None:
    person = await ann(desk)
    desk.trail.events.clear()
    issued = await calendars.issue(person, by(person))

    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM calendar_addresses"))).all()
    assert len(rows) == 1
    assert issued.secret not in repr(rows)
    await calendars.revoke(person, by(person))
    await calendars.revoke(person, by(person))
    assert desk.trail.told() == [
        ("clinic", "calendar_address.created", "ann"),
        ("clinic", "calendar_address.revoked", "ann"),
    ]
    assert issued.secret not in repr(desk.trail.events)


async def test_a_new_address_takes_the_place_of_the_old_one(desk: Desk, calendars: CalendarAddresses) -> None:
    person = await ann(desk)
    old = await calendars.issue(person, by(person))
    new = await calendars.issue(person, by(person))

    with pytest.raises(NotFound):
        await calendars.recognized(old.secret, HOME)
    assert (await calendars.recognized(new.secret, HOME)).tenant == "clinic"
    assert await calendars.of(person, "clinic") == new.address
    assert await calendars.of(person, "hospital") is None


async def test_an_address_ends_after_a_year_and_with_its_person(desk: Desk, calendars: CalendarAddresses) -> None:
    person = await ann(desk)
    issued = await calendars.issue(person, by(person))

    async with desk.database.writing("clinic") as unit:
        await desk.accounts.disable(unit, person.account, BY)
    with pytest.raises(NotFound):
        await calendars.recognized(issued.secret, HOME)
    async with desk.database.writing("clinic") as unit:
        await desk.accounts.enable(unit, person.account, BY)
    desk.later(days=364)
    assert (await calendars.recognized(issued.secret, HOME)).tenant == "clinic"
    desk.later(days=1)
    with pytest.raises(NotFound):
        await calendars.recognized(issued.secret, HOME)


@pytest.mark.parametrize("secret", ["", "x", "x" * 10_000, "é" * 43, "\0" * 43])
async def test_what_is_no_secret_opens_nothing(calendars: CalendarAddresses, secret: str) -> None:
    with pytest.raises(NotFound):
        await calendars.recognized(secret, HOME)


async def test_guessing_from_one_place_is_slowed_down_and_forgotten_after_a_while(
    desk: Desk, calendars: CalendarAddresses
) -> None:
    person = await ann(desk)
    issued = await calendars.issue(person, by(person))
    for number in range(ADDRESS.free):
        with pytest.raises(NotFound):
            await calendars.recognized(f"{number:043}", HOME)

    with pytest.raises(TooManyTries):
        await calendars.recognized(issued.secret, HOME)
    assert (await calendars.recognized(issued.secret, ELSEWHERE)).tenant == "clinic"
    assert (await calendars.recognized(issued.secret, Client(address="2001:db8::1"))).tenant == "clinic"
    desk.now += FORGOTTEN_AFTER + timedelta(seconds=1)
    assert (await calendars.recognized(issued.secret, HOME)).tenant == "clinic"
