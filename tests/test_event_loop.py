"""The loop that serves gRPC: several events in one turn, none of them lost, and only gRPC's sockets are touched."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import event_loop
from gate.event_loop import ServingLoop, run_serving
from tests.support.servers import free_port

_CALLS = 400
_SERVES = """
import asyncio, os, sys
from gate.event_loop import run_serving
async def serve():
    import grpc
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:" + sys.argv[1])
    await server.start()
    await server.stop(0)
    print(os.sched_getscheduler(0), os.environ["GRPC_EXPERIMENTS"])
run_serving(serve())
"""


async def _answered(calls: int) -> list[bytes]:
    async def same(request: bytes, _: object) -> bytes:
        return request

    server = grpc.aio.server()
    method: Any = grpc.unary_unary_rpc_method_handler(same)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Same": method}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call: Any = channel.unary_unary("/test.Echo/Same")
            return [bytes(answer) for answer in await asyncio.gather(*(call(b"%d" % each) for each in range(calls)))]
    finally:
        await server.stop(0)


def test_every_call_is_answered_and_several_events_are_handled_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    in_one_turn = event_loop._in_one_turn
    events: list[int] = []

    def counting(wakes: socket.socket, handle: Callable[..., Any], *args: Any) -> None:
        events.append(len(wakes.recv(4_096, socket.MSG_PEEK)))
        in_one_turn(wakes, handle, *args)

    monkeypatch.setattr(event_loop, "_in_one_turn", counting)
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        answers = runner.run(_answered(_CALLS))

    assert answers == [str(number).encode() for number in range(_CALLS)]
    assert sum(events) >= _CALLS
    assert len(events) < sum(events)


@given(st.integers(1, 300))
def test_whoever_handles_events_finds_one_byte_and_leaves_none(written: int) -> None:
    mine, theirs = socket.socketpair()
    found: list[bytes] = []
    with closing(mine), closing(theirs):
        mine.setblocking(False)
        theirs.sendall(b"1" * written)

        event_loop._in_one_turn(mine, lambda number: found.append(mine.recv(1) * number), 3)

        assert found == [b"111"]
        with pytest.raises(BlockingIOError):
            mine.recv(1)


def test_sockets_of_others_are_read_by_nobody_else() -> None:
    async def heard() -> bytes:
        mine, theirs = socket.socketpair()
        with closing(mine), closing(theirs):
            read: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().add_reader(mine, lambda: read.set_result(mine.recv(10)))
            theirs.sendall(b"hello")
            said = await read
            asyncio.get_running_loop().remove_reader(mine)
            return said

    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        assert runner.run(heard()) == b"hello"


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has this way of scheduling")
def test_on_one_processor_threads_finish_their_turns_and_on_several_they_need_not() -> None:
    processors = sorted(os.sched_getaffinity(0))
    one, all_of_them = (_scheduling_with(set(allowed)) for allowed in (processors[:1], processors))

    assert one == os.SCHED_BATCH
    assert all_of_them == (os.SCHED_OTHER if len(processors) > 1 else os.SCHED_BATCH)


def _scheduling_with(processors: set[int]) -> int:
    narrowed = f"import os; os.sched_setaffinity(0, {processors})\n{_SERVES}"
    command = [sys.executable, "-c", narrowed, str(free_port())]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return int(said.stdout.split()[0])


def test_what_is_switched_off_is_known_to_this_grpc() -> None:
    command = [sys.executable, "-c", _SERVES, str(free_port())]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert said.stdout.split()[1] == "-event_engine_listener"
    assert "Unknown experiment" not in said.stderr


def test_what_a_site_says_of_grpc_itself_stands() -> None:
    command = [sys.executable, "-c", _SERVES, str(free_port())]
    environment = os.environ | {"GRPC_EXPERIMENTS": "-event_engine_dns"}
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment)

    assert said.stdout.split()[1] == "-event_engine_dns"


def test_the_result_is_handed_on() -> None:
    async def three() -> int:
        await asyncio.sleep(0)
        return 3

    scheduler = os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None
    try:
        assert run_serving(three()) == 3
    finally:
        os.environ.pop("GRPC_EXPERIMENTS", None)
        if scheduler is not None:
            os.sched_setscheduler(0, scheduler, os.sched_param(0))
