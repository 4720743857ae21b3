"""How `gate serve` serves with several processes."""

import tempfile
from contextlib import AsyncExitStack, closing
from functools import partial
from typing import Final

from gate.cli.ending import stop
from gate.cli.portals import started_portals
from gate.cli.stopping import until_stopped
from gate.errors import GateError
from gate.serving import ServeRole
from gate.settings import Settings, with_connections
from gate.workers.packing import packed
from gate.workers.ports import held, with_port
from gate.workers.supervisor import Supervisor
from gate.workers.words import Order

_MODULE: Final = "gate.worker"
_DRAINS: Final = 4
"""So often `drain_seconds` may pass while a worker finishes: its calls, requests over HTTP, ledger and jobs."""
_SPARE_SECONDS: Final = 10.0


async def serve_by_workers(settings: Settings, role: ServeRole, *, sandbox: bool) -> None:
    """Serve with `settings.workers` processes until stopped; ends the program where they cannot start."""
    async with AsyncExitStack() as stack:
        if sandbox:
            portals = await started_portals(settings)
            stack.push_async_callback(portals.stop)
            settings = with_connections(settings, portals.connections)
        try:
            await _supervised(settings, role, stack)
        except (OSError, GateError) as error:
            stop(f"cannot serve: {error}")


async def _supervised(settings: Settings, role: ServeRole, stack: AsyncExitStack) -> None:
    grpc_port = stack.enter_context(closing(held(settings.grpc_address, "GATE_GRPC_ADDRESS")))
    http_port = stack.enter_context(closing(held(settings.http_address, "GATE_HTTP_ADDRESS")))
    addresses = {
        "grpc_address": with_port(settings.grpc_address, grpc_port),
        "http_address": with_port(settings.http_address, http_port),
    }
    work = packed(settings.model_copy(update=addresses))
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="gate-metrics-", ignore_cleanup_errors=True))
    from gate.observability.merged import forget_gauges

    orders = [Order(slot, settings.workers, directory, work, role) for slot in range(1, settings.workers + 1)]
    supervisor = Supervisor(_MODULE, orders, partial(forget_gauges, directory))
    finish_seconds = settings.stop_notice_seconds + _DRAINS * settings.drain_seconds + _SPARE_SECONDS
    await supervisor.run(until_stopped(), finish_seconds)
