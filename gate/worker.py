"""``python -m gate.worker``: one of several processes that serve together, started by `gate.workers.supervisor`."""

import asyncio
import io
import os
import shutil
import signal
import sys
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final

import msgspec
import structlog

from gate.errors import GateError
from gate.event_loop import run_serving
from gate.observability.logging import configure_logging
from gate.observability.merged import share_series
from gate.serving import ServeRole
from gate.settings import Settings
from gate.startup import uncollected
from gate.workers.crew import Crew
from gate.workers.packing import unpacked
from gate.workers.words import Condition, Order, Word

_FAILED: Final = 2


def main() -> None:
    """Serve as the supervisor says, until it says that it is enough, or is gone."""
    # Byte by byte: what follows the first line is for the event loop.
    first = io.FileIO(sys.stdin.fileno(), closefd=False).readline()
    if not first:
        return
    order = msgspec.json.decode(first, type=Order)
    supervisor = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no word to the supervisor
    settings = unpacked(order.settings)
    configure_logging(settings.log_level)
    structlog.contextvars.bind_contextvars(worker=order.slot)
    share_series(order.metrics_directory, order.slot)
    crew = Crew(order.slot, order.size, order.metrics_directory, partial(_say, supervisor))
    code = run_serving(_serve(settings, order.role, crew))
    if crew.is_orphaned:
        shutil.rmtree(order.metrics_directory, ignore_errors=True)
    sys.exit(code)


async def _serve(settings: Settings, role: ServeRole, crew: Crew) -> int:
    """The exit code."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    hearing = asyncio.create_task(_hear(crew, stopped), name="supervisor")
    async with AsyncExitStack() as stack:
        stack.callback(hearing.cancel)
        with uncollected():
            from gate.bootstrap import running_gate
            from sources.registry import SourceRegistrationError

            try:
                await stack.enter_async_context(running_gate(settings, crew=crew, role=role))
            except (OSError, GateError, SourceRegistrationError) as error:
                crew.failed(str(error))
                return _FAILED
        await stopped.wait()
    return 0


async def _hear(crew: Crew, stopped: asyncio.Event) -> None:
    """Returns when there is nothing more to hear."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        crew.condition = msgspec.json.decode(line, type=Condition)
        if crew.condition.is_ending:
            stopped.set()
    crew.is_orphaned = not crew.condition.is_ending
    stopped.set()


def _say(supervisor: int, word: Word) -> None:
    with suppress(BrokenPipeError):
        os.write(supervisor, msgspec.json.encode(word) + b"\n")


if __name__ == "__main__":
    main()
