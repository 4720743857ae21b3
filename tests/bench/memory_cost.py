"""What a million cached answers take (P8): ``python -m tests.bench.memory_cost [--entries 1000000] [--redis]``.

Distinct invented providers of four states (`tests.bench.provider_knowledge`) are put into the layer in this process,
and all of them are asked for. Measured is what the process grew by, against what the layer says it takes; the
processor's time for each operation; and how long the garbage collector stops everything, with and without them. With
``--redis``, what fifty thousand of them take there.
"""

import argparse
import asyncio
import gc
import resource
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from aggregator.cache.contract import StoreEntry
from aggregator.cache.memory import MemoryCache
from aggregator.cache.redis import RedisStore, redis_client
from aggregator.knowledge import Knowledge, KnowledgeKey
from tests.aggregator.conftest import RedisServer
from tests.bench.provider_knowledge import known_providers

ROOM = 2_000_000_000
IN_REDIS = 50_000
_Known = tuple[KnowledgeKey, Knowledge]


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def full_collection() -> float:
    """Milliseconds for which it stops everything."""
    gc.collect()
    began = time.process_time()
    gc.collect()
    return (time.process_time() - began) * 1e3


def in_pieces(providers: Iterator[_Known]) -> Iterator[list[_Known]]:
    """So that making them up is not measured, and not all of them are in memory as objects."""
    while piece := list(islice(providers, 1000)):
        yield piece


def timed(entries: int, operation: Callable[[_Known], object]) -> float:
    """Microseconds for one."""
    spent = 0.0
    for piece in in_pieces(known_providers(entries)):
        began = time.process_time()
        for one in piece:
            operation(one)
        spent += time.process_time() - began
    return spent / entries * 1e6


def in_this_process(entries: int) -> None:
    warm_up = MemoryCache(ROOM)
    timed(10_000, lambda one: warm_up.hold(*one))
    cache = MemoryCache(ROOM)
    before, empty, pause = resident(), cache.use.bytes, full_collection()

    put = timed(entries, lambda one: cache.hold(*one))
    grown, said = resident() - before, cache.use.bytes - empty
    get = timed(entries, lambda one: cache.peek(one[0]))
    used = resident() - before
    if cache.use.hits != entries or cache.use.evictions:
        raise SystemExit("not every entry is there")

    print(f"{entries:,} entries")
    print(f"  grown by         {grown / 1e6:8.1f} MB   {grown / entries:6.0f} bytes each")
    print(f"  all asked for    {used / 1e6:8.1f} MB   {used / entries:6.0f} bytes each")
    print(
        f"  said to take     {said / 1e6:8.1f} MB   {said / entries:6.0f} bytes each, {said / grown:.2f} of the growth"
    )
    print(f"  put, peek        {put:8.1f} and {get:.1f} µs each")
    print(f"  full collection  {full_collection():8.1f} ms, {pause:.1f} ms before")
    print(f"  P8               {'within' if max(grown, used) <= 1e9 * entries / 1e6 else 'over'} 1 GB for a million")


async def in_redis(server: RedisServer) -> None:
    client = redis_client(server.url)
    store = RedisStore(client)
    before = (await client.info("memory"))["used_memory"]
    for piece in in_pieces(known_providers(IN_REDIS)):
        await store.merge([StoreEntry(key, knowledge, 3600) for key, knowledge in piece])
    after = (await client.info("memory"))["used_memory"]
    print(f"in Redis           {(after - before) / IN_REDIS:8.0f} bytes each")
    await client.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--redis", action="store_true")
    wanted = parser.parse_args()
    in_this_process(wanted.entries)
    if wanted.redis:
        with TemporaryDirectory() as directory:
            server = RedisServer(Path(directory))
            server.start()
            try:
                asyncio.run(in_redis(server))
            finally:
                server.kill()


if __name__ == "__main__":
    main()
