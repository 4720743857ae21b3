"""API keys while the database is away: known ones work for the time that was settled."""

import asyncio
import time
from pathlib import Path

import grpc

from gate.auth.permissions import Role
from gate.v1 import enrollment_gate_pb2
from tests.chaos.clients import eventually, metric
from tests.support.callers import CALL_SECONDS, Caller, bearer, claim, code_of
from tests.support.gates import gate_process
from tests.support.servers import postgres_server

_STALE_SECONDS = 5.0
_RECOVERY_SECONDS = 20.0
_ENVIRONMENT = {
    "GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX",
    "GATE_AUTH__API_KEYS_MAX_STALE_SECONDS": f"{_STALE_SECONDS:.0f}",
}
OK, UNAVAILABLE, UNAUTHENTICATED = (
    grpc.StatusCode.OK,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNAUTHENTICATED,
)


async def status(caller: Caller) -> grpc.StatusCode:
    request = enrollment_gate_pb2.CheckClaimRequest(claim=claim())
    return await caller.gate.CheckClaim(request, metadata=caller.metadata, timeout=CALL_SECONDS).code()


async def test_known_keys_outlive_the_database_for_a_while_and_a_revoked_one_never_comes_back(tmp_path: Path) -> None:
    with postgres_server() as database:
        environment = _ENVIRONMENT | {"GATE_DATABASE_URL": database.url()}
        async with (
            gate_process(tmp_path, "--sandbox", environment=environment) as gate,
            gate.caller("acme") as admin,
            gate.caller("acme") as machine,
            gate.caller("acme") as revoked,
        ):
            machine.metadata = bearer((await admin.make_key(Role.PIPELINE)).token)
            gone = await admin.make_key(Role.PIPELINE)
            revoked.metadata = bearer(gone.token)
            assert [await status(machine), await status(revoked)] == [OK, OK]
            await admin.revoke_key(gone.api_key.key_id)

            database.kill()
            began = time.monotonic()
            while await status(machine) is OK:
                assert await status(revoked) in {UNAUTHENTICATED, UNAVAILABLE}
                assert time.monotonic() - began < _STALE_SECONDS + 5
                await asyncio.sleep(0.1)
            assert time.monotonic() - began > _STALE_SECONDS - 2
            assert await status(machine) is UNAVAILABLE
            assert await metric(gate, "enrollment_gate_api_keys_age_seconds") > _STALE_SECONDS
            assert code_of(await admin.check(claim())) == "PASS", "tokens need no database"

            database.start()

            async def is_back() -> bool:
                return await status(machine) is OK

            await eventually(is_back, _RECOVERY_SECONDS)
            assert await status(revoked) is UNAUTHENTICATED
            assert "Traceback" not in gate.log
