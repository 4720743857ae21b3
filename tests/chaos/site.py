"""A whole site of processes for the table of faults: gate and portals, Redis and database with a proxy before each."""

import asyncio
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import grpc

from gate.v1 import enrollment_gate_pb2
from tests.chaos.clients import calls_of, eventually
from tests.support.callers import CALL_SECONDS, Caller
from tests.support.commands import Begun
from tests.support.databases import POSTGRESQL
from tests.support.gates import GateProcess, asking_portals_at, begin, gate_environment
from tests.support.proxies import Proxy, proxy_to
from tests.support.servers import PostgresServer, RedisServer, free_port, postgres_server, redis_server

SLOW_SECONDS = 0.4
"""Latency that a slow server's proxy adds to each piece, in each direction."""
_PAGE = 500


class Portals:
    """`gate sandbox` as a process of its own, to be killed, frozen and told to misbehave."""

    def __init__(self, folder: Path) -> None:
        self._environment = gate_environment(folder)
        self._log = folder / "portals.log"
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: Begun | None = None

    async def start(self) -> None:
        self._launch()
        await eventually(self._is_there, 30)

    async def kill(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            await asyncio.to_thread(process.wait)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def misbehave(self, faults: Mapping[str, Any]) -> None:
        """By portal; `{}`: none."""
        async with (
            aiohttp.ClientSession(self.url) as session,
            session.put("/sandbox/faults", json=dict(faults)) as answer,
        ):
            answer.raise_for_status()

    def _launch(self) -> None:
        self._process = begin(["sandbox", "--port", str(self._port)], self._environment, self._log)

    async def _is_there(self) -> bool:
        with suppress(aiohttp.ClientConnectionError):
            return bool(await calls_of(self.url))
        return False


@asynccontextmanager
async def running_portals(folder: Path) -> AsyncIterator[Portals]:
    """Portals that answer; gone at the end of the block."""
    portals = Portals(folder)
    try:
        await portals.start()
        yield portals
    finally:
        await portals.kill()


class Site:
    """Everything that runs. `break_` and `restore` are the faults of the table, by name."""

    def __init__(
        self,
        gate: GateProcess,
        portals: Portals,
        redis: tuple[RedisServer, Proxy],
        database: tuple[PostgresServer, Proxy] | Path,
    ) -> None:
        self.gate = gate
        self.portals = portals
        self._redis, self._redis_proxy = redis
        self._database = database

    async def redis_killed(self) -> Callable[[], Awaitable[None]]:
        self._redis.kill()
        return _later(self._redis.start)

    async def redis_frozen(self) -> Callable[[], Awaitable[None]]:
        self._redis.freeze()
        return _later(self._redis.thaw)

    async def redis_slow(self) -> Callable[[], Awaitable[None]]:
        self._redis_proxy.slow(SLOW_SECONDS)
        return _later(self._redis_proxy.heal)

    async def database_killed(self) -> Callable[[], Awaitable[None]]:
        server, _ = self._postgres()
        server.kill()
        return _later(server.start)

    async def database_frozen(self) -> Callable[[], Awaitable[None]]:
        """SQLite: another process holds the write lock."""
        if isinstance(self._database, Path):
            holder = sqlite3.connect(self._database, isolation_level=None, timeout=20, check_same_thread=False)
            holder.execute("BEGIN IMMEDIATE")
            return _later(holder.close)
        self._database[0].freeze()
        return _later(self._database[0].thaw)

    async def database_slow(self) -> Callable[[], Awaitable[None]]:
        """SQLite: another process takes the write lock again and again."""
        if isinstance(self._database, Path):
            enough = threading.Event()
            holding = asyncio.create_task(asyncio.to_thread(_hold_now_and_then, self._database, enough))

            async def let_go() -> None:
                enough.set()
                await holding

            return let_go
        self._database[1].slow(SLOW_SECONDS)
        return _later(self._database[1].heal)

    async def source_killed(self) -> Callable[[], Awaitable[None]]:
        """Texas's own portal closes every connection."""
        await self.portals.misbehave({"tmhp_pems": {"kind": "reset"}})
        return self._portals_behave

    async def source_frozen(self) -> Callable[[], Awaitable[None]]:
        """Texas's own portal takes the request and never answers."""
        await self.portals.misbehave({"tmhp_pems": {"kind": "timeout"}})
        return self._portals_behave

    async def source_slow(self) -> Callable[[], Awaitable[None]]:
        await self.portals.misbehave({"tmhp_pems": {"kind": "slow", "latency_ms": 1500}})
        return self._portals_behave

    async def sources_killed(self) -> Callable[[], Awaitable[None]]:
        await self.portals.kill()
        return self.portals.start

    async def sources_frozen(self) -> Callable[[], Awaitable[None]]:
        self.portals.signal(signal.SIGSTOP)
        return _later(lambda: self.portals.signal(signal.SIGCONT))

    async def sources_slow(self) -> Callable[[], Awaitable[None]]:
        faults = {name: {"kind": "slow", "latency_ms": 1500} for name in await calls_of(self.portals.url)}
        await self.portals.misbehave(faults)
        return self._portals_behave

    async def _portals_behave(self) -> None:
        await self.portals.misbehave({})

    def _postgres(self) -> tuple[PostgresServer, Proxy]:
        assert not isinstance(self._database, Path), "a file cannot be killed"
        return self._database


async def kept_of(caller: Caller, answered: frozenset[str], since: datetime, seconds: float = 60.0) -> list[str]:
    """The ids of all decisions that the ledger holds from `since` on, as soon as those answered are among them.

    A drainer that was talking to a server when it died silently waits for twenty seconds, and then for ten more.
    """
    deadline = time.monotonic() + seconds
    while True:
        kept = await decision_ids(caller, since)
        if answered <= set(kept) or time.monotonic() > deadline:
            return kept
        await asyncio.sleep(0.3)


async def decision_ids(caller: Caller, since: datetime) -> list[str]:
    """Of the decisions that the ledger lists for the caller's tenant."""
    ids: list[str] = []
    recorded = enrollment_gate_pb2.DecisionFilter()
    recorded.from_time.FromDatetime(since)
    token = ""
    while True:
        page = await caller.gate.ListDecisions(
            enrollment_gate_pb2.ListDecisionsRequest(filter=recorded, page_size=_PAGE, page_token=token),
            metadata=caller.metadata,
            timeout=CALL_SECONDS,
        )
        ids += [one.decision.decision_id for one in page.decisions]
        token = page.next_page_token
        if not token:
            return ids


@asynccontextmanager
async def running_site(folder: Path, kind: str, **settings: str) -> AsyncIterator[Site]:
    """A site with a database of that kind; the gate is ready."""
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(redis_server())
        redis_proxy = await stack.enter_async_context(proxy_to(redis.port))
        database: tuple[PostgresServer, Proxy] | Path = folder / "gate.db"
        environment = {"GATE_REDIS_URL": f"redis://127.0.0.1:{redis_proxy.port}/0", **settings}
        if kind == POSTGRESQL:
            postgres = stack.enter_context(postgres_server())
            proxy = await stack.enter_async_context(proxy_to(postgres.port))
            database = (postgres, proxy)
            environment["GATE_DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"
        portals = await stack.enter_async_context(running_portals(folder))
        gate = GateProcess(folder, environment=environment | asking_portals_at(portals.url))
        stack.push_async_callback(gate.kill)
        await gate.start()
        yield Site(gate, portals, (redis, redis_proxy), database)


def _later(action: Callable[[], object]) -> Callable[[], Awaitable[None]]:
    async def carried_out() -> None:
        await asyncio.to_thread(action)

    return carried_out


def _hold_now_and_then(database: Path, enough: threading.Event) -> None:
    """In one thread from opening to closing: SQLite does not survive a connection closed under a running statement."""
    while not enough.is_set():
        with closing(sqlite3.connect(database, isolation_level=None, timeout=20)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            enough.wait(SLOW_SECONDS)
        enough.wait(SLOW_SECONDS / 2)


def retryable(error: grpc.aio.AioRpcError) -> bool:
    """Whether a pipeline is told to come back later, instead of being told something wrong."""
    return error.code() in {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
