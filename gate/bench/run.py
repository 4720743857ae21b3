"""What the measurements of one run share."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from gate.bench.load import Loader
from gate.bench.machine import Cores
from gate.bench.model import NotMeasured
from gate.bench.processes import environment, free_port, last_words, program, running
from gate.bench.site import Portals, bearer, channel_to

CHECK_CLAIM: Final = "/gate.v1.EnrollmentGate/CheckClaim"
CHECK_CLAIMS: Final = "/gate.v1.EnrollmentGate/CheckClaims"
ECHO_BYTES: Final = "/gate.bench.Echo/Bytes"
ECHO_GET: Final = "/gate.bench.Echo/Get"
_CALL_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 60.0
_LEAST_ROUNDS: Final = 2


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    rounds: int = 9
    single_calls: int = 500
    """By each of the loaders in each round."""
    batch_calls: int = 20
    cached_keys: int = 1000
    """Asked once, of the shared cache."""
    cold_keys: int = 320
    flights: int = 5
    """Keys that a thousand ask for at once."""
    providers: int = 3000
    """In the file."""
    file_claims: int = 100_000
    file_rounds: int = 3
    validated_claims: int = 400
    turns: int = 400
    """Pairs of turns with the records and without."""
    growth_rounds: int = 7
    entries: int = 1_000_000
    starts: int = 7

    def in_rounds(self, rounds: int) -> "Sizes":
        """The same, compared so many times; files, which take longest, a third as often."""
        return msgspec.structs.replace(
            self, rounds=rounds, starts=rounds, growth_rounds=rounds, file_rounds=-(-rounds // 3)
        )


QUICK: Final = Sizes(
    rounds=3,
    single_calls=150,
    batch_calls=4,
    cached_keys=120,
    cold_keys=80,
    flights=1,
    providers=300,
    file_claims=5_000,
    file_rounds=1,
    validated_claims=100,
    turns=60,
    growth_rounds=1,
    entries=50_000,
    starts=2,
)
"""To see that everything works; too little to judge by."""


class Run(msgspec.Struct, frozen=True):
    """One run."""

    folder: Path
    """Everything it writes is below; gone at its end."""
    sizes: Sizes
    cores: Cores
    loader: Loader
    doubles: Portals
    """Of the portals; each measurement tells them anew whom they know and how they behave."""

    def place(self, name: str) -> Path:
        """A folder of its own for one measurement."""
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        return place


class Echo(NamedTuple):
    """A bare counterpart that serves."""

    address: str
    pid: int


@asynccontextmanager
async def echo(place: Path, reply: bytes, cores: Cores, redis_url: str = "") -> AsyncIterator[Echo]:
    """A bare grpc.aio server (`gate.bench.programs.echo`) that answers single checks with `reply`."""
    port = free_port()
    canned = place / "reply"
    canned.write_bytes(reply)
    command = (*program("echo"), str(port), str(canned), *([redis_url] if redis_url else []))
    log = place / "echo.log"
    async with running(command, log, cores=cores.server, variables=environment()) as process:
        address = f"127.0.0.1:{port}"
        try:
            async with asyncio.timeout(_CALL_SECONDS), channel_to(address) as channel:
                await channel.channel_ready()
        except TimeoutError:
            raise NotMeasured(f"the bare server did not come up: {last_words(log)}") from None
        yield Echo(address, process.pid)


async def asked(address: str, path: str, message: bytes, token: str) -> bytes:
    """The answer to one ordinary call, as it comes over the wire."""
    async with channel_to(address) as channel:
        ask: Any = channel.unary_unary(path)
        answer: bytes = await ask(message, metadata=bearer(token), timeout=_CALL_SECONDS)
        return answer


def by_turns(names: tuple[str, ...], rounds: int) -> Iterator[tuple[str, ...]]:
    """Who is measured when, round by round. No one is always first: what drifts favours nobody.

    A slow machine gets fewer rounds, instead of a run without end.
    """
    last = time.monotonic() + _LONGEST_SECONDS
    for number in range(rounds):
        if number >= _LEAST_ROUNDS and time.monotonic() > last:
            return
        yield names if number % 2 == 0 else names[::-1]


def need(condition: object, otherwise: str) -> None:
    """Stop a measurement whose ground is not there.

    Raises:
        NotMeasured: that it is not.
    """
    if not condition:
        raise NotMeasured(otherwise)
