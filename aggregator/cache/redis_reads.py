"""Reading from Redis over one connection that all readers share.

Taking a connection from the client's pool, guarding it with timers and giving it back takes longer than the round trip:
an MGET takes half the time here. It is still the library that connects, signs in, encrypts, packs and parses.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError


class RedisReads:
    """MGETs, each sent at once and answered in the order of sending. For one event loop."""

    def __init__(self, client: Redis) -> None:
        self._pool = client.connection_pool
        self._opening = asyncio.Lock()
        self._line: _Line | None = None

    async def mget(self, keys: Sequence[str]) -> Sequence[Any]:
        """The values, in order; None for what is no string, or is not there.

        Nothing here ends a wait but the caller: cancelling it also ends the connection.

        Raises:
            redis.RedisError, OSError: Redis cannot be read.
        """
        line = self._line
        if line is None or not await line.is_fit():
            line = await self._open()
        return await line.mget(keys)

    async def aclose(self) -> None:
        """Close the connection; who still waits for an answer gets an error."""
        if self._line is not None:
            await self._line.aclose()

    async def _open(self) -> "_Line":
        async with self._opening:
            if self._line is None or not await self._line.is_fit():
                if self._line is not None:
                    await self._line.aclose()
                connection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # the library's
                connection.socket_timeout = None  # a timer, and in Python 3.11 a task, for each command
                await connection.connect()
                self._line = _Line(connection)
            return self._line


class _Line:
    """One connection. Whoever has not heard the answer that is due to him ends it: else the next would hear it."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._is_over = False
        self._last: asyncio.Future[None] | None = None
        """Done once the one who sent last has his answer."""

    async def is_fit(self) -> bool:
        """Whether it can be sent on. Does not suspend."""
        if self._is_over or not self._connection.is_connected:
            return False
        try:
            # Without a question there is nothing to be heard but the end.
            return not self._is_free or not await self._connection.can_read()
        except (RedisConnectionError, OSError):
            return False

    async def mget(self, keys: Sequence[str]) -> Sequence[Any]:
        """See `RedisReads.mget`."""
        before = None if self._is_free else self._last
        # Taken before anything is sent and without a pause between: the order of answers is that of these.
        heard = self._last = asyncio.get_running_loop().create_future()
        try:
            command = self._connection.pack_command("MGET", *keys)
            await self._connection.send_packed_command(command, check_health=False)
            return await self._answer(before)
        except ResponseError:
            raise  # an answer, too
        except BaseException:
            await self.aclose()
            raise
        finally:
            if not heard.done():  # it is where the next one was cancelled
                heard.set_result(None)

    async def aclose(self) -> None:
        """Does not suspend."""
        self._is_over = True
        await self._connection.disconnect(nowait=True)

    async def _answer(self, before: asyncio.Future[None] | None) -> Sequence[Any]:
        if before is not None:
            await before
        if self._is_over:
            raise RedisConnectionError("the connection was closed before the answer came")
        values: Sequence[Any] = await self._connection.read_response(timeout=math.inf, disable_decoding=True)
        return values

    @property
    def _is_free(self) -> bool:
        return self._last is None or self._last.done()
