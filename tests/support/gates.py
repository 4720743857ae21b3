"""A running gate: inside the test's own event loop, or as a process of its own with real signals and files.

A start costs more than most tests do, and three quarters of it are imports and migrations. So that a gate starts on a
copy of a database that is migrated already, and its process is forked from one that has its libraries loaded; what a
start does otherwise is tried by gates that begin from nothing.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import grpc
from fastapi.dependencies import models

from gate.auth.permissions import Role
from gate.bootstrap import running_gate
from gate.clock import Clock, system_clock
from gate.serving import ServeRole
from gate.settings import Settings, with_connections
from sources.sandbox.access import sandbox_connections
from sources.sandbox.faults import Fault
from sources.sandbox.population import PORTALS, Population
from sources.sandbox.server import RunningSandbox, start_sandbox
from tests.support.callers import Caller
from tests.support.commands import Begun, Streams
from tests.support.databases import copy_of_migrated_sqlite
from tests.support.servers import free_port

GATE = str(Path(sys.executable).with_name("gate"))
"""The console script of the environment that runs the tests."""
_READY_SECONDS = 30.0
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_PAGE_SECONDS = aiohttp.ClientTimeout(total=10)
_ANY_PORT = "127.0.0.1:0"
_DATABASE = "gate.db"
"""Where a gate keeps its data that is told nothing else."""


class Page(NamedTuple):
    status: int
    text: str


class Doors:
    """How to reach a gate that runs: its two doors, and the key with which callers sign."""

    def __init__(self, data_dir: Path, grpc_port: int, http_port: int) -> None:
        self.data_dir = data_dir
        self.grpc_address = f"127.0.0.1:{grpc_port}"
        self.http_url = f"http://127.0.0.1:{http_port}"

    @asynccontextmanager
    async def caller(self, tenant: str, *roles: Role) -> AsyncIterator[Caller]:
        """A caller with a channel of its own."""
        async with self.channel() as channel:
            yield Caller(channel, self.data_dir, tenant, *roles)

    def channel(self) -> grpc.aio.Channel:
        """With gRPC's own limits, as a client has them that knows nothing of ours."""
        return grpc.aio.insecure_channel(self.grpc_address)

    async def page(self, path: str, *, bearer: str = "") -> Page:
        """What is at `path`, for nobody in particular or for who shows `bearer`."""
        shown = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with (
            aiohttp.ClientSession(timeout=_PAGE_SECONDS, headers=shown) as session,
            session.get(self.http_url + path) as response,
        ):
            return Page(response.status, await response.text())


class GateInProcess(Doors):
    """A gate and its portals' doubles in this event loop; `channel` is shared by its callers."""

    def __init__(self, data_dir: Path, ports: tuple[int, int], portals: RunningSandbox, settings: Settings) -> None:
        super().__init__(data_dir, *ports)
        self.portals = portals
        self.settings = settings
        self.shared_channel = self.channel()

    def of(self, tenant: str, *roles: Role) -> Caller:
        return Caller(self.shared_channel, self.data_dir, tenant, *roles)

    def misbehave(self, *portals: str, **fault: Any) -> None:
        """These portals (without any: all of them) have this fault from now on; the others have none."""
        self.portals.sandbox.replace_faults(dict.fromkeys(portals or PORTALS, Fault(**fault)))

    def behave(self) -> None:
        self.portals.sandbox.replace_faults({})

    def calls(self) -> dict[str, int]:
        """Requests to each portal that was asked at all."""
        return {portal: calls for portal, calls in self.portals.sandbox.calls().items() if calls}


@asynccontextmanager
async def running_in_process(
    data_dir: Path,
    *,
    population: Population | None = None,
    clock: Clock = system_clock,
    role: ServeRole = ServeRole.ALL,
    **overrides: Any,
) -> AsyncIterator[GateInProcess]:
    """A gate that asks the doubles of the portals; `overrides` are settings by name.

    `role`: its pages take half of a start; who starts many gates and looks at none of them does without.
    """
    addresses = {"grpc_address": _ANY_PORT, "http_address": _ANY_PORT}
    settings = Settings(
        **{
            "data_dir": data_dir,
            "drain_seconds": 1.0,
            "stop_notice_seconds": 0.0,
            "ledger": {"drainer": "embedded"},
            **addresses,
            **overrides,
        }
    )
    if not settings.database_url.get_secret_value():
        await copy_of_migrated_sqlite(data_dir / _DATABASE)
    portals = await start_sandbox(population=population, clock=clock)
    try:
        settings = with_connections(settings, portals.connections)
        async with running_gate(settings, clock, role=role) as running:
            gate = GateInProcess(data_dir, (running.grpc_port, running.http_port), portals, settings)
            try:
                yield gate
            finally:
                await gate.shared_channel.close()
    finally:
        await portals.stop()
        _forget_routes()


def _forget_routes() -> None:
    """FastAPI remembers the functions of every application there was, and these their gate: some megabytes each."""
    for remembered in vars(models).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


class GateProcess(Doors):
    """`gate serve` as a process of its own, to be started, stopped and killed; ports, data and log stay."""

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
        from_nothing: bool = False,
    ) -> None:
        """`options` as on the command line; `environment` beside what is set here, and in its place.

        `from_nothing`: by the console script, and without a database until it makes one.
        """
        grpc_port, http_port, sandbox_port = free_port(), free_port(), free_port()
        super().__init__(data_dir, grpc_port, http_port)
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        addresses = {
            "GATE_GRPC_ADDRESS": self.grpc_address,
            "GATE_HTTP_ADDRESS": f"127.0.0.1:{http_port}",
            "GATE_SANDBOX_ADDRESS": f"127.0.0.1:{sandbox_port}",
        }
        self.environment = gate_environment(data_dir, **(addresses | dict(environment or {})))
        self._arguments = ["serve", *options]
        self._is_from_nothing = from_nothing
        # A library is preloaded, and series are shared between workers, by who begins as a process of its own.
        self._is_executed = from_nothing or "--workers" in options or "LD_PRELOAD" in self.environment
        self._log = data_dir / f"gate-{grpc_port}.log"
        self._process: Begun | subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything it wrote so far, over all its starts."""
        return self._log.read_text(encoding="utf-8")

    async def start(self, *, until_ready: bool = True) -> None:
        """Start it and wait until it takes calls, or only until its process runs.

        Raises:
            RuntimeError: it ended instead; the message is its log.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not self._is_from_nothing and not self.environment.get("GATE_DATABASE_URL"):
            await copy_of_migrated_sqlite(self.data_dir / _DATABASE)
        self._launch()
        if until_ready:
            await self.becomes_ready()

    async def becomes_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Wait until it takes calls."""
        deadline = time.monotonic() + seconds
        while not await self._is_ready():
            if self._running().poll() is not None or time.monotonic() > deadline:
                await self.kill()
                raise RuntimeError(f"the gate is not ready:\n{self.log}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self, ending: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        process = self._running()
        process.send_signal(ending)
        try:
            return await asyncio.to_thread(process.wait, _STOP_SECONDS)
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End it in the middle of whatever it does; nothing happens where it has ended."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            await asyncio.to_thread(process.wait)

    async def misbehave(self, faults: Mapping[str, Any]) -> None:
        """Faults by portal, as in the sandbox's PUT /sandbox/faults, from now on; `{}`: none."""
        async with (
            aiohttp.ClientSession() as session,
            session.put(f"{self.sandbox_url}/sandbox/faults", json=dict(faults)) as response,
        ):
            response.raise_for_status()

    def _launch(self) -> None:
        self._log.touch()
        if not self._is_executed:
            self._process = begin(self._arguments, self.environment, self._log)
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [GATE, *self._arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def _is_ready(self) -> bool:
        try:
            return (await self.page("/readyz")).status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _running(self) -> "Begun | subprocess.Popen[bytes]":
        assert self._process is not None, "it was not started"
        return self._process


@asynccontextmanager
async def gate_process(
    data_dir: Path, *options: str, environment: Mapping[str, str] | None = None, from_nothing: bool = False
) -> AsyncIterator[GateProcess]:
    """`gate serve` with these options, ready; gone at the end of the block."""
    gate = GateProcess(data_dir, *options, environment=environment, from_nothing=from_nothing)
    try:
        await gate.start()
        yield gate
    finally:
        await gate.kill()


def begin(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Begun:
    """`gate` with these arguments, forked, where the tests are; what it says is appended to `log`."""
    streams = Streams(Path(os.devnull), log, log)
    return Begun(arguments, folder=Path.cwd(), environment=environment, streams=streams)


def asking_portals_at(sandbox_url: str) -> dict[str, str]:
    """How a gate's process is told to ask the doubles that another process serves."""
    settings = {}
    for name, connection in sandbox_connections(sandbox_url).items():
        for field in ("base_url", "max_per_second", "organization_id"):
            if value := getattr(connection, field):
                settings[f"{name}__{field}"] = str(value)
        for field in ("api_key", "username", "password"):
            if secret := getattr(connection, field):
                settings[f"{name}__{field}"] = secret.get_secret_value()
    return {f"GATE_PROVIDER_ENROLLMENT__{name.upper()}": value for name, value in settings.items()}


def gate_environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a gate's process: the surrounding one without its settings, with these."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("GATE_")}
    return {**around, "GATE_DATA_DIR": str(data_dir), **settings}
