"""The event loop of a process that serves gRPC, and what makes the transport below it cheap.

Of a call that is answered from memory, nine tenths are transport: threads that wake each other, and reads that find one
event at a time. Three things take a third of that away; docs/performance.md has the figures.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple, Unpack

if TYPE_CHECKING:
    from _typeshed import HasFileno

_EXPERIMENTS: Final = "GRPC_EXPERIMENTS"
_ONE_THREAD_POLLS: Final = "-event_engine_listener"
"""The thread that hands events to Python reads the sockets itself, where else a pool of threads reads for it."""
_MOST_WAKES: Final = 4_096

Result = TypeVar("Result")
Given = TypeVarTuple("Given")


class ServingLoop(asyncio.SelectorEventLoop):
    """Takes all that gRPC has ready in one turn.

    grpc.aio writes a byte into a socket for each event. Whoever reads one byte handles every event there is, but then
    comes back for each byte that is left, to find nothing.
    """

    def add_reader(self, fd: "int | HasFileno", callback: Callable[[Unpack[Given]], Any], *args: *Given) -> None:
        """See `asyncio.loop.add_reader`."""
        if isinstance(fd, socket.socket) and _is_of_grpc(callback):
            super().add_reader(fd, _in_one_turn, fd, callback, *args)
        else:
            super().add_reader(fd, callback, *args)


def run_serving(main: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` for a process that serves gRPC; to be called before gRPC has done anything in it."""
    os.environ.setdefault(_EXPERIMENTS, _ONE_THREAD_POLLS)
    _let_threads_finish_their_turns()
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        return runner.run(main)


def _let_threads_finish_their_turns() -> None:
    """Where this process has one processor, have no thread of it interrupt another the moment it has something to do.

    gRPC's threads wake each other several times a call, and on one processor each wake would be a switch to and fro; so
    the events of many calls gather meanwhile, and are handled together. Where there are more processors a thread that
    wakes takes a free one, and would only wait longer for it beside other programs.
    """
    if not hasattr(os, "SCHED_BATCH") or len(os.sched_getaffinity(0)) > 1:
        return
    if os.sched_getscheduler(0) == os.SCHED_OTHER:
        with suppress(OSError):  # some sandboxes forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _is_of_grpc(callback: Callable[..., Any]) -> bool:
    inner = callback.func if isinstance(callback, partial) else callback
    return type(getattr(inner, "__self__", None)).__module__.startswith("grpc.")


def _in_one_turn(wakes: socket.socket, handle: Callable[[Unpack[Given]], Any], *args: *Given) -> None:
    # A byte is written after its event is there to be handled, so that every byte seen here is about what `handle`
    # is going to find. It wants one byte for itself.
    written = len(wakes.recv(_MOST_WAKES, socket.MSG_PEEK))
    if written > 1:
        wakes.recv(written - 1)
    handle(*args)
