"""A gate under test, as a site runs it: `gate serve` in a process of its own, portals in another."""

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp
import grpc
from prometheus_client.parser import text_string_to_metric_families

from gate.auth.development import development_key, sign_development_token
from gate.auth.permissions import Role
from gate.bench.claims import STATE
from gate.bench.machine import Cores, move_children
from gate.bench.model import NotMeasured
from gate.bench.processes import GATE, environment, free_port, last_words, running
from gate.clock import system_clock
from gate.rpc.limits import LARGEST_MESSAGE
from sources.sandbox.access import sandbox_connections

TENANT: Final = "bench"
Metadata = tuple[tuple[str, str], ...]
_READY_SECONDS: Final = 40.0
_DRAINER_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.005
_PAGE_SECONDS: Final = aiohttp.ClientTimeout(total=10)
_WRITTEN_SECONDS: Final = 10.0
_WRITTEN_LOOK_SECONDS: Final = 0.2


class Portals:
    """The doubles of the portals, in a process of their own."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def know(self, population: Mapping[str, Any]) -> None:
        """Know these providers and no others."""
        await self._put("population", population)

    async def answer_after(self, milliseconds: Mapping[str, float]) -> None:
        """Each portal named takes so long, from now on."""
        await self._put(
            "faults", {portal: {"kind": "none", "latency_ms": latency} for portal, latency in milliseconds.items()}
        )

    async def forget_calls(self) -> None:
        """Count from nought again."""
        async with _session() as session, session.delete(f"{self.url}/sandbox/calls") as response:
            response.raise_for_status()

    async def calls(self) -> dict[str, int]:
        """Requests each portal has had since."""
        async with _session() as session, session.get(f"{self.url}/sandbox/calls") as response:
            return {str(portal): int(calls) for portal, calls in (await response.json()).items()}

    async def _put(self, what: str, document: Mapping[str, Any]) -> None:
        async with _session() as session, session.put(f"{self.url}/sandbox/{what}", json=dict(document)) as response:
            response.raise_for_status()


class Counted:
    """What a gate says it has done, by its own metrics."""

    def __init__(self, text: str) -> None:
        samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
        requests = [each for each in samples if each.name == "enrollment_gate_request_seconds_count"]
        self.answered = int(sum(each.value for each in requests if each.labels["status"] == "OK"))
        self.refused = int(sum(each.value for each in requests if each.labels["status"] != "OK"))
        self.decided = _total(samples, "enrollment_gate_decisions_total")
        self.drained = _total(samples, "enrollment_gate_ledger_drained_total")
        self.written = _total(samples, "enrollment_gate_ledger_written_total")


def _total(samples: list[Any], name: str) -> int:
    return int(sum(each.value for each in samples if each.name == name))


class Gate:
    """A gate that serves."""

    def __init__(self, process: Process, variables: Mapping[str, str], token: str) -> None:
        self.process = process
        self.variables = variables
        """What a command needs in its surroundings to call it."""
        self.token = token
        self.address = variables["GATE_GRPC_ADDRESS"]
        self.http_url = f"http://{variables['GATE_HTTP_ADDRESS']}"

    @property
    def metadata(self) -> Metadata:
        """Of a call."""
        return bearer(self.token)

    def channel(self) -> grpc.aio.Channel:
        """A connection of its own."""
        return channel_to(self.address)

    async def counted(self) -> Counted:
        """What it has done so far."""
        async with _session() as session, session.get(f"{self.http_url}/metrics") as response:
            return Counted(await response.text())

    async def has_written(self, decisions: int) -> None:
        """Wait until it says that so many decisions were kept; it says so now and then.

        Raises:
            NotMeasured: others were.
        """
        deadline = time.monotonic() + _WRITTEN_SECONDS
        written = (await self.counted()).written
        while written < decisions and time.monotonic() < deadline:
            await asyncio.sleep(_WRITTEN_LOOK_SECONDS)
            written = (await self.counted()).written
        if written != decisions:
            raise NotMeasured(f"the gate kept {written} decisions, and gave {decisions}")


def bearer(token: str) -> Metadata:
    """Metadata of a call that carries the token."""
    return (("authorization", f"Bearer {token}"),)


def channel_to(address: str) -> grpc.aio.Channel:
    """A connection of its own, for messages as large as a gate takes."""
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    return grpc.aio.insecure_channel(address, options=[*limits, ("grpc.use_local_subchannel_pool", 1)])


@asynccontextmanager
async def portals(folder: Path, cores: Cores) -> AsyncIterator[Portals]:
    """The doubles, with the bundled population."""
    port = free_port()
    log = folder / "sandbox.log"
    variables = environment(GATE_DATA_DIR=str(folder))
    async with running((*GATE, "sandbox", "--port", str(port)), log, cores=cores.load, variables=variables) as process:
        url = f"http://127.0.0.1:{port}"
        await _until_it_answers(f"{url}/sandbox/calls", process, log)
        yield Portals(url)


def variables_of_gate(data_dir: Path, asked: Portals, **more: str) -> dict[str, str]:
    """The surroundings of a gate that checks one state by these portals; makes its data directory."""
    data_dir.mkdir(parents=True, exist_ok=True)
    return environment(
        **{
            "GATE_DATA_DIR": str(data_dir),
            "GATE_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "GATE_HTTP_ADDRESS": f"127.0.0.1:{free_port()}",
            "GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": STATE,
            "GATE_STOP_NOTICE_SECONDS": "0",
            "GATE_DRAIN_SECONDS": "1",
            **_connections(asked.url),
            **more,
        }
    )


@asynccontextmanager
async def gate(
    data_dir: Path, asked: Portals, cores: Cores, *, options: Sequence[str] = (), **more: str
) -> AsyncIterator[Gate]:
    """A gate that is ready; `options` of the command line, `more` settings as variables.

    Its drainer keeps off the server's core, and leaves the other ones to whoever else wants them: else it would slow
    down the load for the bare counterpart, whose turn it is when the drainer is busy.
    """
    async with started(variables_of_gate(data_dir, asked, **more), data_dir, cores.server, options) as ready:
        await keep_off(ready.process, cores)
        yield ready


@asynccontextmanager
async def started(
    variables: Mapping[str, str], data_dir: Path, cores: frozenset[int] = frozenset(), options: Sequence[str] = ()
) -> AsyncIterator[Gate]:
    """`gate serve` with these surroundings, ready."""
    log = data_dir / "gate.log"
    async with running((*GATE, "serve", *options), log, cores=cores, variables=variables) as process:
        await _until_it_answers(f"http://{variables['GATE_HTTP_ADDRESS']}/readyz", process, log)
        yield Gate(process, variables, token_of(data_dir))


async def keep_off(process: Process, cores: Cores) -> None:
    """See to it that the drainer of a gate, which it starts when it is ready, keeps off the server's core."""
    last = time.monotonic() + _DRAINER_SECONDS
    while cores.load and time.monotonic() < last:
        if move_children(process.pid, cores.load):
            return
        await asyncio.sleep(_LOOK_SECONDS)


def token_of(data_dir: Path, tenant: str = TENANT) -> str:
    """A pipeline's, signed with the development key of a gate that has been started there."""
    return sign_development_token(
        development_key(data_dir),
        tenant=tenant,
        subject="bench",
        roles=[Role.PIPELINE],
        now=system_clock(),
        ttl=timedelta(hours=2),
    )


def _connections(url: str) -> dict[str, str]:
    """The settings by which a gate's process asks the doubles at `url`."""
    settings = {}
    for name, connection in sandbox_connections(url).items():
        section = f"GATE_PROVIDER_ENROLLMENT__{name.upper()}"
        for field in ("base_url", "max_per_second", "organization_id"):
            if value := getattr(connection, field):
                settings[f"{section}__{field.upper()}"] = str(value)
        for field in ("api_key", "username", "password"):
            if secret := getattr(connection, field):
                settings[f"{section}__{field.upper()}"] = secret.get_secret_value()
    return settings


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=_PAGE_SECONDS)


async def _until_it_answers(url: str, process: Process, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    async with _session() as session:
        while time.monotonic() < deadline and process.returncode is None:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url) as response:
                    if response.status == HTTPStatus.OK:
                        return
            await asyncio.sleep(_LOOK_SECONDS)
    raise NotMeasured(f"a server did not come up: {last_words(log)}")
