"""What ledger, metrics and logs add to a warm check: ``python -m tests.bench.recording_cost``.

One gate answers by turns with them and without them: the journal keeps nothing, nothing is counted and no line is
logged. What is counted is the processor's time, which is what bounds requests/s of a process and what other processes
disturb least: first of the handlers alone, called with the bytes of a request as gRPC calls them; then of the whole
serving process, while another process calls it over gRPC. Neighbouring turns are compared with each other
(`tests.bench.turns`). The drainer is a process of its own, as it is by default, and is not counted.

One claim in twenty would be pended, so that every batch logs a line of them, as batches do in audit mode.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, NamedTuple, cast

import grpc

from aggregator.evidence import Evidence
from gate import bootstrap
from gate.auth.permissions import Role
from gate.checks.model import GivenAnswers
from gate.checks.recording import CountingRecorder
from gate.ledger.grounding import Answers
from gate.ledger.journal import Exchange, SpoolJournal
from gate.observability.logging import configure_logging
from gate.rpc.door import CallObserver
from gate.rpc.enrollment_gate import EnrollmentGateService
from gate.rpc.server import GrpcServer, Servicer
from gate.v1 import enrollment_gate_pb2
from sources.sandbox.population import default_population
from tests.bench.turns import Comparison, Turns
from tests.support.callers import bearer, claim, token_for
from tests.support.gates import GateInProcess, running_in_process

BATCH = 1000
PENDED_OF = 20
MOST = 0.10
"""What P7 allows."""
ALL = frozenset({"ledger", "metrics and logs"})


class Size(NamedTuple):
    """Of a comparison."""

    answers: int
    """In each turn."""
    pairs: int
    """Of turns."""


ONE, MANY = Size(20, 500), Size(1, 120)


class Switch:
    """What works at present. An object of its own: a class whose attribute changes is slower in every use."""

    def __init__(self) -> None:
        self.ledger = True
        self.metrics = True
        self.turns: Turns | None = None
        """Told of every answer, where calls are not made one by one here."""

    def set(self, parts: frozenset[str]) -> None:
        self.ledger, self.metrics = "ledger" in parts, "metrics and logs" in parts


_switch = Switch()
_services: list[EnrollmentGateService] = []


class SwitchableJournal(SpoolJournal):
    """Keeps, or keeps nothing."""

    async def keep(self, exchange: Exchange, answers: Answers) -> None:
        if _switch.turns is not None:
            _switch.turns.answered()
        if _switch.ledger:
            await super().keep(exchange, answers)

    async def keep_evidence(self, exchange: Exchange, evidence: list[Evidence]) -> None:
        raise NotImplementedError("nothing is looked up here")


class SwitchableRecorder(CountingRecorder):
    """Counts and logs answers, or does neither."""

    def record(self, answers: GivenAnswers) -> None:
        if _switch.metrics:
            super().record(answers)


class SwitchableObserver:
    """Counts and times calls, or does neither."""

    def __init__(self, observer: CallObserver) -> None:
        self._observer = observer

    def request_ended(self, method: str, status: str, seconds: float) -> None:
        if _switch.metrics:
            self._observer.request_ended(method, status, seconds)


class ObservedServer(GrpcServer):
    """Lets its handlers be called."""

    def __init__(self, gate: EnrollmentGateService, *others: Servicer) -> None:
        super().__init__(gate, *others)
        gate.door.observer = SwitchableObserver(gate.door.observer)
        _services.append(gate)


class Context:
    """As much of a call as the door looks at."""

    def __init__(self, metadata: Any) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> Any:
        return self._metadata

    def set_trailing_metadata(self, metadata: Any) -> None:
        pass

    def time_remaining(self) -> float:
        return 20.0

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    async def abort_with_status(self, status: Any) -> None:
        raise RuntimeError(status.details)


async def handled(call: Callable[[int], Awaitable[object]], size: Size, parts: frozenset[str]) -> Comparison:
    """The handler alone, with `parts` and without them."""
    turns = Turns(*size, time.thread_time, lambda on: _switch.set(parts if on else frozenset()))
    number = 0
    while not turns.are_over:
        turns.answered()
        await call(number)
        number += 1
    return turns.comparison()


async def served(gate: GateInProcess, rpc: str, size: Size) -> Comparison:
    """The whole process while another one calls it, with everything and without."""
    token = token_for(gate.data_dir, "acme", Role.ORG_ADMIN)
    client = await asyncio.create_subprocess_exec(sys.executable, "-m", __spec__.name, gate.grpc_address, rpc, token)
    _switch.turns = turns = Turns(*size, time.process_time, lambda on: _switch.set(ALL if on else frozenset()))
    try:
        while not turns.are_over and client.returncode is None:  # noqa: ASYNC110 - answers do not wait to tell
            await asyncio.sleep(0.5)
    finally:
        _switch.turns = None
        if client.returncode is None:
            client.kill()
        await client.wait()
    return turns.comparison()


async def call_without_end(address: str, rpc: str, token: str) -> None:
    """What the other process does."""
    async with grpc.aio.insecure_channel(address) as channel:
        ask: Any = channel.unary_unary(f"/gate.v1.EnrollmentGate/{rpc}")

        ready = requests(rpc)

        async def calls() -> None:
            while True:
                for request in ready:
                    await ask(request, metadata=bearer(token))

        await asyncio.gather(*(calls() for _ in range(8 if rpc == "CheckClaim" else 2)))


def requests(rpc: str) -> list[bytes]:
    """Calls to make in turn, of providers that are enrolled and, now and then, one that is not."""
    notes = {npi: each.note for npi, each in default_population().providers.items()}
    passing = [npi for npi, note in notes.items() if note.startswith("TX PASS")]
    pended = next(npi for npi, note in notes.items() if note.startswith("TX D13"))
    npis = [passing[number % len(passing)] if number % PENDED_OF else pended for number in range(BATCH)]
    claims = [claim(npi, correlation_id=str(number)) for number, npi in enumerate(npis)]
    if rpc == "CheckClaims":
        return [enrollment_gate_pb2.CheckClaimsRequest(claims=claims).SerializeToString()]
    return [enrollment_gate_pb2.CheckClaimRequest(claim=each).SerializeToString() for each in claims[:PENDED_OF]]


def report(name: str, found: Comparison, claims: int) -> Comparison:
    added = (found.on - found.off) / claims * 1e6
    print(
        f"{name:38} off {found.off * 1e6:9.1f} µs  on {found.on * 1e6:9.1f} µs  {added:7.3f} µs a claim  "
        f"cost {found.ratio - 1:+6.1%}  (95 %: {found.lowest - 1:+.1%} … {found.highest - 1:+.1%}; "
        f"half of {found.pairs} pairs: {found.quarter - 1:+.1%} … {found.three_quarters - 1:+.1%})",
        flush=True,
    )
    return found


async def compare(folder: Path) -> list[Comparison]:
    enrollment = {"enabled_states": ["TX"]}
    async with running_in_process(folder, provider_enrollment=enrollment, ledger={"drainer": "process"}) as gate:
        context: Any = Context(bearer(token_for(folder, "acme", Role.ORG_ADMIN)))
        service = _services[0]
        ones, (many,) = (cast("Any", requests(rpc)) for rpc in ("CheckClaim", "CheckClaims"))
        await service.CheckClaims(many, context)
        for parts in (frozenset({"ledger"}), frozenset({"metrics and logs"}), ALL):
            name = "together" if parts == ALL else next(iter(parts))
            one = await handled(lambda number: service.CheckClaim(ones[number % PENDED_OF], context), ONE, parts)
            report(f"CheckClaim, handler, {name}", one, 1)
            batch = await handled(lambda _: service.CheckClaims(many, context), MANY, parts)
            report(f"CheckClaims, handler, {name}", batch, BATCH)
        return [
            report("P1 CheckClaim, served, together", await served(gate, "CheckClaim", Size(20, 1000)), 1),
            report("P2 CheckClaims of 1 000, served, tog.", await served(gate, "CheckClaims", MANY), BATCH),
        ]


def main() -> int:
    # Both ways through one service.
    vars(bootstrap).update(
        SpoolJournal=SwitchableJournal, CountingRecorder=SwitchableRecorder, GrpcServer=ObservedServer
    )
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log, redirect_stderr(log):
        configure_logging("info")
        found = asyncio.run(compare(Path(folder)))
    verdicts = [each.verdict(MOST) for each in found]
    print(f"P7, at most {MOST:.0%}: P1 {verdicts[0]}, P2 {verdicts[1]} ({os.cpu_count()} cores)")
    return int("over" in verdicts)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(call_without_end(*sys.argv[1:]))
    sys.exit(main())
