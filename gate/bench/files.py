"""P6, and of P8 what concerns files: a claim file through a running server."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import msgspec

from gate.bench.claims import BATCH, STATE, TAXONOMY, batch, claim, npi, population, today
from gate.bench.load import Amount, Target, write_bodies
from gate.bench.machine import Cores
from gate.bench.model import Measured, NotMeasured, Unit, at_least, at_most, of_rounds
from gate.bench.processes import GATE, environment, highest_memory, last_words, output_of, program, running
from gate.bench.run import CHECK_CLAIMS, Run, by_turns, echo, need
from gate.bench.site import Gate, gate
from gate.demo.claim_file import DemoCase, write_demo_claims
from gate.v1 import enrollment_gate_pb2

_DAYS: Final = 5
_CLAIMS_IN_TRANSACTION: Final = 500
_SMALLER: Final = 10
_ECHO: Final = Amount(calls=40, streams=2)
_ECHO_LOADERS: Final = 2
_SECONDS: Final = 180.0
_ANYWHERE: Final = Cores()
"""Server, command and drainer share the machine as they would elsewhere."""
_OF_ECHO: Final = 20_000 / 300_000
_READING_OF_ECHO: Final = 60_000 / 300_000


class Timed(msgspec.Struct, frozen=True):
    """What a program says of itself."""

    claims: int
    seconds: float


class _Files(NamedTuple):
    whole: Path
    smaller: Path
    to_validate: Path


async def claim_files(run: Run) -> list[Measured]:
    """P6, then P8."""
    place = run.place("P6")
    async with AsyncExitStack() as stack:
        await run.doubles.know(population(range(run.sizes.providers)))
        tested = await stack.enter_async_context(gate(place / "data", run.doubles, _ANYWHERE))
        bare = await stack.enter_async_context(echo(place, b"", _ANYWHERE))
        await _warmed(tested, run.sizes.providers)
        files = await asyncio.to_thread(_written, place, run)
        return await _Comparison(run, files, tested, bare.address).made()


def _written(place: Path, run: Run) -> _Files:
    files = _Files(place / "claims.837", place / "smaller.837", place / "validated.837")
    sizes = (run.sizes.file_claims, run.sizes.file_claims // _SMALLER, run.sizes.validated_claims)
    for path, claims in zip(files, sizes, strict=True):
        write_demo_claims(path, _cases(claims, run.sizes.providers), today(), _CLAIMS_IN_TRANSACTION)
    return files


def _cases(count: int, providers: int) -> Iterator[DemoCase]:
    last = today()
    for number in range(count):
        yield DemoCase(
            npi=npi(number * 7 % providers),
            state=STATE,
            service_date=last - timedelta(days=number % _DAYS),
            taxonomy_code=TAXONOMY,
            charge_cents=12_500 + number % 97 * 100,
        )


async def _warmed(tested: Gate, providers: int) -> None:
    """Ask about every provider once."""
    async with tested.channel() as channel:
        ask: Any = channel.unary_unary(CHECK_CLAIMS)
        for begin in range(0, providers, BATCH):
            claims = [claim(number, number) for number in range(begin, min(providers, begin + BATCH))]
            request = enrollment_gate_pb2.CheckClaimsRequest(claims=claims)
            await ask(request.SerializeToString(), metadata=tested.metadata, timeout=_SECONDS)


class _Comparison:
    """The command, and what it is compared with, by turns."""

    def __init__(self, run: Run, files: _Files, tested: Gate, bare_address: str) -> None:
        self._run = run
        self._files = files
        self._gate = tested
        self._bare_address = bare_address
        self._place = files.whole.parent
        self._bodies = write_bodies(self._place / "bodies", "batch", [batch(each) for each in range(_ECHO_LOADERS)])
        self._rates: dict[str, list[float]] = defaultdict(list)
        self._memory: list[int] = []
        self._unvalidated = ""

    async def made(self) -> list[Measured]:
        takers: dict[str, Callable[[], Awaitable[float | None]]] = {
            "check-file": self._checked,
            "echo": self._echoed,
            "reading": self._read,
            "pyx12": self._validated,
        }
        small = await self._memory_for(self._files.smaller, self._run.sizes.file_claims // _SMALLER)
        for names in by_turns(tuple(takers), self._run.sizes.file_rounds):
            for name in names:
                if (rate := await takers[name]()) is not None:
                    self._rates[name].append(rate)
        return self._measured(small)

    async def _checked(self) -> float:
        claims = self._run.sizes.file_claims
        began = time.perf_counter()
        self._memory.append(await self._memory_for(self._files.whole, claims))
        return claims / (time.perf_counter() - began)

    async def _memory_for(self, file: Path, claims: int) -> int:
        """The most that `gate check-file` held while it checked this file."""
        results, log = file.with_suffix(".jsonl"), file.with_suffix(".log")
        command = (*GATE, "check-file", str(file), "--out", str(results))
        variables = {**self._gate.variables, "GATE_TOKEN": self._gate.token}
        async with running(command, log, variables=variables) as process:
            try:
                async with asyncio.timeout(_SECONDS):
                    highest = await highest_memory(process)
            except TimeoutError:
                raise NotMeasured(f"gate check-file did not end within {_SECONDS:.0f} seconds") from None
            need(process.returncode == 0, f"gate check-file failed: {last_words(log)}")
        with results.open("rb") as lines:
            written = sum(1 for _ in lines)
        need(written == claims, f"gate check-file wrote {written} results for {claims} claims")
        return highest

    async def _echoed(self) -> float:
        target = Target(self._bare_address, CHECK_CLAIMS, self._gate.token)
        sent = await self._run.loader.send(target, self._bodies, _ECHO, frozenset())
        return sent.calls * BATCH / sent.seconds

    async def _read(self) -> float:
        timed = await self._told("reading", self._files.whole)
        need(timed.claims == self._run.sizes.file_claims, f"{timed.claims} claims were read")
        return timed.claims / timed.seconds

    async def _validated(self) -> float | None:
        if self._unvalidated:
            return None
        try:
            timed = await self._told("validating", self._files.to_validate)
        except NotMeasured as missing:
            self._unvalidated = str(missing)
            return None
        return self._run.sizes.validated_claims / timed.seconds

    async def _told(self, name: str, file: Path) -> Timed:
        command = (*program(name), str(file))
        said = await output_of(command, self._place / f"{name}.log", seconds=_SECONDS, variables=environment())
        return msgspec.json.decode(said, type=Timed)

    def _measured(self, small: int) -> list[Measured]:
        claims = self._run.sizes.file_claims
        absolutes = ", ".join(f"{name} {median(rates):,.0f}" for name, rates in self._rates.items())
        largest = [memory / small for memory in self._memory]
        whole = f"837P file of {claims:,} claims, claims/s"
        against = "of pyx12's, validating"
        return [
            of_rounds(
                *("P6", f"{whole}, of a batch echo's", self._ratios("check-file", "echo")),
                bound=at_least(_OF_ECHO),
                detail=f"claims/s: {absolutes}",
            ),
            of_rounds("P6", f"{whole}, {against}", self._ratios("check-file", "pyx12"), bound=at_least(100))
            if not self._unvalidated
            else Measured(figure="P6", what=f"{whole}, {against}", bound=at_least(100), detail=self._unvalidated),
            of_rounds(
                *("P6", "reading it alone, claims/s, of a batch echo's", self._ratios("reading", "echo")),
                bound=at_least(_READING_OF_ECHO),
            ),
            of_rounds(
                *("P8", f"memory of check-file, of that for a file {_SMALLER} times smaller", largest),
                bound=at_most(1.1),
                detail=f"{small / 1e6:,.0f} MB, {median(self._memory) / 1e6:,.0f} MB",
            ),
            of_rounds("P8", "memory of check-file", [float(each) for each in self._memory], unit=Unit.BYTES),
        ]

    def _ratios(self, mine: str, other: str) -> list[float]:
        return [one / two for one, two in zip(self._rates[mine], self._rates[other], strict=True)]
