"""Starts the workers, starts another in the place of one that ended, and has all of them finish."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from gate.errors import PreconditionFailed
from gate.workers.words import Condition, Order, Word

_SHORTEST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 30.0
_HEALTHY_SECONDS: Final = 60.0
_OWN_VARIABLES: Final = "GATE_"
_log = structlog.stdlib.get_logger(__name__)


class _Worker:
    """One child at a time."""

    def __init__(self, module: str, order: Order) -> None:
        self.slot = order.slot
        self.is_serving = False
        self.has_served = False
        self.reason = ""
        """Why the last one could not start, in its words."""
        self._order = msgspec.json.encode(order) + b"\n"
        # -P: nothing is imported from wherever the service was started.
        self._command = [sys.executable, "-P", "-m", module]
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        return 0 if self._process is None else self._process.pid

    async def run(self, condition: Callable[[], Condition], heard: Callable[[], None]) -> int:
        """The exit code of one child; `heard` is called after each of its words."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            process_group=0,  # Ctrl-C is said to the supervisor alone
        )
        self._process = process
        self.reason = ""
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a child without its pipes")
            process.stdin.write(self._order)
            self.tell(condition())
            async for line in process.stdout:
                word = msgspec.json.decode(line, type=Word)
                self.is_serving, self.reason = word.is_serving, word.failed
                self.has_served = self.has_served or word.is_serving
                heard()
            return await process.wait()
        finally:
            self._process = None
            self.is_serving = False
            if process.returncode is None:
                process.kill()
                await process.wait()

    def tell(self, condition: Condition) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(ConnectionError, RuntimeError):  # it ended meanwhile
                self._process.stdin.write(msgspec.json.encode(condition) + b"\n")

    def kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()


class Supervisor:
    """Keeps as many workers as it has orders."""

    def __init__(self, module: str, orders: Sequence[Order], forget: Callable[[int], None]) -> None:
        """`module`: what a worker runs. `forget` hears the slot of each that ended."""
        self._workers = [_Worker(module, order) for order in orders]
        self._forget = forget
        self._condition = Condition()
        self._ending = asyncio.Event()
        self._failure = ""

    async def run(self, stopped: Coroutine[None, None, None], finish_seconds: float) -> None:
        """Until `stopped` returns; ends when all workers have finished, which may take `finish_seconds`.

        Raises:
            PreconditionFailed: one could not start, or did not finish in time; none is left.
        """
        keeping = [asyncio.create_task(self._keep(worker), name=f"worker-{worker.slot}") for worker in self._workers]
        asked = asyncio.create_task(stopped)
        try:
            await asyncio.wait([asked, *keeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            is_late = await self._finish(keeping, finish_seconds)
        for task in keeping:
            task.result()
        if is_late:
            raise PreconditionFailed("a worker did not finish in time and was killed")
        if self._failure:
            raise PreconditionFailed(self._failure)

    async def _finish(self, keeping: Sequence[asyncio.Task[None]], seconds: float) -> bool:
        """Whether one had to be killed."""
        self._ending.set()
        self._tell()
        _, late = await asyncio.wait(keeping, timeout=seconds)
        for worker in self._workers:
            worker.kill()
        await asyncio.wait(keeping)
        return bool(late)

    async def _keep(self, worker: _Worker) -> None:
        wait = _SHORTEST_WAIT
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                code = await worker.run(lambda: self._condition, self._tell)
            except OSError as error:  # the machine has no room for another process now
                code, worker.reason = -1, str(error)
            self._forget(worker.slot)
            self._tell()
            if self._ending.is_set():
                if code and not self._failure:
                    _log.error("worker_ended", worker=worker.slot, exit_code=code, why=worker.reason)
                    self._failure = f"a worker ended with {code} instead of finishing"
                return
            if not self._condition.were_all_there:
                # The first to fail says why; the others may have no reason but that they were told to finish.
                self._failure = self._failure or worker.reason or f"a worker ended with {code} before all served"
                return
            if time.monotonic() - began > _HEALTHY_SECONDS:
                wait = _SHORTEST_WAIT
            _log.error("worker_ended", worker=worker.slot, exit_code=code, again_in_seconds=wait, why=worker.reason)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)
            wait = min(_LONGEST_WAIT, wait * 2)
            self._condition = msgspec.structs.replace(self._condition, restarts=self._condition.restarts + 1)
            self._tell()

    def _tell(self) -> None:
        """All of them, how all of them are."""
        before = self._condition
        self._condition = msgspec.structs.replace(
            before,
            serving={worker.slot: worker.pid for worker in self._workers if worker.is_serving},
            were_all_there=all(worker.has_served for worker in self._workers),
            is_ending=self._ending.is_set(),
        )
        if self._condition.were_all_there and not before.were_all_there:
            _log.info("workers_serving", workers=len(self._workers))
        for worker in self._workers:
            worker.tell(self._condition)
