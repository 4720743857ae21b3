"""Telling other systems of the site by CloudEvents 1.0: on a Redis stream, or within the process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from gate.outbox.channel import Undelivered
from gate.outbox.letter import Letter
from gate.outbox.message import OutgoingMessage

if TYPE_CHECKING:  # a gate without Redis starts without its client
    from redis.asyncio import Redis

SOURCE: Final = "/enrollment-gate"
_TYPE_PREFIX: Final = "enrollment-gate."
_UNHEARD: Final = 1_000
_REDIS_SECONDS: Final = 5.0


def event_of(letter: Letter) -> CloudEvent:
    """The letter as an event. `tenant` is an extension attribute; the id is the same however often it is sent."""
    return CloudEvent(
        {
            "id": letter.stable_id,
            "source": SOURCE,
            "type": _TYPE_PREFIX + letter.topic,
            "subject": letter.subject or letter.topic,
            "time": letter.created_at,
            "datacontenttype": "application/json",
            "tenant": letter.tenant,
        },
        letter.body,
    )


def as_json(event: CloudEvent) -> bytes:
    """In the structured form of the JSON event format."""
    return JSONFormat().write(event)


class RedisEvents:
    """Appends to one stream for the whole deployment; its fields are ``tenant`` and ``event``."""

    def __init__(self, redis: "Redis", stream: str, max_length: int) -> None:
        self._redis = redis
        self._stream = stream
        self._max_length = max_length

    async def deliver(self, letter: Letter) -> Sequence[OutgoingMessage]:
        """See `Channel`."""
        from redis.exceptions import RedisError

        fields = {"tenant": letter.tenant, "event": as_json(event_of(letter))}
        try:
            async with asyncio.timeout(_REDIS_SECONDS):
                await self._redis.xadd(self._stream, fields, maxlen=self._max_length, approximate=True)  # type: ignore[arg-type]  # its own type of a mapping is invariant
        except (RedisError, TimeoutError, OSError) as error:
            raise Undelivered(f"Redis cannot be reached ({type(error).__name__})") from None
        return ()


class LocalEvents:
    """For a gate without Redis: whoever listens in this process hears what is told while it listens."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[CloudEvent]] = set()

    async def deliver(self, letter: Letter) -> Sequence[OutgoingMessage]:
        """See `Channel`. Who does not keep up misses the oldest."""
        event = event_of(letter)
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)
        return ()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["asyncio.Queue[CloudEvent]"]:
        """Inside, events arrive in the queue."""
        queue: asyncio.Queue[CloudEvent] = asyncio.Queue(_UNHEARD)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
