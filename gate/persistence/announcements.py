"""Changes told from process to process through Redis."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

_ANNOUNCE_SECONDS: Final = 1.0
_SUBSCRIBE_SECONDS: Final = 5.0
_LISTEN_SECONDS: Final = 5.0
_RECONNECT_SECONDS: Final = 0.5
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class RedisAnnouncements:
    """Publishes and subscribes on one channel. Redis delivers at most once; a poll makes up for what is lost."""

    def __init__(self, redis: Redis, channel: str) -> None:
        self._redis = redis
        self._channel = channel
        self._is_heard = True

    async def announce(self, tenant: str) -> None:
        """Tell every listening process that something of the tenant's changed."""
        try:
            async with asyncio.timeout(_ANNOUNCE_SECONDS):
                try:
                    await self._redis.publish(self._channel, tenant)
                except RedisError:  # perhaps over a pooled connection from before Redis was restarted
                    await self._redis.publish(self._channel, tenant)
        except (RedisError, OSError) as error:
            _log.warning("change_not_announced", channel=self._channel, error=type(error).__name__)

    async def listen(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` for every announcement, and after every (re)connection, until cancelled."""
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await self._listen(subscription, on_change)
            except Exception as error:  # noqa: BLE001 - whatever ended it, listening goes on; alone, the poll is slower
                if self._is_heard:
                    _log.warning("announcements_interrupted", channel=self._channel, error=type(error).__name__)
                self._is_heard = False
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, subscription: PubSub, on_change: Callable[[], None]) -> None:
        async with asyncio.timeout(_SUBSCRIBE_SECONDS):
            await subscription.subscribe(self._channel)
        while True:
            # The confirmation of a subscription arrives as a message too: what was announced before it was missed.
            if await subscription.get_message(timeout=_LISTEN_SECONDS) is not None:
                self._is_heard = True
                on_change()
