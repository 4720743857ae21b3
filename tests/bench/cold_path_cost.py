"""What a question about an unknown provider costs beside those it is passed on to:
``python -m tests.bench.cold_path_cost``.

    P3    an answer that only Redis has, against one GET with the same client and one written by hand, taken in turns
    P4    a cold answer less the source that had to be waited for: alone, fifty a second, two hundred at once

The portals' doubles are a process of their own and answer after 100 ms. What is subtracted is the time from which the
slowest source was asked until its answer was understood, as the answer itself tells it. Beside it is the processor's
time of one question, and of the two requests that it takes when a bare client of the same library makes them.
"""

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from redis.asyncio import Redis

from aggregator.cache.layered import LayeredCache
from aggregator.cache.memory import MemoryCache
from aggregator.cache.outage import OutageTolerantStore
from aggregator.cache.redis import RedisStore, redis_client, redis_key
from aggregator.cache.shared import SharedCache
from aggregator.evidence import Freshness
from aggregator.guards.guarded import guarded
from aggregator.knowledge import CacheRules, KnowledgeKey
from aggregator.panel import Panel
from aggregator.resolve import Inquiry, Resolver
from gate.checks.connections import AsContracted
from sources.caqh_proview.adapter import CaqhProView
from sources.connection import SourceConnection
from sources.http import open_session
from sources.sandbox.access import sandbox_connections
from sources.tmhp_pems.adapter import TmhpPems
from tests.support.gates import GATE
from tests.support.servers import free_port, redis_server

LATENCY = 0.1
AT_ONCE = 200
RULES = CacheRules()
ROUNDS = 2000
_Told = TypeVar("_Told")


def npis(count: int, first: int = 1_000_000_000) -> list[str]:
    return [str(first + number) for number in range(count)]


def resolver_over(client: Redis) -> Resolver:
    """With an empty memory."""
    store = OutageTolerantStore(RedisStore(client), read_patience=5)
    return Resolver(LayeredCache(MemoryCache(), SharedCache(store)))


@asynccontextmanager
async def portals() -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """The doubles in a process of their own, and a session."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        GATE, "sandbox", "--port", str(port), stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir()
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with open_session() as session:
            for _ in range(300):
                try:
                    async with session.get(f"{url}/sandbox/calls"):
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
            yield url, session
    finally:
        process.terminate()
        await process.wait()


async def slow_down(url: str, session: aiohttp.ClientSession, latency: float) -> None:
    fault = {"kind": "none", "latency_ms": latency * 1000}
    async with session.put(f"{url}/sandbox/faults", json={"tmhp_pems": fault, "caqh_proview": fault}) as reply:
        reply.raise_for_status()


def panel_at(url: str, session: aiohttp.ClientSession) -> Panel:
    connections = {name: wide(connection) for name, connection in sandbox_connections(url).items()}
    sources = [
        guarded(AsContracted(adapter(session, connections[name]), connections[name]))
        for name, adapter in (("tmhp_pems", TmhpPems), ("caqh_proview", CaqhProView))
    ]
    return Panel.of("acme", "TX", sources, RULES)


def wide(connection: SourceConnection) -> SourceConnection:
    """Without limits that would be measured instead."""
    return connection.model_copy(update={"max_concurrency": 2 * AT_ONCE, "max_per_second": 10_000.0})


async def p3(url: str, session: aiohttp.ClientSession) -> None:
    with redis_server() as server:
        client = redis_client(server.url)
        panel = panel_at(url, session)
        known = npis(ROUNDS)
        learning = resolver_over(client)
        for start in range(0, ROUNDS, AT_ONCE):
            await learning.resolve_many([Inquiry(npi, panel) for npi in known[start : start + AT_ONCE]])
        await asyncio.sleep(1)
        await learning.aclose()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        answering = resolver_over(client)

        async def by_hand(npi: str) -> None:
            key = redis_key(KnowledgeKey("acme", npi, "TX")).encode()
            writer.write(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key))
            length = int((await reader.readline())[1:])
            await reader.readexactly(length + 2)

        async def by_client(npi: str) -> None:
            await client.get(redis_key(KnowledgeKey("acme", npi, "TX")))

        async def resolved(npi: str) -> None:
            evidence = await answering.resolve(Inquiry(npi, panel))
            assert evidence.answers[0].freshness is Freshness.REDIS, evidence

        took: dict[str, list[float]] = {name: [] for name in ("by hand", "GET", "resolve")}
        for npi in known:
            for name, asking in (("by hand", by_hand), ("GET", by_client), ("resolve", resolved)):
                took[name].append(await timed(asking, npi))
        medians = {name: statistics.median(each) * 1e6 for name, each in took.items()}
        print("P3  " + ", ".join(f"{name} {each:.0f} us" for name, each in medians.items()))
        print(f"P3  {medians['resolve'] / medians['GET']:.2f} x the client's GET, at most 2 are allowed")
        print(f"P3  {medians['resolve'] / medians['by hand']:.2f} x the GET by hand")
        await answering.aclose()
        writer.close()
        await client.aclose()


async def timed(asking: Callable[[str], Awaitable[object]], npi: str) -> float:
    started = time.perf_counter()
    await asking(npi)
    return time.perf_counter() - started


async def p4(url: str, session: aiohttp.ClientSession) -> None:
    connection = sandbox_connections(url)["tmhp_pems"]
    headers = connection.key_authorization("X-Api-Key", "")

    async def bare(npi: str) -> None:
        async with session.get(f"{connection.base_url}/v1/providers/{npi}/enrollments", headers=headers) as reply:
            await reply.read()

    resolver = Resolver(MemoryCache())
    panel = panel_at(url, session)
    numbers = iter(npis(1_000_000, 1_100_000_000))

    async def added() -> float:
        """By us, to the slowest source."""
        started = time.perf_counter()
        evidence = await resolver.resolve(Inquiry(next(numbers), panel))
        took = time.perf_counter() - started
        assert all(answer.is_clean for answer in evidence.answers), evidence
        return took - max(answer.latency_ms for answer in evidence.answers) / 1000

    await asyncio.gather(*(added() for _ in range(AT_ONCE)))  # opens the connections
    await slow_down(url, session, LATENCY)
    for name, count, between in (("alone", 40, 0.15), ("50 a second", 300, 0.02), ("200 at once", AT_ONCE, 0.0)):
        seconds, processor = await spread_out(added, count, between)
        _, needed = await spread_out(lambda: bare(next(numbers)), 2 * count, between / 2)
        print(
            f"P4  {name:11} p50 {at(seconds, 50):6.2f} ms, p99 {at(seconds, 99):6.2f} ms (5 are allowed); processor"
            f" {processor / count * 1000:.2f} ms, two bare requests {needed / count * 1000:.2f} ms"
        )
    await resolver.aclose()


async def spread_out(asking: Callable[[], Awaitable[_Told]], count: int, between: float) -> tuple[list[_Told], float]:
    """What each of `count` calls tells, begun so many seconds apart, and the processor's seconds of them all."""
    began = time.process_time()
    running = []
    for _ in range(count):
        running.append(asyncio.ensure_future(asking()))
        await asyncio.sleep(between)
    return await asyncio.gather(*running), time.process_time() - began


def at(seconds: Sequence[float], percent: int) -> float:
    """A percentile, in milliseconds."""
    return statistics.quantiles(seconds, n=100)[percent - 1] * 1000


async def main() -> None:
    async with portals() as (url, session):
        await p3(url, session)
        await p4(url, session)


if __name__ == "__main__":
    asyncio.run(main())
