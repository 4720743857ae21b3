"""Accounts and memberships, on both databases."""

import pytest

from gate.auth.permissions import Role
from gate.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from tests.accounts.people import ANOTHER, BY, PASSWORD, Desk


async def test_a_person_is_found_by_login_however_it_is_spelled(desk: Desk) -> None:
    account = await desk.hire(" Ann.Smith@Example.ORG ", "clinic", role=Role.COORDINATOR)

    found = await desk.found("ANN.SMITH@example.org")

    assert found.account == account
    assert found.account.login == "ann.smith@example.org"
    assert found.memberships == {"clinic": {Role.COORDINATOR}}
    with pytest.raises(NotFound):
        await desk.found("nobody")


async def test_a_login_is_one_person_s_in_the_whole_deployment(desk: Desk) -> None:
    await desk.hire("ann", "clinic")

    with pytest.raises(Conflict):
        await desk.hire("Ann", "hospital")

    assert (await desk.found("ann")).memberships.keys() == {"clinic"}


@pytest.mark.parametrize(
    ("login", "name", "roles", "field"),
    [
        ("", "", {Role.VIEWER}, "login"),
        ("ann smith", "", {Role.VIEWER}, "login"),
        ("änn", "", {Role.VIEWER}, "login"),
        ("x" * 255, "", {Role.VIEWER}, "login"),
        ("ann", "two\nlines", {Role.VIEWER}, "name"),
        ("ann", "x" * 201, {Role.VIEWER}, "name"),
        ("ann", "", set(), "role"),
    ],
    ids=str,
)
async def test_an_account_that_cannot_be_is_refused_by_field(
    desk: Desk, login: str, name: str, roles: set[Role], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        async with desk.database.writing("clinic") as unit:
            await desk.accounts.create(unit, login, name=name, password_hash="x", roles=frozenset(roles), by=BY)

    assert field in [violation.field for violation in refused.value.violations]
    assert desk.trail.events == []


async def test_every_change_is_recorded_with_what_was_before(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic", role=Role.VIEWER)
    await desk.grant(account, "clinic", Role.AUDITOR, Role.COORDINATOR)
    await desk.grant(account, "hospital", Role.VIEWER)

    assert [dict(event.details) for event in desk.trail.events] == [
        {"login": "ann", "before": "viewer", "after": "auditor coordinator"},
        {"login": "ann", "before": "none", "after": "viewer"},
    ]
    assert desk.trail.told() == [
        ("clinic", "account.changed", "operator@host"),
        ("hospital", "account.changed", "operator@host"),
    ]


async def test_roles_taken_away_are_gone_at_the_next_request(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic", role=Role.ORG_ADMIN)
    token = await desk.enter("ann")
    assert (await desk.who(token)).memberships == {"clinic": {Role.ORG_ADMIN}}

    await desk.grant(account, "clinic", Role.VIEWER)
    assert (await desk.who(token)).memberships == {"clinic": {Role.VIEWER}}

    await desk.grant(account, "clinic")
    assert (await desk.who(token)).memberships == {}
    assert (await desk.who(token)).tenant is None


async def test_who_is_disabled_is_signed_out_at_once_and_stays_out_until_enabled(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic")
    replica = Desk(desk.database)
    token = await desk.enter("ann")
    async with desk.database.writing("clinic") as unit:
        await desk.accounts.disable(unit, account, BY)

    assert not await desk.is_in(token)
    assert not await replica.is_in(token)
    with pytest.raises(Unauthenticated, match=r"^The login or the password is not right\.$"):
        await desk.enter("ann")

    async with desk.database.writing("clinic") as unit:
        await desk.accounts.enable(unit, account, BY)
    assert not await desk.is_in(token)
    assert await desk.enter("ann")
    replica.passwords.close()


async def test_a_new_password_ends_every_session_and_forgets_failures(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic")
    token = await desk.enter("ann")
    async with desk.database.writing("clinic") as unit:
        await desk.accounts.set_password(unit, account, await desk.passwords.hashed(ANOTHER), BY)

    assert not await desk.is_in(token)
    with pytest.raises(Unauthenticated):
        await desk.enter("ann", password=PASSWORD)
    assert await desk.enter("ann", password=ANOTHER)


async def test_what_is_rolled_back_was_never_recorded(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic")

    async def disabled_and_regretted() -> None:
        async with desk.database.writing("clinic") as unit:
            await desk.accounts.disable(unit, account, BY)
            raise LookupError

    with pytest.raises(LookupError):
        await disabled_and_regretted()

    assert desk.trail.events == []
    assert await desk.enter("ann")


async def test_everybody_is_listed_and_an_empty_deployment_needs_somebody(desk: Desk) -> None:
    async with desk.database.reading_accounts() as accounts:
        assert await desk.accounts.is_needed(accounts)
    await desk.hire("bob", "hospital")
    await desk.hire("ann", "clinic", "hospital")

    async with desk.database.reading_accounts() as accounts:
        listed = await desk.accounts.everybody(accounts)
        assert not await desk.accounts.is_needed(accounts)

    assert [(one.account.login, sorted(one.memberships)) for one in listed] == [
        ("ann", ["clinic", "hospital"]),
        ("bob", ["hospital"]),
    ]
