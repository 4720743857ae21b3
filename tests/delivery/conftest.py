from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from gate.persistence.unit_of_work import Database
from sources.http import open_session
from tests.delivery.desk import WebhookDesk
from tests.support.database_fixtures import database, database_url, engine, servers_that_stop_with_the_session
from tests.support.servers import RedisServer, redis_server

__all__ = ["database", "database_url", "engine", "servers_that_stop_with_the_session"]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
def desk(database: Database, session: aiohttp.ClientSession) -> WebhookDesk:
    return WebhookDesk(database, session)
