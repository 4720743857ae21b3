"""`gate serve`: the service."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated

import typer

from gate.bootstrap import RunningGate, running_gate, with_connections
from gate.cli.client import stop
from gate.cli.options import ConfigFile, settings_of
from gate.errors import GateError
from gate.observability.logging import configure_logging
from gate.settings import Environment, Settings
from sources.registry import SourceRegistrationError
from sources.sandbox.server import RunningSandbox, start_sandbox


class ServeRole(StrEnum):
    """Which part of the service a process is."""

    ALL = "all"
    GATE = "gate"


def serve(
    role: Annotated[
        ServeRole, typer.Option(help="Which part to serve; the gate with its operations pages is all there is yet.")
    ] = ServeRole.ALL,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Also serve the portals' doubles, and ask them instead of the portals.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Serve gRPC and HTTP until stopped (SIGTERM or Ctrl-C); calls in flight are finished first."""
    del role  # both say the same until there is a second part
    settings = settings_of(config)
    if sandbox and settings.environment is Environment.PRODUCTION:
        stop("GATE_ENVIRONMENT=production refuses the sandbox")
    configure_logging(settings.log_level)
    asyncio.run(_serve(settings, sandbox=sandbox))


async def _serve(settings: Settings, *, sandbox: bool) -> None:
    async with serving(settings, sandbox=sandbox):
        await until_stopped()


@asynccontextmanager
async def serving(settings: Settings, *, sandbox: bool) -> AsyncIterator[RunningGate]:
    """A gate that serves inside the block, with the portals' doubles if wanted; start-up failures end the program."""
    portals = None
    try:
        if sandbox:
            portals = await _sandbox(settings)
            settings = with_connections(settings, portals.connections)
        async with running_gate(settings) as gate:
            yield gate
    except (OSError, RuntimeError, GateError, SourceRegistrationError) as error:
        stop(f"cannot start: {error}")
    finally:
        if portals is not None:
            await portals.stop()


async def until_stopped() -> None:
    """Wait for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()


async def _sandbox(settings: Settings) -> RunningSandbox:
    host, _, port = settings.sandbox_address.rpartition(":")
    return await start_sandbox(host.strip("[]"), int(port))
