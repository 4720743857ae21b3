"""A TCP proxy that misbehaves: between a gate and a server that is not dead, but slow, silent, cut off or rude.

Fit for whatever speaks TCP: Redis, PostgreSQL, a portal. Modes change at run time and hold for open connections too.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

_PIECE: Final = 16 * 1024
_TICK_SECONDS: Final = 0.05
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends RST instead of FIN."""


class Proxy:
    """Passes bytes on between its own port and a server's. Call one of its verbs to change how."""

    def __init__(self, port: int) -> None:
        self._upstream_port = port
        self._latency = 0.0
        self._bytes_per_second = 0.0
        self._flows = asyncio.Event()
        self._flows.set()
        self._admits = True
        self._rejects = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.connections = 0
        """How many were opened so far."""
        self.port = 0

    @property
    def open_connections(self) -> int:
        """How many connections of clients are open."""
        return len(self._writers) // 2

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.sleep(0)  # what was closed last is let go of in the loop's next turn

    def heal(self) -> None:
        """Pass everything on at once, as at the beginning."""
        self._latency = self._bytes_per_second = 0.0
        self._admits, self._rejects = True, False
        self._flows.set()

    def slow(self, latency: float = 0.0, bytes_per_second: float = 0.0) -> None:
        """Each piece arrives `latency` seconds late, at no more than so many bytes a second where that is given."""
        self.heal()
        self._latency, self._bytes_per_second = latency, bytes_per_second

    def freeze(self) -> None:
        """Connections are accepted and stay open; nothing passes, in either direction, until it heals."""
        self.heal()
        self._flows.clear()

    def cut(self) -> None:
        """Close what is open, in good order, and whatever is opened from now on."""
        self.heal()
        self._admits = False
        self._close_all()

    def reset(self) -> None:
        """The same, by a reset: the peer reads an error instead of an end."""
        self.heal()
        self._admits, self._rejects = False, True
        self._close_all()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not self._admits:
            self._close(writer)
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            self._close(writer)
            return
        ends = {writer, back}
        self._writers |= ends
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back))
                group.create_task(self._pass_on(there, writer))
        finally:
            self._writers -= ends
            for end in ends:
                self._close(end)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_PIECE):
                await self._delayed(len(piece))
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        except OSError:
            # One end was reset, as a killed server's is: the other one shall not wait for the time limit of its calls.
            writer.transport.abort()

    async def _delayed(self, size: int) -> None:
        await self._flows.wait()
        seconds = self._latency + (size / self._bytes_per_second if self._bytes_per_second else 0.0)
        # In small steps, so that healing is felt at once even by a piece that was to take a minute.
        while seconds > 0 and (self._latency or self._bytes_per_second):
            await asyncio.sleep(min(seconds, _TICK_SECONDS))
            seconds -= _TICK_SECONDS
        await self._flows.wait()

    def _close_all(self) -> None:
        for writer in self._writers:
            self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        connection: socket.socket | None = writer.get_extra_info("socket")
        if self._rejects and connection is not None:
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        writer.transport.abort() if self._rejects else writer.close()


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    """A proxy before the server on that port of 127.0.0.1; gone at the end of the block."""
    proxy = Proxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
