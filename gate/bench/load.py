"""What makes load: a program that is not its own bottleneck, and counts what came back."""

import asyncio
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec

from gate.bench.model import NotMeasured
from gate.bench.processes import environment, output_of, program

_SECONDS: Final = 120.0
_DONE: Final = re.compile(r"finished in [^,]+, (?P<rate>[0-9.]+) req/s")
_REQUESTS: Final = re.compile(r"requests: \d+ total, \d+ started, (?P<done>\d+) done, (?P<succeeded>\d+) succeeded")
_TRAFFIC: Final = re.compile(r"traffic: .* \((?P<data>\d+)\) data")
_FRAMED: Final = ".grpc"
FRAME_PREFIX: Final = 5
"""Bytes before a message in its HTTP/2 stream: whether it is compressed, and its length."""


class Target(NamedTuple):
    """What is called."""

    address: str
    path: str
    token: str


class Amount(NamedTuple):
    """How much of it is made."""

    calls: int
    """By each loader."""
    streams: int
    """Calls that each loader keeps under way, on one connection."""


class Sent(NamedTuple):
    """What came of it."""

    calls: int
    """Answered with HTTP's 200, which says little: gRPC's own status comes after the answer."""
    seconds: float
    data: int | None
    """Bytes of the answers with their prefixes, where the loader counts them."""


class Loader(Protocol):
    """Makes load; one process for each body, all at the same time."""

    @property
    def name(self) -> str:
        """As it is told to readers."""
        ...

    async def send(self, target: Target, bodies: Sequence[Path], amount: Amount, cores: frozenset[int]) -> Sent:
        """Post each of the messages in `bodies` as often as `amount` says.

        Raises:
            NotMeasured: a call failed.
        """
        ...


def best_loader() -> Loader:
    """h2load where it is installed."""
    h2load = shutil.which("h2load")
    return PythonClients() if h2load is None else H2Load(h2load)


class H2Load:
    """nghttp2's load generator, in C: one core of it makes more than ten of Python can answer."""

    name = "h2load"

    def __init__(self, command: str) -> None:
        self._command = command

    async def send(self, target: Target, bodies: Sequence[Path], amount: Amount, cores: frozenset[int]) -> Sent:
        """See `Loader`."""
        return _together(await asyncio.gather(*(self._post(target, body, amount, cores) for body in bodies)), amount)

    async def _post(self, target: Target, body: Path, amount: Amount, cores: frozenset[int]) -> Sent:
        headers = ("content-type: application/grpc", "te: trailers", f"authorization: Bearer {target.token}")
        command = [
            self._command,
            *(f"--requests={amount.calls}", "--clients=1", f"--max-concurrent-streams={amount.streams}"),
            *(f"--data={body.with_suffix(_FRAMED)}", *(f"--header={header}" for header in headers)),
            f"http://{target.address}{target.path}",
        ]
        log = body.with_suffix(".log")
        return told(await output_of(command, log, seconds=_SECONDS, cores=cores, variables=environment()))


def told(output: bytes) -> Sent:
    """What h2load's summary says.

    Raises:
        NotMeasured: it says something else than expected.
    """
    text = output.decode(errors="replace")
    rate, requests, traffic = (pattern.search(text) for pattern in (_DONE, _REQUESTS, _TRAFFIC))
    if rate is None or requests is None or traffic is None:
        raise NotMeasured(f"h2load said something unknown: {' '.join(text.split())[-300:]}")
    if requests["succeeded"] != requests["done"] or not float(rate["rate"]):
        raise NotMeasured(f"h2load: {requests[0]}")
    return Sent(int(requests["succeeded"]), int(requests["done"]) / float(rate["rate"]), int(traffic["data"]))


class PythonClients:
    """grpc.aio clients, where nothing better is at hand: they need about as much processor as what they measure."""

    name = "Python clients, which may be the bottleneck (install nghttp2-client for h2load)"

    async def send(self, target: Target, bodies: Sequence[Path], amount: Amount, cores: frozenset[int]) -> Sent:
        """See `Loader`."""
        return _together(await asyncio.gather(*(self._call(target, body, amount, cores) for body in bodies)), amount)

    async def _call(self, target: Target, body: Path, amount: Amount, cores: frozenset[int]) -> Sent:
        command = (*program("client"), target.address, target.path, str(body), str(amount.calls), str(amount.streams))
        variables = environment(BENCH_TOKEN=target.token)
        said = await output_of(command, body.with_suffix(".log"), seconds=_SECONDS, cores=cores, variables=variables)
        return Sent(amount.calls, msgspec.json.decode(said, type=float), None)


def _together(each: Sequence[Sent], amount: Amount) -> Sent:
    """Loaders that ran at the same time, and did the same."""
    calls = sum(sent.calls for sent in each)
    if calls != len(each) * amount.calls:
        raise NotMeasured(f"{calls} calls were answered of {len(each) * amount.calls}")
    data = [sent.data for sent in each if sent.data is not None]
    return Sent(calls, max(sent.seconds for sent in each), sum(data) if len(data) == len(each) else None)


def write_bodies(folder: Path, name: str, messages: Sequence[bytes]) -> list[Path]:
    """Each message in a file of its own; beside it, as it goes over the wire."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}-{number}.message" for number in range(len(messages))]
    for path, message in zip(paths, messages, strict=True):
        path.write_bytes(message)
        path.with_suffix(_FRAMED).write_bytes(b"\0" + len(message).to_bytes(FRAME_PREFIX - 1, "big") + message)
    return paths
