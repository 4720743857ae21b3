from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.ledger.service import DecisionLedger
from gate.ledger.storing import DatabaseShelf
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.ledger.builders import NOON, ListedTrail, shelf_in
from tests.support.database_fixtures import database, database_url, servers_that_stop_with_the_session

__all__ = ["database", "database_url", "servers_that_stop_with_the_session"]


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """As the drainer's process opens it."""
    engine = open_engine(database_url, writes_in_bulk=True)
    yield engine
    await engine.dispose()


@pytest.fixture
def shelf(database: Database) -> DatabaseShelf:
    return shelf_in(database)


@pytest.fixture
def trail() -> ListedTrail:
    return ListedTrail()


@pytest.fixture
def ledger(trail: ListedTrail) -> DecisionLedger:
    return DecisionLedger(trail, lambda: NOON)
