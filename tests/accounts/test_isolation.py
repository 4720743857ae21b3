"""The tables of people are out of reach for whoever works for a tenant, and tenants' tables for who signs people in."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

import gate.tenancy.tables
from gate.accounts.tables import AccountTable, MembershipTable, SessionTable
from gate.auth.permissions import Role
from gate.persistence.scope import TenantLeak, tables_of_people, tables_of_tenants
from gate.persistence.unit_of_work import Database, UnitOfWork
from tests.accounts.people import Desk
from tests.support.databases import POSTGRESQL

only_postgresql = pytest.mark.parametrize("database_url", [POSTGRESQL], indirect=True)
PEOPLE = ["accounts", "sessions", "sign_in_tries"]


def test_these_tables_belong_to_no_tenant_and_all_others_to_one() -> None:
    assert tables_of_people() == PEOPLE
    assert {"memberships", gate.tenancy.tables.TenantConfigTable.__tablename__} <= set(tables_of_tenants())


@pytest.mark.parametrize("table", [AccountTable, SessionTable])
async def test_a_tenant_s_unit_does_not_reach_people(
    database: Database, table: type[AccountTable] | type[SessionTable]
) -> None:
    statements = (select(table), select(table.id), delete(table), update(table).values(id="x"), insert(table))
    for statement in statements:
        with pytest.raises(TenantLeak):
            async with database.writing("clinic") as unit:
                await unit.session.execute(statement)
    with pytest.raises(TenantLeak):
        async with database.reading_across_tenants() as session:
            await session.execute(select(table))


async def test_u3_within_a_tenant_only_its_own_members_are_seen(desk: Desk) -> None:
    await desk.hire("ann", "clinic", "hospital")
    await desk.hire("bob", "hospital")

    async def seen(by: Callable[[UnitOfWork], Awaitable[list[MembershipTable]]]) -> list[str]:
        async with desk.database.writing("clinic") as unit:
            return [row.tenant for row in await by(unit)]

    async def as_the_tenant(unit: UnitOfWork) -> list[MembershipTable]:
        return list(await unit.session.scalars(select(MembershipTable)))

    async def with_the_rights_of_accounts(unit: UnitOfWork) -> list[MembershipTable]:
        async with unit.accounts() as accounts:
            return list(await accounts.session.scalars(select(MembershipTable)))

    assert await seen(as_the_tenant) == ["clinic"]
    assert await seen(with_the_rights_of_accounts) == ["clinic"]
    async with desk.database.reading_accounts() as across:
        assert len(list(await across.session.scalars(select(MembershipTable)))) == 3


async def test_nobody_is_made_a_member_of_another_tenant(desk: Desk) -> None:
    account = await desk.hire("ann", "clinic")
    row = {
        "tenant": "hospital",
        "account_id": account.id,
        "roles": [Role.ORG_ADMIN],
        "granted_at": desk.now,
        "granted_by": "me",
    }
    with pytest.raises(TenantLeak):
        async with desk.database.writing("clinic") as unit:
            await unit.session.execute(insert(MembershipTable).values(**row))
    with pytest.raises(TenantLeak):
        async with desk.database.writing_accounts() as accounts:
            await accounts.session.execute(insert(MembershipTable).values(**row))
    with pytest.raises(TenantLeak):
        async with desk.database.writing_accounts() as accounts:
            await accounts.session.execute(update(MembershipTable).values(roles=["org_admin"]))


async def test_the_rights_of_accounts_end_with_their_block(desk: Desk) -> None:
    await desk.hire("ann", "clinic")

    async with desk.database.writing("clinic") as unit:
        async with unit.accounts() as accounts:
            assert (await accounts.session.scalars(select(AccountTable))).one().login == "ann"
        assert (await unit.session.scalars(select(MembershipTable))).one().tenant == "clinic"
        with pytest.raises(TenantLeak):
            await unit.session.execute(select(AccountTable))


async def sent(session: AsyncSession, statement: str) -> None:
    """Past what the session itself refuses."""
    await (await session.connection()).execute(text(statement))


@only_postgresql
@pytest.mark.parametrize("table", PEOPLE)
async def test_the_database_itself_keeps_people_from_tenants(database: Database, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.writing("clinic") as unit:
            await sent(unit.session, f"SELECT * FROM {table}")
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.reading_across_tenants() as session:
            await sent(session, f"SELECT * FROM {table}")


READ_BY_ACCOUNTS = ("memberships", "calendar_addresses")
"""Tables of tenants by which it is found out who somebody is, and where."""


@only_postgresql
async def test_the_database_itself_keeps_tenants_tables_from_who_signs_people_in(
    database: Database, engine: AsyncEngine
) -> None:
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        statements = [f"SELECT * FROM {name}" for name in set(found.scalars()) - {*PEOPLE, *READ_BY_ACCOUNTS}]
    assert statements
    for statement in (
        *statements,
        "UPDATE memberships SET roles = '[]'",
        "DELETE FROM memberships",
        "DELETE FROM accounts",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.writing_accounts() as accounts:
                await sent(accounts.session, statement)
