from tests.support.database_fixtures import *  # noqa: F403 - pytest finds fixtures by their names
