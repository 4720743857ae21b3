"""Row C17 and C20 with real processes, a real Redis and real databases."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from aggregator.cache.redis import redis_client
from gate.decision.model import GateMode
from gate.errors import StoreUnavailable
from gate.persistence.announcements import RedisAnnouncements
from gate.persistence.engine import open_engine
from gate.persistence.following import CONFIGURATIONS, Pace
from gate.persistence.migrate import upgrade
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import TenantConfig
from gate.tenancy.repository import ConfigStore
from gate.tenancy.service import TenantService
from gate.tenancy.snapshot import USUAL_PACE, ConfigSnapshot
from tests.support.databases import POSTGRESQL, SQLITE, tamper, with_driver
from tests.support.servers import RedisServer, postgres_server
from tests.support.waiting import until
from tests.tenancy.builders import NOTHING_ENABLED, flip, store, tenant_service

WITH_REDIS_SECONDS = 1.0
WITHOUT_REDIS_SECONDS = 5.0
START_SECONDS = 20.0
QUICK = Pace(poll=0.2, stale_after=0.5)
ACME = TenantConfig(tenant="acme", enabled_states=("TX",))
SECOND_PROCESS = "tests.tenancy.watch_mode"


@asynccontextmanager
async def second_process(database_url: str, redis_url: str) -> AsyncIterator[asyncio.StreamReader]:
    """Another process that watches the tenant acme; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", SECOND_PROCESS, database_url, redis_url, "acme"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def next_line(lines: asyncio.StreamReader, seconds: float) -> str:
    async with asyncio.timeout(seconds):
        return (await lines.readline()).decode().strip()


@asynccontextmanager
async def running(
    database: Database, redis: Redis | None = None, pace: Pace = USUAL_PACE
) -> AsyncIterator[tuple[ConfigSnapshot, TenantService]]:
    """One process's snapshot and service."""
    announcements = RedisAnnouncements(redis, CONFIGURATIONS) if redis is not None else None
    snapshot = ConfigSnapshot(ConfigStore(database), NOTHING_ENABLED, announcements, pace=pace)
    await snapshot.start()
    try:
        yield snapshot, tenant_service(snapshot)
    finally:
        await snapshot.aclose()


@asynccontextmanager
async def client(server: RedisServer) -> AsyncIterator[Redis]:
    redis = redis_client(server.url)
    yield redis
    await redis.aclose()


def mode_of(snapshot: ConfigSnapshot) -> GateMode | None:
    config = snapshot.get("acme")
    return None if config is None else config.policy_for("TX", None).mode


async def listeners(server: RedisServer, number: int) -> None:
    """Return once that many processes listen."""
    async with client(server) as redis, asyncio.timeout(START_SECONDS):
        while dict(await redis.pubsub_numsub(CONFIGURATIONS)).get(CONFIGURATIONS.encode()) != number:  # noqa: ASYNC110 - Redis sets no event of ours
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("database_url", "has_redis", "bound"),
    [
        (POSTGRESQL, True, WITH_REDIS_SECONDS),
        (SQLITE, True, WITH_REDIS_SECONDS),
        (POSTGRESQL, False, WITHOUT_REDIS_SECONDS),
    ],
    indirect=["database_url"],
    ids=["postgresql-redis", "sqlite-redis", "postgresql-no-redis"],
)
async def test_c17_a_flip_reaches_a_second_process_within_its_bound(
    database: Database, database_url: str, redis: RedisServer, has_redis: bool, bound: float
) -> None:
    async with client(redis) as connection, running(database, connection if has_redis else None) as (_, service):
        await store(database, service, ACME)
        async with second_process(database_url, redis.url if has_redis else "") as lines:
            assert await next_line(lines, START_SECONDS) == "1 AUDIT"

            await flip(database, service, "acme", GateMode.ENFORCE)

            assert await next_line(lines, bound) == "2 ENFORCE"


@pytest.fixture
async def two_processes(database: Database, redis: RedisServer) -> AsyncIterator[tuple[TenantService, ConfigSnapshot]]:
    """The service of one and the snapshot of another, which share database and Redis and nothing else."""
    async with (
        client(redis) as one,
        client(redis) as two,
        running(database, one) as (_, service),
        running(database, two) as (replica, _),
    ):
        await listeners(redis, 2)
        yield service, replica


async def test_c17_every_flip_counts_when_they_come_in_quick_succession(
    database: Database, two_processes: tuple[TenantService, ConfigSnapshot]
) -> None:
    service, replica = two_processes

    for mode in (GateMode.ENFORCE, GateMode.OFF, GateMode.ENFORCE, GateMode.AUDIT, GateMode.OFF):
        await flip(database, service, "acme", mode)

    await until(lambda: mode_of(replica) is GateMode.OFF, WITH_REDIS_SECONDS)


@pytest.mark.parametrize("database_url", [POSTGRESQL], indirect=True)
async def test_c17_without_redis_for_a_while_the_poll_does_the_work_and_then_redis_again(
    database: Database, redis: RedisServer, two_processes: tuple[TenantService, ConfigSnapshot]
) -> None:
    service, replica = two_processes

    redis.kill()
    await flip(database, service, "acme", GateMode.ENFORCE)
    await until(lambda: mode_of(replica) is GateMode.ENFORCE, WITHOUT_REDIS_SECONDS)

    redis.start()
    await listeners(redis, 2)
    await asyncio.sleep(0.2)  # the reads that the reconnection itself led to
    await flip(database, service, "acme", GateMode.OFF)
    await until(lambda: mode_of(replica) is GateMode.OFF, WITH_REDIS_SECONDS)


async def test_c20_a_killed_database_leaves_the_last_known_configuration_and_is_caught_up_with() -> None:
    with postgres_server() as server:
        url = with_driver(server.create_database("gate"))
        await upgrade(url)
        engine, other_engine = open_engine(url), open_engine(url)
        database = Database(engine)
        async with running(database, pace=QUICK) as (snapshot, service):
            await store(database, service, ACME)

            server.kill()
            with pytest.raises(StoreUnavailable):
                await flip(database, service, "acme", GateMode.ENFORCE)
            await until(lambda: snapshot.is_stale, WITHOUT_REDIS_SECONDS)
            assert mode_of(snapshot) is GateMode.AUDIT

            server.start()
            await flip(Database(other_engine), tenant_service(), "acme", GateMode.ENFORCE)
            await until(lambda: mode_of(snapshot) is GateMode.ENFORCE, WITHOUT_REDIS_SECONDS)
            assert not snapshot.is_stale
        await engine.dispose()
        await other_engine.dispose()


async def test_c20_a_gate_started_before_its_database_is_ready_soon_after_it() -> None:
    with postgres_server() as server:
        url = with_driver(server.create_database("gate"))
        await upgrade(url)
        engine = open_engine(url)
        database = Database(engine)
        server.kill()
        async with running(database, pace=QUICK) as (snapshot, _):
            assert not snapshot.is_loaded

            server.start()
            await until(lambda: snapshot.is_loaded, WITHOUT_REDIS_SECONDS)
            assert snapshot.get("acme") is None
        await engine.dispose()


async def test_c20_a_database_restored_empty_leaves_every_tenant_as_it_was(
    database: Database, engine: AsyncEngine
) -> None:
    async with running(database, pace=Pace(poll=0.2)) as (snapshot, service):
        await store(database, service, ACME)
        await tamper(
            engine, *(f"DELETE FROM {table}" for table in ("mode_changes", "tenant_config_versions", "tenant_configs"))
        )

        await until(lambda: snapshot.is_stale, WITHOUT_REDIS_SECONDS)

        assert mode_of(snapshot) is GateMode.AUDIT


async def test_a_redis_that_is_down_does_not_keep_a_change_from_being_made(
    database: Database, redis: RedisServer
) -> None:
    async with client(redis) as connection, running(database, connection) as (snapshot, service):
        redis.kill()

        await store(database, service, ACME)

        assert mode_of(snapshot) is GateMode.AUDIT
