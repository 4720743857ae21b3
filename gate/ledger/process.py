"""The drainer in a process of its own, so that the serving loop has no part in its work, and how it is watched.

The child is told by its standard input what to drain, and that there will be nothing more; the end of that input means
that its parent is gone. It tells its progress, a line of JSON each time, on standard output.
"""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import msgspec
import structlog

from gate.ledger.drainer import Drainer, Progress

FINISH: Final = b"finish\n"
_SHORTEST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_HEALTHY_SECONDS: Final = 60.0
_OWN_VARIABLES: Final = "GATE_"
_log = structlog.stdlib.get_logger(__name__)

Tell = Callable[[Progress], None]


class DrainOrder(msgspec.Struct, frozen=True):
    """What a drainer's process is told."""

    directory: str
    owner: str
    database_url: str
    log_level: str
    anchor_minutes: float
    """How often the audit log's ends are written to the service's log."""


class RunningDrainer(Protocol):
    """Drains while the process serves."""

    def start(self) -> None:
        """Begin."""
        ...

    async def finish(self, seconds: float) -> None:
        """Nothing more is written: drain what is left, for no longer than `seconds`, and end."""
        ...


class DrainerProcess:
    """A child that drains; another one takes its place when it ends before its time."""

    def __init__(self, module: str, order: DrainOrder, tell: Tell) -> None:
        """`module`: what the child runs."""
        # Not by way of the command line, which everybody on the machine may read.
        self._order = msgspec.json.encode(order) + b"\n"
        # -P: nothing is imported from wherever the service was started.
        self._command = [sys.executable, "-P", "-m", module]
        self._tell = tell
        self._process: Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._is_finishing = False

    def start(self) -> None:
        """See `RunningDrainer`."""
        self._watching = asyncio.create_task(self._watch(), name="ledger-drainer")

    async def finish(self, seconds: float) -> None:
        """See `RunningDrainer`."""
        self._is_finishing = True
        if self._watching is None:
            return
        if self._process is not None and self._process.stdin is not None:
            with suppress(ConnectionError):
                self._process.stdin.write(FINISH)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._watching)
        except TimeoutError:
            _log.warning("ledger_not_drained", until="the next start")
        finally:
            await self._end()

    async def _end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        """Until a child ends that was told to finish."""
        wait = _SHORTEST_WAIT
        began = time.monotonic()
        while (code := await self._run()) != 0 or not self._is_finishing:
            if time.monotonic() - began > _HEALTHY_SECONDS:
                wait = _SHORTEST_WAIT
            _log.error("ledger_drainer_ended", exit_code=code, again_in_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(_LONGEST_WAIT, wait * 2)
            began = time.monotonic()

    async def _run(self) -> int:
        """The exit code of one child."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, env=environment)
        self._process = process
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a child without its pipes")
            process.stdin.write(self._order)
            if self._is_finishing:
                process.stdin.write(FINISH)
            async for line in process.stdout:
                self._tell(msgspec.json.decode(line, type=Progress))
            return await process.wait()
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()
                await process.wait()


class EmbeddedDrainer:
    """Drains in the serving loop; for where there is one processor, and for tests."""

    def __init__(self, drainer: Drainer) -> None:
        self._drainer = drainer
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """See `RunningDrainer`."""
        self._running = asyncio.create_task(self._drainer.run(), name="ledger-drainer")

    async def finish(self, seconds: float) -> None:
        """See `RunningDrainer`."""
        if self._running is None:
            return
        self._drainer.finish()
        _, pending = await asyncio.wait({self._running}, timeout=seconds)
        if pending:
            _log.warning("ledger_not_drained", until="the next start")
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
