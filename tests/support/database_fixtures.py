"""A migrated database of either kind for each test of a room; its conftest imports these fixtures by name."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.support.databases import KINDS, migrated_database, stop_shared_servers

__all__ = ["database", "database_url", "engine", "servers_that_stop_with_the_session"]


@pytest.fixture(scope="session", autouse=True)
def servers_that_stop_with_the_session() -> Iterator[None]:
    yield
    stop_shared_servers()


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return await migrated_database(request.param, tmp_path)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def database(engine: AsyncEngine) -> Database:
    return Database(engine)
