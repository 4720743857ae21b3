"""Real HTTP on the loopback address: the sandbox, a client session, and an upstream that answers what it is told."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from sources.http import open_session
from sources.sandbox.population import Population
from sources.sandbox.server import RunningSandbox, start_sandbox

NOW = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)
"""The instant at which tests ask; 10 March in every state."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def now() -> datetime:
    return NOW


class Upstream:
    """One HTTP server that answers every request the same, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.Request] = []
        self.handler: Handler = self._ok
        server = web.Server(self._serve, handler_cancellation=True)  # type: ignore[arg-type]  # gets a BaseRequest
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)

    def answers(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        async def handler(_: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=status, headers=headers)

        self.handler = handler

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"{'http' if tls is None else 'https'}://{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.handler(request)

    @staticmethod
    async def _ok(_: web.Request) -> web.StreamResponse:
        return web.json_response({})


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    server = Upstream()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as client:
        yield client


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    running = await start_sandbox(population=Population({}), clock=now)
    yield running
    await running.stop()
