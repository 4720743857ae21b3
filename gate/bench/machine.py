"""On what a run was made, and how its processors are shared out."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

_LIBRARIES = ("enrollment-gate", "grpcio", "protobuf")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know of it."""

    processor: str
    cores: int
    system: str
    python: str
    libraries: dict[str, str]
    load_average: float
    """Of the minute before: what else the machine was doing, in cores."""

    @property
    def told(self) -> str:
        """In one line."""
        libraries = ", ".join(f"{name} {version}" for name, version in self.libraries.items())
        return f"{self.processor}, {self.cores} cores, {self.system}, Python {self.python}, {libraries}"

    def is_like(self, other: "Machine") -> bool:
        """Whether absolute values of both can be compared, as far as one can tell."""
        return (self.processor, self.cores, self.system) == (other.processor, other.cores, other.system)


def this_machine() -> Machine:
    """The one this runs on, at present."""
    return Machine(
        processor=_processor(),
        cores=len(_available()) or os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
        load_average=round(os.getloadavg()[0], 2),
    )


class Cores(msgspec.Struct, frozen=True):
    """Which processors are whose. Empty sets: the system decides."""

    server: frozenset[int] = frozenset()
    """One, for what is measured: the gate or its bare counterpart, which are never loaded at the same time."""
    load: frozenset[int] = frozenset()
    """For what makes the load, and all the rest."""


def shared_out() -> Cores:
    """One core for servers and the others for their load; nothing is said where there is only one, or no way to."""
    first, *others = sorted(_available()) or [0]
    return Cores(frozenset({first}), frozenset(others)) if others else Cores()


@contextmanager
def on(cores: frozenset[int]) -> Iterator[None]:
    """What is started inside the block stays on these processors."""
    if not cores & _available():
        yield
        return
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        # To what it was at first: blocks of several tasks overlap.
        os.sched_setaffinity(0, _available())


def move_children(pid: int, cores: frozenset[int]) -> bool:
    """Move what a process started to other processors, for when nobody else wants them; whether there was anything."""
    moved = children(pid)
    for child in moved:
        for thread in Path(f"/proc/{child}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
            os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))
    return bool(moved)


def children(pid: int) -> list[int]:
    """Processes that a process started; none where the system does not tell."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


@cache
def _available() -> frozenset[int]:
    """Those this process was given when it began; none where the system has no such notion."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
