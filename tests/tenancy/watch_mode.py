"""Prints a tenant's version and mode whenever they change, as a process of its own: ``DATABASE REDIS TENANT``."""

import asyncio
import sys

from aggregator.cache.redis import redis_client
from gate.persistence.announcements import RedisAnnouncements
from gate.persistence.engine import open_engine
from gate.persistence.following import CONFIGURATIONS
from gate.persistence.unit_of_work import Database
from gate.tenancy.repository import ConfigStore
from gate.tenancy.snapshot import ConfigSnapshot
from tests.tenancy.builders import NOTHING_ENABLED


async def watch(database_url: str, redis_url: str, tenant: str) -> None:
    engine = open_engine(database_url)
    announcements = RedisAnnouncements(redis_client(redis_url), CONFIGURATIONS) if redis_url else None
    snapshot = ConfigSnapshot(ConfigStore(Database(engine)), NOTHING_ENABLED, announcements)
    await snapshot.start()
    seen = None
    while True:
        if (config := snapshot.get(tenant)) is not seen and config is not None:
            print(config.version, config.policy_for("TX", None).mode, flush=True)  # noqa: T201 - how it tells the test
            seen = config
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(watch(*sys.argv[1:]))
