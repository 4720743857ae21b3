"""One database of each kind for all tests of a module; each test speaks for a tenant of its own."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
import pytest_asyncio

from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.alerts.watch import Watch
from tests.support.databases import KINDS, migrated_database, stop_shared_servers

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def servers_that_stop_with_the_session() -> Iterator[None]:
    yield
    stop_shared_servers()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    engine = open_engine(await migrated_database(request.param, tmp_path_factory.mktemp("alerts")), patience_seconds=60)
    yield Database(engine)
    await engine.dispose()


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database, f"acme-{next(_numbers)}")
