import pytest

from gate.persistence.unit_of_work import Database
from tests.jobs.workshop import Workshop
from tests.support.database_fixtures import database, database_url, engine, servers_that_stop_with_the_session

__all__ = ["database", "database_url", "engine", "servers_that_stop_with_the_session"]


@pytest.fixture
def shop(database: Database) -> Workshop:
    return Workshop(database)
