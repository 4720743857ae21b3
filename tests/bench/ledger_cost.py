"""What the ledger adds to a warm check: ``python -m tests.bench.ledger_cost``.

The handlers of one gate are called with the bytes of a request, as gRPC calls them, by turns with its journal and with
one that keeps nothing. Without the network around them the share of the journal is larger than a caller would see.
Counted is the processor's time of the serving thread, which others on the machine disturb less.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

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
from tests.support.gates import running_in_process

BATCH = 1000
ROUNDS = 60
SINGLES_PER_ROUND = 50
_services: list[EnrollmentGateService] = []


class Switch:
    """An object of its own: an attribute of a class that changes would slow every use of that class."""

    is_on = True

    def __init__(self) -> None:
        self.is_on = True


_switch = Switch()


class SwitchableJournal(SpoolJournal):
    """Keeps, or keeps nothing."""

    async def keep(self, exchange: Exchange, answers: Answers) -> None:
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
    off, on = median(took[False]), median(took[True])
    added = (on - off) / claims
    print(
        f"{name}: off {off * 1e6:9.1f} µs  on {on * 1e6:9.1f} µs  cost {(on / off - 1) * 100:5.2f} %  "
        f"added per claim {added * 1e6:.3f} µs = {added * 150_000 * 100:.1f} % of a path at 150 000 claims/s"
    )
    return on / off


async def main() -> None:
    configure_logging("error")
    # Both ways through one service, whose handlers are then called.
    vars(bootstrap).update(SpoolJournal=SwitchableJournal, GrpcServer=ObservedServer)
    npis = [npi for npi, each in default_population().providers.items() if "PASS" in each.note]
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        enrollment = {"enabled_states": ["TX"]}
        async with running_in_process(data_dir, provider_enrollment=enrollment, ledger={"drainer": "process"}):
            context: Any = Context(bearer(token_for(data_dir, "acme", Role.ORG_ADMIN)))
            claims = [claim(npis[number % len(npis)], correlation_id=str(number)) for number in range(BATCH)]
            one: Any = enrollment_gate_pb2.CheckClaimRequest(claim=claims[0]).SerializeToString()
            many: Any = enrollment_gate_pb2.CheckClaimsRequest(claims=claims).SerializeToString()
            service = _services[0]
            await service.CheckClaims(many, context)
            await compare("CheckClaim        ", lambda: service.CheckClaim(one, context), SINGLES_PER_ROUND, 1)
            await compare("CheckClaims 1 000 ", lambda: service.CheckClaims(many, context), 1, BATCH)
            print(f"{len(npis)} providers; Python {sys.version.split()[0]}")


if __name__ == "__main__":
    asyncio.run(main())
