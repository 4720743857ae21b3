"""What each part of `gate.event_loop` takes off a call that is nothing but transport:
``python -m tests.bench.serving_loop_cost``.

A bare echo on one processor, loaded from another one; its processor time for a call, by turns: with asyncio's own loop
and gRPC as it comes, with one part of ours after the other, and with all of them.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Final

from gate.bench.load import Amount, Target, best_loader, write_bodies
from gate.bench.machine import shared_out
from gate.bench.processes import environment, free_port, processor_seconds, running
from gate.bench.programs import echo
from gate.bench.run import CHECK_CLAIM
from gate.event_loop import ServingLoop
from gate.v1 import enrollment_gate_pb2

ROUNDS: Final = 7
CALLS: Final = 1_500
LOADERS: Final = 4
_ONE_THREAD_POLLS: Final = {"GRPC_EXPERIMENTS": "-event_engine_listener"}
VARIANTS: Final[Mapping[str, tuple[frozenset[str], Mapping[str, str]]]] = {
    "as it comes": (frozenset(), {}),
    "threads finish their turns": (frozenset({"batch"}), {}),
    "… and one thread polls": (frozenset({"batch"}), _ONE_THREAD_POLLS),
    "… and several events a turn": (frozenset({"batch", "turns"}), _ONE_THREAD_POLLS),
    "all but the first": (frozenset({"turns"}), _ONE_THREAD_POLLS),
}


def serve(port: str, parts: str) -> None:
    """The echo, in a process of its own."""
    chosen = set(parts.split(","))
    if "batch" in chosen:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with asyncio.Runner(loop_factory=ServingLoop if "turns" in chosen else None) as runner:
        runner.run(echo.serve(port, enrollment_gate_pb2.CheckClaimResponse().SerializeToString()))


async def measured() -> Iterator[str]:
    """A line for each variant."""
    cores, loader = shared_out(), best_loader()
    took: dict[str, list[float]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        request = enrollment_gate_pb2.CheckClaimRequest()
        request.claim.rendering_npi = "1234567893"
        bodies = write_bodies(place, "body", [request.SerializeToString()] * LOADERS)
        async with AsyncExitStack() as stack:
            servers = {}
            for name, (parts, variables) in VARIANTS.items():
                port = free_port()
                command = (sys.executable, "-m", __spec__.name, str(port), ",".join(sorted(parts)) or "none")
                process = await stack.enter_async_context(
                    running(command, place / "log", cores=cores.server, variables=environment(**variables))
                )
                servers[name] = (
                    process.pid,
                    Target(f"127.0.0.1:{port}", CHECK_CLAIM, "x" * 400),
                )
            await asyncio.sleep(4)
            for number in range(ROUNDS + 1):
                for name, (pid, target) in servers.items():
                    before = processor_seconds(pid) or 0.0
                    sent = await loader.send(target, bodies, Amount(CALLS, streams=16), cores.load)
                    if number:  # the first is not counted
                        took[name].append(((processor_seconds(pid) or 0.0) - before) / sent.calls)
    bare = median(took["as it comes"])
    return (f"{name:30} {median(each) * 1e6:6.0f} µs  {median(each) / bare:5.2f} ×" for name, each in took.items())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(*sys.argv[1:])
    else:
        print("\n".join(asyncio.run(measured())))
