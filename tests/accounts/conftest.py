from collections.abc import Iterator

import pytest

from gate.persistence.unit_of_work import Database
from tests.accounts.people import Desk
from tests.support.database_fixtures import *  # noqa: F403 - pytest finds fixtures by their names


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    desk = Desk(database)
    yield desk
    desk.passwords.close()
