"""Processes that a run starts, watches, and ends again, whatever happens."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from gate.bench.machine import on
from gate.bench.model import NotMeasured

GATE: Final = (sys.executable, "-c", "from gate.cli.main import main; main()")
"""The command line of this very installation."""
_STOP_SECONDS: Final = 8.0
_LOOK_SECONDS: Final = 0.02
_PORTS: Final = range(20_000, 32_000)
"""Below those that systems hand out to clients."""
_LAST_WORDS: Final = 600


def program(name: str) -> tuple[str, ...]:
    """One of `gate.bench.programs`."""
    return (sys.executable, "-m", f"gate.bench.programs.{name}")


def environment(**variables: str) -> dict[str, str]:
    """The surrounding one without the gate's settings, with these."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("GATE_")}
    return {**around, **variables}


def free_port() -> int:
    """A port on 127.0.0.1 nobody listens on at present."""
    while True:
        port = secrets.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@asynccontextmanager
async def running(
    command: Sequence[str],
    log: Path,
    *,
    cores: frozenset[int] = frozenset(),
    variables: Mapping[str, str] | None = None,
    is_heard: bool = False,
) -> AsyncIterator[Process]:
    """A process; it and all it started are gone at the end of the block.

    `is_heard`: its standard output is read by the caller, who has to; else it goes to the log too.
    """
    with log.open("ab") as written, on(cores):
        out = PIPE if is_heard else written
        process = await asyncio.create_subprocess_exec(
            *command, env=variables, stdin=DEVNULL, stdout=out, stderr=written, start_new_session=True
        )
    try:
        yield process
    finally:
        await _end(process)


async def output_of(
    command: Sequence[str],
    log: Path,
    *,
    seconds: float,
    cores: frozenset[int] = frozenset(),
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """What a process says that ends by itself.

    Raises:
        NotMeasured: it failed, or did not end in time.
    """
    async with running(command, log, cores=cores, variables=variables, is_heard=True) as process:
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate()
        except TimeoutError:
            raise NotMeasured(f"{named(command)} did not end within {seconds:.0f} seconds") from None
        if process.returncode:
            raise NotMeasured(f"{named(command)} failed: {last_words(log)}")
        return said


def last_words(log: Path) -> str:
    """The end of what was written there."""
    return " ".join(log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:].split())


def named(command: Sequence[str]) -> str:
    """A command in a sentence: without the interpreter, and without arguments, which may hold a credential."""
    if tuple(command[: len(GATE)]) == GATE:
        return f"gate {command[len(GATE)]}"
    return command[2] if command[0] == sys.executable else command[0]


async def highest_memory(process: Process) -> int:
    """The most memory a process held until its end, in bytes, looked at again and again.

    Raises:
        NotMeasured: this system does not tell.
    """
    highest = 0
    while process.returncode is None:
        highest = max(highest, _status(process.pid, "VmHWM"))
        await asyncio.sleep(_LOOK_SECONDS)
    if not highest:
        raise NotMeasured("this system does not tell the memory of a process (/proc)")
    return highest


def processor_seconds(pid: int) -> float | None:
    """What a process has used so far, itself and in the kernel; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, name: str) -> int:
    """A quantity of memory in bytes; 0 where the process is gone, or the system does not tell."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0


async def _end(process: Process) -> None:
    """Ask it to, and after a while make it."""
    if process.returncode is None:
        process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
