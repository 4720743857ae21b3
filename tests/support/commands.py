"""`gate` without the second it takes to import: each command is forked from a process that has its libraries loaded.

That one is the standard library's fork server: it has a single thread, has started nothing, and ends with the tests.
Environment, folder, streams and exit code are the command's own, as after `exec`. Tests of starting and ending
themselves use the console script; `tests/cli/test_shell.py` compares the two.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path
from typing import Final, NamedTuple

_LOADED: Final = [
    "gate.bootstrap",
    "gate.cli.client",
    "gate.cli.main",
    "gate.cli.serve",
    "gate.web.app",
    "sources.sandbox.server",
]
_processes: Final = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__, *_LOADED])


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: bytes
    err: bytes


class Streams(NamedTuple):
    """The files a command reads from and appends to."""

    stdin: Path
    stdout: Path
    stderr: Path


class Begun:
    """A command that goes on: as much of `subprocess.Popen` as is asked of one."""

    def __init__(
        self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], streams: Streams
    ) -> None:
        """`gate` with these arguments, in `folder`; it does not outlive the tests."""
        self._arguments = list(arguments)
        given = (self._arguments, folder, dict(environment), streams)
        self._process = _processes.Process(target=_become, args=given, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None, "it was started"
        return pid

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended.

        Raises:
            subprocess.TimeoutExpired: it goes on.
        """
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(["gate", *self._arguments], timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing happens where it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()


def run(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], stdin: bytes, seconds: float
) -> Ended:
    """`gate` with these arguments, in `folder`.

    Raises:
        TimeoutError: it did not end in time and was killed.
    """
    with tempfile.TemporaryDirectory() as name:
        streams = Streams(*(Path(name) / stream for stream in Streams._fields))
        streams.stdin.write_bytes(stdin)
        begun = Begun(arguments, folder=folder, environment=environment, streams=streams)
        try:
            code = begun.wait(seconds)
        except subprocess.TimeoutExpired:
            begun.kill()
            begun.wait()
            raise TimeoutError(f"gate {' '.join(arguments)}: {streams.stderr.read_text()}") from None
        return Ended(code, streams.stdout.read_bytes(), streams.stderr.read_bytes())


def fork_server() -> int | None:
    """The process that commands are forked from; None before the first one."""
    return getattr(forkserver._forkserver, "_forkserver_pid", None)


def _become(arguments: list[str], folder: Path, environment: dict[str, str], streams: Streams) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(streams):
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT if number else os.O_RDONLY
        descriptor = os.open(path, flags, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["gate", *arguments]
    from gate.cli.main import main

    main()
