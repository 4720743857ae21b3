"""What every part of a process is made with, and its database."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from gate.audit.anchoring import AnchorLog
from gate.audit.log import AuditLog
from gate.clock import Clock
from gate.errors import PreconditionFailed, StoreUnavailable
from gate.observability.metrics import Metrics
from gate.persistence.engine import open_engine
from gate.persistence.following import Announcements
from gate.persistence.migrate import is_current, upgrade
from gate.persistence.unit_of_work import Database
from gate.settings import Settings

if TYPE_CHECKING:  # a gate without Redis starts without its client
    from redis.asyncio import Redis

_DATABASE_RETRY_SECONDS: Final = 2.0
_log = structlog.stdlib.get_logger(__name__)


class Process(msgspec.Struct, frozen=True):
    """What is there before anything else; whatever is begun is closed by `stack`, the last first."""

    settings: Settings
    clock: Clock
    stack: AsyncExitStack
    metrics: Metrics
    redis: "Redis | None"
    database: Database
    log: AuditLog

    def announcements(self, channel: str) -> Announcements | None:
        """How processes that share a Redis tell each other at once what changed."""
        if self.redis is None:
            return None
        from gate.persistence.announcements import RedisAnnouncements

        return RedisAnnouncements(self.redis, channel)


async def process_that_serves(settings: Settings, clock: Clock, stack: AsyncExitStack, metrics: Metrics) -> Process:
    """It starts without its database, and is not ready until that is there.

    Raises:
        gate.errors.PreconditionFailed: the address of Redis cannot be used.
    """
    redis = redis_of(settings, stack)
    engine = open_engine(settings.sqlalchemy_url)
    stack.push_async_callback(engine.dispose)
    if settings.migrate_on_start and not await _migrated(settings.sqlalchemy_url):
        waiting = asyncio.create_task(_migrate_when_possible(settings.sqlalchemy_url), name="migrate")
        stack.push_async_callback(cancelled, waiting)
    return Process(settings, clock, stack, metrics, redis, Database(engine), _audit_log(settings, clock, stack))


async def process_for_once(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Process:
    """For who cannot wait until the database is there, and needs no Redis.

    Raises:
        gate.errors.StoreUnavailable: the database cannot be reached.
        gate.errors.PreconditionFailed: it has another schema than this release's.
    """
    if settings.migrate_on_start:
        await upgrade(settings.sqlalchemy_url)
    engine = open_engine(settings.sqlalchemy_url)
    stack.push_async_callback(engine.dispose)
    if not await is_current(engine):
        raise PreconditionFailed(
            "the database has not the schema of this release: run gate migrate, or use the release that migrated it"
        )
    log = _audit_log(settings, clock, stack)
    return Process(settings, clock, stack, Metrics(CollectorRegistry()), None, Database(engine), log)


def redis_of(settings: Settings, stack: AsyncExitStack) -> "Redis | None":
    """A client that has yet to connect, or None where no Redis is named.

    Raises:
        gate.errors.PreconditionFailed: its address cannot be used.
    """
    url = settings.redis_url.get_secret_value()
    if not url:
        return None
    from aggregator.cache.redis import redis_client

    try:
        redis = redis_client(url)
    except ValueError:
        raise PreconditionFailed(
            "GATE_REDIS_URL cannot be used: its host, port or options do not fit, or want percent-encoding"
        ) from None
    stack.push_async_callback(redis.aclose)
    return redis


async def cancelled(task: asyncio.Task[None]) -> None:
    """Ends the task, whatever it is at."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _migrate_when_possible(url: str) -> None:
    while True:
        await asyncio.sleep(_DATABASE_RETRY_SECONDS)
        if await _migrated(url):
            return


async def _migrated(url: str) -> bool:
    try:
        if not await upgrade(url):
            _log.warning("database_migrated_by_a_later_release")
    except (StoreUnavailable, SQLAlchemyError, OSError) as error:
        _log.warning("database_not_migrated", error=type(error).__name__)
        return False
    return True


def _audit_log(settings: Settings, clock: Clock, stack: AsyncExitStack) -> AuditLog:
    anchors = AnchorLog(settings.audit.anchor_minutes * 60)
    anchors.start()
    stack.push_async_callback(anchors.aclose)
    return AuditLog(anchors, clock)
