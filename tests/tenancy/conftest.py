from collections.abc import Iterator

import pytest

from tests.support.database_fixtures import *  # noqa: F403 - pytest finds fixtures by their names
from tests.support.servers import RedisServer, redis_server


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server
