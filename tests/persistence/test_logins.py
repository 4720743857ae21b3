"""By which users of PostgreSQL the gate works: one that migrates, and one that serves and owns nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gate.persistence.engine import open_engine
from gate.persistence.migrate import is_current, upgrade
from gate.persistence.roles import ACCOUNTS_ROLE, OVERVIEW_ROLE, TENANT_ROLE
from gate.persistence.unit_of_work import Database
from tests.e2e.providers import ENROLLED, few_providers
from tests.support.callers import claim, code_of
from tests.support.databases import with_driver
from tests.support.gates import running_in_process
from tests.support.servers import PostgresServer, postgres_server

ROLES = (TENANT_ROLE, OVERVIEW_ROLE, ACCOUNTS_ROLE)
BEFOREHAND = f"""
    CREATE ROLE {TENANT_ROLE} NOLOGIN; CREATE ROLE {OVERVIEW_ROLE} NOLOGIN; CREATE ROLE {ACCOUNTS_ROLE} NOLOGIN;
    GRANT {TENANT_ROLE}, {OVERVIEW_ROLE}, {ACCOUNTS_ROLE} TO migrates;
"""
OWNS_NOTHING = f"""
    CREATE ROLE serves LOGIN NOINHERIT;
    GRANT {TENANT_ROLE}, {OVERVIEW_ROLE}, {ACCOUNTS_ROLE} TO serves;
    GRANT SELECT ON alembic_version TO serves;
"""
"""As docs/operations.md says it."""


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of its own: roles belong to a whole server."""
    with postgres_server() as server:
        yield server


def url_of(server: PostgresServer, user: str) -> str:
    return server.url("gate").replace("postgres@", f"{user}@")


async def migrated_by(server: PostgresServer, *options: str, beforehand: str = "") -> None:
    """The schema, made by the user `migrates`, who owns the database."""
    server.program("psql", "--quiet", said=f"CREATE ROLE migrates LOGIN {' '.join(options)}; {beforehand}")
    server.program("createdb", "--owner=migrates", "gate")
    await upgrade(with_driver(url_of(server, "migrates")))


@asynccontextmanager
async def engine_of(server: PostgresServer, user: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(with_driver(url_of(server, user)))
    try:
        yield engine
    finally:
        await engine.dispose()


async def roles_taken_on(engine: AsyncEngine) -> tuple[str, ...]:
    """By the three kinds of units of work."""
    database = Database(engine)
    async with (
        database.writing("acme") as unit,
        database.reading_across_tenants() as overview,
        database.writing_accounts() as accounts,
    ):
        return await role_of(unit.session), await role_of(overview), await role_of(accounts.session)


async def role_of(session: AsyncSession) -> str:
    connection = await session.connection()
    return str((await connection.execute(text("SELECT current_user"))).scalar_one())


async def test_who_may_create_roles_migrates_and_serves_without_being_a_superuser(server: PostgresServer) -> None:
    await migrated_by(server, "CREATEROLE")

    async with engine_of(server, "migrates") as engine:
        assert await roles_taken_on(engine) == ROLES


async def test_who_may_create_no_roles_migrates_where_they_were_granted_beforehand(server: PostgresServer) -> None:
    await migrated_by(server, beforehand=BEFOREHAND)

    async with engine_of(server, "migrates") as engine:
        assert await roles_taken_on(engine) == ROLES


async def test_a_login_that_owns_nothing_may_do_nothing_but_take_the_roles_on(server: PostgresServer) -> None:
    await migrated_by(server, "CREATEROLE")
    server.program("psql", "--quiet", "--dbname=gate", said=OWNS_NOTHING)

    async with engine_of(server, "serves") as engine:
        assert await roles_taken_on(engine) == ROLES
        assert await is_current(engine)
        for statement in (
            "SELECT * FROM decisions",
            "SELECT * FROM accounts",
            "ALTER TABLE decisions DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
            "DROP TRIGGER audit_entries_no_delete ON audit_entries",
            "DROP TABLE audit_entries",
            "CREATE TABLE public.other (id INTEGER)",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                async with engine.begin() as connection:
                    await connection.execute(text(statement))


async def test_a_gate_serves_by_a_login_that_owns_nothing(server: PostgresServer, tmp_path: Path) -> None:
    await migrated_by(server, "CREATEROLE")
    server.program("psql", "--quiet", "--dbname=gate", said=OWNS_NOTHING)

    async with running_in_process(
        tmp_path, population=few_providers(), database_url=url_of(server, "serves"), migrate_on_start=False
    ) as gate:
        acme = gate.of("acme")
        await acme.configure(enabled_states=["TX"])
        answer = await acme.check(claim(ENROLLED, "TX"))
        assert (code_of(answer), answer.config_version) == ("PASS", 1)

    found = server.program("psql", "--no-align", "--tuples-only", "--dbname=gate", said="SELECT tenant FROM decisions")
    assert found.split() == ["acme"]
