"""`gate serve`: the service."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.ending import stop, warn
from gate.cli.options import ConfigFile, settings_of
from gate.cli.portals import refuse_in_production, started_portals
from gate.cli.stopping import until_stopped
from gate.cli.workers import serve_by_workers
from gate.errors import GateError
from gate.event_loop import run_serving
from gate.observability.logging import configure_logging
from gate.secret_sources import remarks_on_files
from gate.serving import ServeRole
from gate.settings import Settings, unknown_variables, with_connections
from gate.startup import uncollected

if TYPE_CHECKING:
    from gate.bootstrap import RunningGate


def serve(
    role: Annotated[
        ServeRole,
        typer.Option(help="Which part to serve: gRPC (gate), pages and /api (portal), scheduled work (jobs)."),
    ] = ServeRole.ALL,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Also serve the portals' doubles, and ask them instead of the portals.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Processes that serve together at the same ports (GATE_WORKERS).", show_default="1"
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Serve gRPC and HTTP until stopped (SIGTERM or Ctrl-C); calls in flight are finished first."""
    settings = settings_of(config)
    if sandbox:
        refuse_in_production(settings)
    configure_logging(settings.log_level)
    for variable in unknown_variables(os.environ):
        warn(f"{variable} names no setting and is ignored")
    for remark in remarks_on_files(Settings, os.environ):
        warn(remark)
    if workers is not None:
        settings = settings.model_copy(update={"workers": workers})
    if settings.workers > 1:
        asyncio.run(serve_by_workers(settings, role, sandbox=sandbox))
    else:
        run_serving(_serve(settings, role, sandbox=sandbox))


async def _serve(settings: Settings, role: ServeRole, *, sandbox: bool) -> None:
    async with serving(settings, role, sandbox=sandbox):
        await until_stopped()


@asynccontextmanager
async def serving(
    settings: Settings, role: ServeRole = ServeRole.ALL, *, sandbox: bool
) -> AsyncIterator["RunningGate"]:
    """A gate that serves inside the block, with the portals' doubles if wanted; start-up failures end the program."""
    async with AsyncExitStack() as stack:
        with uncollected():
            from gate.bootstrap import running_gate
            from sources.registry import SourceRegistrationError

            if sandbox:
                portals = await started_portals(settings)
                stack.push_async_callback(portals.stop)
                settings = with_connections(settings, portals.connections)
            try:
                gate = await stack.enter_async_context(running_gate(settings, role=role))
            except (OSError, GateError, SourceRegistrationError) as error:
                stop(f"cannot start: {error}")
        yield gate
