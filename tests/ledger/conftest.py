from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.ledger.service import DecisionLedger
from gate.ledger.storing import DatabaseShelf
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.ledger.builders import NOON, ListedTrail, shelf_in
from tests.support.databases import KINDS, migrated_database, stop_shared_servers


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


@pytest.fixture
def shelf(database: Database) -> DatabaseShelf:
    return shelf_in(database)


@pytest.fixture
def trail() -> ListedTrail:
    return ListedTrail()


@pytest.fixture
def ledger(trail: ListedTrail) -> DecisionLedger:
    return DecisionLedger(trail, lambda: NOON)
