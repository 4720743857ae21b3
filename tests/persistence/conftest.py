from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.persistence.engine import open_engine
from gate.persistence.roles import OVERVIEW_ROLE, TENANT_ROLE
from gate.persistence.unit_of_work import Database
from tests.support.databases import KINDS, POSTGRESQL, empty_database, stop_shared_servers


@pytest.fixture(scope="session", autouse=True)
def servers_that_stop_with_the_session() -> Iterator[None]:
    yield
    stop_shared_servers()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_database(request.param, tmp_path)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def tally(engine: AsyncEngine) -> Database:
    """A database with one table of one row, `tally.amount` = 0."""
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tally (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)"))
        await connection.execute(text("INSERT INTO tally VALUES (1, 0)"))
        if engine.dialect.name == POSTGRESQL:
            for role in (TENANT_ROLE, OVERVIEW_ROLE):
                await connection.execute(
                    text(f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
                )
            await connection.execute(text(f"GRANT ALL ON tally TO {TENANT_ROLE}"))
    return Database(engine)
