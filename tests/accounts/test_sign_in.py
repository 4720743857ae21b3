"""Signing in, on both databases."""

import asyncio
import time

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.accounts.model import Client
from gate.accounts.passwords import Passwords
from gate.accounts.sign_in import MOST_AT_ONCE, SignIn
from gate.audit.model import Actor, Via
from gate.auth.oidc_claims import Identity
from gate.auth.permissions import Role
from gate.errors import InvalidInput, Overloaded, PermissionDenied, PreconditionFailed, Unauthenticated
from tests.accounts.people import ANOTHER, BY, ELSEWHERE, HOME, PASSWORD, Desk

REFUSED = r"^The login or the password is not right\.$"
ISSUER = "https://id.example.org"


def identity(subject: str = "ann", **memberships: Role) -> Identity:
    granted = {tenant: frozenset({role}) for tenant, role in memberships.items()}
    return Identity(issuer=ISSUER, subject=subject, name="Ann", memberships=granted)


def ann(tenant: str = "clinic") -> Actor:
    return Actor(tenant=tenant, subject="ann", via=Via.SESSION, address=HOME.address)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("ann", "a wrong password"),
        ("nobody", PASSWORD),
        ("", ""),
        ("ann", ""),
        ("ann", "x" * 5000),
        ("a" * 300, "x"),
        ("\0", "\0"),
    ],
)
async def test_whatever_is_wrong_the_words_are_the_same(desk: Desk, login: str, password: str) -> None:
    await desk.hire("ann", "clinic")

    with pytest.raises(Unauthenticated, match=REFUSED):
        await desk.enter(login, password=password)


async def test_whatever_is_wrong_the_answer_comes_as_late(desk: Desk) -> None:
    await desk.hire("ann", *(f"clinic-{number}" for number in range(8)))
    waiting = SignIn(desk.database, desk.sessions, desk.accounts, desk.passwords, desk.clock, refusal_seconds=0.5)

    async def seconds(login: str) -> float:
        began = time.perf_counter()
        with pytest.raises(Unauthenticated):
            await waiting.with_password(login, "a wrong password", HOME)
        return time.perf_counter() - began

    known, unknown = await seconds("ann"), await seconds("nobody")

    assert known >= 0.49
    assert unknown >= 0.49
    assert abs(known - unknown) < 0.25


async def test_a_refused_sign_in_is_told_to_each_of_the_person_s_organisations(desk: Desk) -> None:
    await desk.hire("ann", "clinic", "hospital")

    with pytest.raises(Unauthenticated):
        await desk.enter("ann", ELSEWHERE, "a wrong password")
    with pytest.raises(Unauthenticated):
        await desk.enter("nobody", ELSEWHERE)

    assert desk.trail.told() == [
        ("clinic", "session.refused", "ann"),
        ("hospital", "session.refused", "ann"),
    ]
    assert {event.actor.address for event in desk.trail.events} == {ELSEWHERE.address}
    assert "a wrong password" not in repr(desk.trail.events)


async def test_a_hash_with_parameters_of_the_past_is_made_anew_at_sign_in(desk: Desk, engine: AsyncEngine) -> None:
    await desk.hire("ann", "clinic")
    stricter = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    today = SignIn(desk.database, desk.sessions, desk.accounts, stricter, desk.clock, refusal_seconds=0)

    await today.with_password("ann", PASSWORD, HOME)

    async with engine.connect() as connection:
        kept = (await connection.execute(text("SELECT password_hash FROM accounts"))).scalar_one()
    assert "m=16,t=2" in kept
    assert (await today.with_password("ann", PASSWORD, HOME)).token
    stricter.close()


async def test_who_belongs_nowhere_is_told_so_and_gets_no_session(desk: Desk, engine: AsyncEngine) -> None:
    account = await desk.hire("ann", "clinic")
    await desk.grant(account, "clinic")

    with pytest.raises(PermissionDenied, match="no organisation"):
        await desk.enter("ann")

    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM sessions"))).scalar_one() == 0


async def test_one_changes_one_s_password_and_stays_signed_in_here_alone(desk: Desk) -> None:
    await desk.hire("ann", "clinic", "hospital")
    here = (await desk.sessions.enter(await desk.who(await desk.enter("ann")), "clinic", HOME)).token
    there = await desk.enter("ann", ELSEWHERE)
    desk.trail.events.clear()

    opened = await desk.sign_in.change_password(await desk.who(here), PASSWORD, ANOTHER, ann())

    assert [await desk.is_in(token) for token in (here, there, opened.token)] == [False, False, True]
    assert await desk.enter("ann", password=ANOTHER)
    assert sorted(desk.trail.told()) == [("clinic", "account.changed", "ann"), ("hospital", "account.changed", "ann")]


@pytest.mark.parametrize(
    ("current", "chosen", "field"),
    [("a wrong password", ANOTHER, "current_password"), (PASSWORD, "too short", "new_password")],
)
async def test_a_password_is_changed_by_who_knows_it_and_to_one_that_does(
    desk: Desk, current: str, chosen: str, field: str
) -> None:
    await desk.hire("ann", "clinic")
    token = await desk.enter("ann")

    with pytest.raises(InvalidInput) as refused:
        await desk.sign_in.change_password(await desk.who(token), current, chosen, ann())

    assert [violation.field for violation in refused.value.violations] == [field]
    assert await desk.is_in(token)
    assert await desk.enter("ann", password=PASSWORD)


async def test_whom_the_identity_provider_vouches_for_may_what_it_says(desk: Desk) -> None:
    opened = await desk.sign_in.with_identity(identity(clinic=Role.COORDINATOR), HOME)

    signed_in = await desk.who(opened.token)

    assert signed_in.tenant == "clinic"
    assert signed_in.memberships == {"clinic": {Role.COORDINATOR}}
    assert signed_in.account.name == "Ann"
    assert desk.trail.told() == [("clinic", "session.signed_in", "ann")]
    with pytest.raises(PreconditionFailed, match="identity provider"):
        await desk.sign_in.change_password(signed_in, PASSWORD, ANOTHER, ann())


async def test_a_provider_s_person_is_another_than_the_local_one_of_the_same_login(desk: Desk) -> None:
    local = await desk.hire("ann", "clinic", role=Role.ORG_ADMIN)

    signed_in = await desk.who((await desk.sign_in.with_identity(identity(hospital=Role.VIEWER), HOME)).token)

    assert signed_in.account.id != local.id
    assert signed_in.memberships == {"hospital": {Role.VIEWER}}
    assert (await desk.who(await desk.enter("ann"))).memberships == {"clinic": {Role.ORG_ADMIN}}


async def test_the_provider_s_word_is_taken_anew_at_every_sign_in(desk: Desk) -> None:
    first = await desk.who((await desk.sign_in.with_identity(identity(clinic=Role.ORG_ADMIN), HOME)).token)
    second = await desk.who((await desk.sign_in.with_identity(identity(clinic=Role.VIEWER), HOME)).token)

    assert first.account.id == second.account.id
    assert second.memberships == {"clinic": {Role.VIEWER}}


async def test_a_provider_s_person_who_is_disabled_here_stays_out(desk: Desk) -> None:
    token = (await desk.sign_in.with_identity(identity(clinic=Role.VIEWER), HOME)).token
    account = (await desk.found("ann", ISSUER)).account
    async with desk.database.writing("clinic") as unit:
        await desk.accounts.disable(unit, account, BY)

    assert not await desk.is_in(token)
    with pytest.raises(Unauthenticated, match="disabled"):
        await desk.sign_in.with_identity(identity(clinic=Role.VIEWER), HOME)


async def test_no_password_opens_a_provider_s_account(desk: Desk) -> None:
    await desk.sign_in.with_identity(identity(clinic=Role.VIEWER), HOME)

    for password in ("", PASSWORD, "None"):
        with pytest.raises(Unauthenticated, match=REFUSED):
            await desk.enter("ann", password=password)


async def test_who_the_provider_puts_nowhere_is_told_so(desk: Desk) -> None:
    with pytest.raises(PermissionDenied, match="no organisation"):
        await desk.sign_in.with_identity(identity(), HOME)


async def test_strangers_cannot_make_it_hash_without_end(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    clients = [Client(address=f"198.51.100.{number}") for number in range(2 * MOST_AT_ONCE)]
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1))
    crowded = SignIn(desk.database, desk.sessions, desk.accounts, passwords, desk.clock, refusal_seconds=0)

    async def told(client: Client) -> type[Exception]:
        with pytest.raises((Unauthenticated, Overloaded)) as refusal:
            await crowded.with_password(f"nobody-{client.address}", "a wrong password", client)
        return refusal.type

    answers = await asyncio.gather(*map(told, clients))

    assert answers == [Unauthenticated] * MOST_AT_ONCE + [Overloaded] * MOST_AT_ONCE
    assert (await crowded.with_password("ann", PASSWORD, HOME)).tenant == "clinic"
