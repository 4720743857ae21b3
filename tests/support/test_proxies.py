"""The misbehaving proxy does what its verbs say, to open connections and to new ones, and heals."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from redis.exceptions import RedisError

from aggregator.cache.redis import redis_client
from tests.support.proxies import Proxy, proxy_to
from tests.support.servers import RedisServer, redis_server


class Echo(asyncio.Protocol):
    """Repeats what it hears."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class Line:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def says(self, text: bytes, seconds: float = 2.0) -> float:
        """How long the echo of `text` took."""
        began = time.perf_counter()
        self.writer.write(text)
        await self.writer.drain()
        async with asyncio.timeout(seconds):
            assert await self.reader.readexactly(len(text)) == text
        return time.perf_counter() - began


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    async with server, proxy_to(server.sockets[0].getsockname()[1]) as running:
        yield running
    await asyncio.sleep(0.01)  # the server hears that its callers have gone


@pytest.fixture
async def line(proxy: Proxy) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    yield Line(reader, writer)
    writer.close()


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


async def test_everything_passes_unchanged_at_first(line: Line) -> None:
    assert await line.says(bytes(range(256)) * 1_000) < 1


async def test_slow_delays_every_piece_in_both_directions(proxy: Proxy, line: Line) -> None:
    proxy.slow(0.15)
    assert await line.says(b"ping") >= 0.3
    proxy.heal()
    assert await line.says(b"ping") < 0.3


async def test_slow_limits_bytes_a_second(proxy: Proxy, line: Line) -> None:
    proxy.slow(bytes_per_second=20_000)
    assert await line.says(b"x" * 5_000) >= 0.4


async def test_freeze_keeps_connections_open_and_passes_nothing_until_it_heals(proxy: Proxy, line: Line) -> None:
    await line.says(b"ping")
    proxy.freeze()
    with pytest.raises(TimeoutError):
        await line.says(b"held", 0.2)
    assert proxy.open_connections == 1
    proxy.heal()
    async with asyncio.timeout(1):
        assert await line.reader.readexactly(4) == b"held"


async def test_healing_is_felt_by_what_was_to_take_long(proxy: Proxy, line: Line) -> None:
    proxy.slow(30)
    said = asyncio.create_task(line.says(b"ping"))
    await asyncio.sleep(0.1)
    proxy.heal()
    assert await said < 1


async def test_cut_ends_open_connections_and_new_ones_in_good_order(proxy: Proxy, line: Line) -> None:
    await line.says(b"ping")
    proxy.cut()
    assert await line.reader.read() == b""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await reader.read() == b""
    writer.close()
    proxy.heal()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    await Line(reader, writer).says(b"ping")
    writer.close()


async def test_reset_is_an_error_to_whoever_reads(proxy: Proxy, line: Line) -> None:
    await line.says(b"ping")
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await line.reader.read()


@pytest.mark.parametrize("fault", [Proxy.cut, Proxy.reset])
async def test_a_real_client_goes_on_after_any_of_it(fault: Callable[[Proxy], None], redis: RedisServer) -> None:
    async with proxy_to(redis.port) as proxy, redis_client(f"redis://127.0.0.1:{proxy.port}/0") as client:
        assert await client.set("key", "value")
        fault(proxy)
        with pytest.raises((RedisError, OSError)):
            await client.get("key")
        proxy.heal()
        assert await client.get("key") == b"value"
        assert proxy.connections > 1
