"""What the ledger adds to a warm check: ``python -m tests.bench.ledger_cost``.

One gate answers by turns with its journal and with one that keeps nothing. Counted is the time of the processor, of
which the tenth that was disturbed least is compared: first of the handlers alone, called with the bytes of a request as
gRPC calls them; then of the whole serving process, while another process calls it over gRPC.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import quantiles
from typing import Any, cast

import grpc

from aggregator.evidence import Evidence
from gate import bootstrap
from gate.auth.permissions import Role
from gate.ledger.grounding import Answers
from gate.ledger.journal import Exchange, SpoolJournal
from gate.observability.logging import configure_logging
from gate.rpc.enrollment_gate import EnrollmentGateService
from gate.rpc.gate_admin import GateAdminService
from gate.rpc.server import GrpcServer
from gate.v1 import enrollment_gate_pb2
from sources.sandbox.population import default_population
from tests.support.callers import bearer, claim, token_for
from tests.support.gates import GateInProcess, running_in_process

BATCH = 1000
ROUNDS = 100
WINDOW_SECONDS = 0.1
_services: list[EnrollmentGateService] = []


class Switch:
    """An object of its own: an attribute of a class that changes would slow every use of that class."""

    def __init__(self) -> None:
        self.is_on = True
        self.calls = 0


_switch = Switch()


class SwitchableJournal(SpoolJournal):
    """Keeps, or keeps nothing."""

    async def keep(self, exchange: Exchange, answers: Answers) -> None:
        _switch.calls += 1
        if _switch.is_on:
            await super().keep(exchange, answers)

    async def keep_evidence(self, exchange: Exchange, evidence: list[Evidence]) -> None:
        if _switch.is_on:
            await super().keep_evidence(exchange, evidence)


class ObservedServer(GrpcServer):
    def __init__(self, gate: EnrollmentGateService, admin: GateAdminService) -> None:
        super().__init__(gate, admin)
        _services.append(gate)


class Context:
    """As much of a call as the door looks at."""

    def __init__(self, metadata: Any) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> Any:
        return self._metadata

    def time_remaining(self) -> float:
        return 20.0

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    async def abort_with_status(self, status: Any) -> None:
        raise RuntimeError(status.details)


async def seconds(call: Callable[[], Awaitable[object]], times: int) -> float:
    began = time.thread_time()
    for _ in range(times):
        await call()
    return (time.thread_time() - began) / times


async def compare(name: str, call: Callable[[], Awaitable[object]], times: int, claims: int) -> float:
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * ROUNDS):
        _switch.is_on = bool((number + number // 2) % 2)  # off on on off …
        took[_switch.is_on].append(await seconds(call, times))
    return report(name, took, claims)


async def compare_served(name: str, gate: GateInProcess, rpc: str, claims: int) -> float:
    """As `compare`, of the whole process while another one calls it."""
    token = token_for(gate.data_dir, "acme", Role.ORG_ADMIN)
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.ledger_cost", gate.grpc_address, rpc, token
    )
    took: dict[bool, list[float]] = {True: [], False: []}
    try:
        await asyncio.sleep(2.0)
        for number in range(2 * ROUNDS):
            _switch.is_on = bool((number + number // 2) % 2)
            _switch.calls, began = 0, time.process_time()
            await asyncio.sleep(WINDOW_SECONDS)
            took[_switch.is_on].append((time.process_time() - began) / max(1, _switch.calls))
    finally:
        client.kill()
        await client.wait()
    return report(name, took, claims)


async def call_without_end(address: str, rpc: str, token: str) -> None:
    """What the other process does."""
    async with grpc.aio.insecure_channel(address) as channel:
        ask: Any = channel.unary_unary(f"/gate.v1.EnrollmentGate/{rpc}")
        request = requests()[rpc]

        async def calls() -> None:
            while True:
                await ask(request, metadata=bearer(token))

        await asyncio.gather(*(calls() for _ in range(8)))


def requests() -> dict[str, bytes]:
    """One of each kind, of providers that are enrolled."""
    npis = [npi for npi, each in default_population().providers.items() if "PASS" in each.note]
    claims = [claim(npis[number % len(npis)], correlation_id=str(number)) for number in range(BATCH)]
    return {
        "CheckClaim": enrollment_gate_pb2.CheckClaimRequest(claim=claims[0]).SerializeToString(),
        "CheckClaims": enrollment_gate_pb2.CheckClaimsRequest(claims=claims).SerializeToString(),
    }


def report(name: str, took: dict[bool, list[float]], claims: int) -> float:
    off, on = quantiles(took[False], n=10)[0], quantiles(took[True], n=10)[0]
    added = (on - off) / claims
    print(
        f"{name}: off {off * 1e6:9.1f} µs  on {on * 1e6:9.1f} µs  cost {(on / off - 1) * 100:5.2f} %  "
        f"added per claim {added * 1e6:.3f} µs"
    )
    return on / off


async def main() -> None:
    configure_logging("error")
    # Both ways through one service, whose handlers are then called.
    vars(bootstrap).update(SpoolJournal=SwitchableJournal, GrpcServer=ObservedServer)
    one, many = (cast("Any", requests()[rpc]) for rpc in ("CheckClaim", "CheckClaims"))
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        enrollment = {"enabled_states": ["TX"]}
        async with running_in_process(data_dir, provider_enrollment=enrollment, ledger={"drainer": "process"}) as gate:
            context: Any = Context(bearer(token_for(data_dir, "acme", Role.ORG_ADMIN)))
            service = _services[0]
            await service.CheckClaims(many, context)
            await compare("CheckClaim, handler        ", lambda: service.CheckClaim(one, context), 10, 1)
            await compare("CheckClaims 1 000, handler ", lambda: service.CheckClaims(many, context), 1, BATCH)
            await compare_served("CheckClaim, served         ", gate, "CheckClaim", 1)
            await compare_served("CheckClaims 1 000, served  ", gate, "CheckClaims", BATCH)


if __name__ == "__main__":
    asyncio.run(call_without_end(*sys.argv[1:]) if len(sys.argv) > 1 else main())
