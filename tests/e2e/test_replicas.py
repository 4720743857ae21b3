"""Two processes of one deployment: what is switched at one is in force at the other (row C17)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import grpc
import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from gate.v1 import decision_pb2, enrollment_gate_pb2
from tests.chaos.clients import texans
from tests.e2e.bundled import ENDED, ENROLLED, SUSPENDED, WITH_GAP
from tests.support.callers import CALL_SECONDS, Caller, bearer, claim, freshness_of
from tests.support.gates import GateProcess, asking_portals_at, gate_process
from tests.support.servers import redis_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIT, ENFORCE, OFF = decision_pb2.GATE_MODE_AUDIT, decision_pb2.GATE_MODE_ENFORCE, decision_pb2.GATE_MODE_OFF
WITHIN_WITH_REDIS = 1.0
WITHIN_WITHOUT = 5.0
REVOKED_WITHIN = 1.0
"""Seconds within which a change is announced to reach every process."""
Replicas = tuple[GateProcess, GateProcess, bool]
LEARNED = (SUSPENDED, ENROLLED, WITH_GAP, *texans("TX PASS", 8)[4:])
SHARED_CACHE_LEFT_ALONE = 2.0
"""Seconds, and a little more, for which Redis is not asked after it was late."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[True, False], ids=["with Redis", "without Redis"])
async def replicas(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicas]:
    """Two processes on one SQLite file that ask the same doubles, and whether they share a Redis."""
    async with AsyncExitStack() as stack:
        environment = {}
        if request.param:
            environment["GATE_REDIS_URL"] = stack.enter_context(redis_server()).url
        folder = tmp_path_factory.mktemp("gates")
        one = await stack.enter_async_context(gate_process(folder, "--sandbox", environment=environment))
        environment |= asking_portals_at(one.sandbox_url)
        other = await stack.enter_async_context(gate_process(folder, environment=environment))
        yield one, other, request.param


async def seconds_until(caller: Caller, mode: int, version: int, npi: str = SUSPENDED) -> float:
    began = time.monotonic()
    while True:
        decision = await caller.check(claim(npi))
        if decision.config_version >= version:
            assert decision.mode == mode
            return time.monotonic() - began
        await asyncio.sleep(0.02)


async def test_c17_what_is_switched_at_one_process_is_in_force_at_the_other_within_the_bound(
    replicas: Replicas, tenant: str
) -> None:
    gate, another, has_redis = replicas
    async with gate.caller(tenant) as one, another.caller(tenant) as other:
        created = await one.configure(enabled_states=["TX"], gate_mode=ENFORCE)
        took = [await seconds_until(other, ENFORCE, created.config.version)]
        for switching, watching, mode in ((one, other, AUDIT), (other, one, OFF), (one, other, ENFORCE)):
            change = (await switching.set_mode(mode)).change
            assert (await switching.check(claim(SUSPENDED))).mode == mode
            took.append(await seconds_until(watching, mode, change.config_version))

    assert max(took) < (WITHIN_WITH_REDIS if has_redis else WITHIN_WITHOUT)


async def test_what_one_process_learned_the_other_finds_in_redis_and_without_it_asks_itself(
    replicas: Replicas, tenant: str
) -> None:
    gate, another, has_redis = replicas
    async with gate.caller(tenant) as one, another.caller(tenant) as other:
        created = await one.configure(enabled_states=["TX"], gate_mode=ENFORCE)
        await seconds_until(other, ENFORCE, created.config.version, npi=ENDED)
        first = []
        for npi in LEARNED:
            await one.check(claim(npi))
            first.append(freshness_of(await other.check(claim(npi))))
            if has_redis and "REDIS" not in first:
                await asyncio.sleep(SHARED_CACHE_LEFT_ALONE)
        second = [freshness_of(await other.check(claim(npi))) for npi in LEARNED]

    # A read or write that is late on a busy machine, as the first one is that connects, costs a call and nothing else.
    assert "REDIS" in first if has_redis else set(first) == {"LIVE"}
    assert set(second) == {"MEMORY"}


async def test_a_revoked_api_key_opens_no_process_within_a_second(replicas: Replicas, tenant: str) -> None:
    gate, another, _ = replicas
    async with gate.caller(tenant) as one, another.caller(tenant) as other:
        await one.configure(enabled_states=["TX"], gate_mode=AUDIT)
        for _ in range(3):
            made = await one.make_key(Role.PIPELINE)
            other.metadata = bearer(made.token)
            began = time.monotonic()
            while not await is_admitted(other):
                assert time.monotonic() - began < REVOKED_WITHIN

            await one.revoke_key(made.api_key.key_id)
            began = time.monotonic()
            while await is_admitted(other):
                assert time.monotonic() - began < REVOKED_WITHIN


async def is_admitted(caller: Caller) -> bool:
    request = enrollment_gate_pb2.CheckClaimRequest(claim=claim(SUSPENDED))
    call = caller.gate.CheckClaim(request, metadata=caller.metadata, timeout=CALL_SECONDS)
    code = await call.code()
    assert code in {grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED}, code
    return code is grpc.StatusCode.OK
