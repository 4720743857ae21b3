"""Calls made in Python: ``python -m gate.bench.programs.client ADDRESS PATH MESSAGE CALLS STREAMS``.

Writes the seconds that they took. The credential is in BENCH_TOKEN. A call that is not answered with OK ends it.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

import grpc

from gate.bench.site import channel_to


async def call(address: str, path: str, message: bytes, calls: int, streams: int) -> float:
    """The seconds from the first call to the last answer."""
    metadata = (("authorization", f"Bearer {os.environ['BENCH_TOKEN']}"),)
    left = iter(range(calls))
    async with channel_to(address) as channel:
        ask: Any = channel.unary_unary(path)
        await channel.channel_ready()

        async def one_after_the_other() -> None:
            for _ in left:
                await ask(message, metadata=metadata)

        began = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(streams)))
        return time.perf_counter() - began


def main(address: str, path: str, body: str, calls: str, streams: str) -> int:
    try:
        print(asyncio.run(call(address, path, Path(body).read_bytes(), int(calls), int(streams))))
    except grpc.aio.AioRpcError as error:
        print(error.code(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
