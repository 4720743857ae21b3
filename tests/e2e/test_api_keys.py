"""A service account's life over gRPC: made, used, revoked."""

from datetime import timedelta

import grpc
import pytest

from gate.auth.permissions import Role
from gate.v1 import access_pb2, decision_pb2, enrollment_gate_pb2
from tests.support.callers import CALL_SECONDS, Caller, bearer, claim, code_of, fields_in, status_in
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNAUTHENTICATED, DENIED, NOT_FOUND = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND,
)


async def test_a_key_checks_claims_until_it_is_revoked(gate: GateInProcess, checked: Caller) -> None:
    made = await checked.make_key(Role.PIPELINE)
    machine = gate.of(checked.tenant)
    machine.metadata = bearer(made.token)

    assert code_of(await machine.check(claim())) == "PASS"
    with pytest.raises(grpc.aio.AioRpcError) as denied:
        await machine.set_mode(decision_pb2.GATE_MODE_OFF)
    revoked = await checked.revoke_key(made.api_key.key_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await machine.check(claim())

    assert denied.value.code() is DENIED
    assert refused.value.code() is UNAUTHENTICATED
    assert made.token not in (refused.value.details() or "")
    assert (revoked.revoked_by, revoked.service_account) == ("tests", "tests")


async def test_what_is_listed_opens_nothing(gate: GateInProcess, caller: Caller) -> None:
    made = await caller.make_key(Role.PIPELINE)

    listed = await caller.access.ListApiKeys(
        access_pb2.ListApiKeysRequest(), metadata=caller.metadata, timeout=CALL_SECONDS
    )

    assert [key.key_id for key in listed.api_keys] == [made.api_key.key_id]
    secret = made.token.rpartition("_")[2]
    assert secret not in str(listed)
    assert secret not in str(made.api_key)


async def test_another_tenants_key_is_not_found(gate: GateInProcess, caller: Caller) -> None:
    made = await caller.make_key(Role.PIPELINE)
    stranger = gate.of(f"{caller.tenant}-stranger")

    for key_id in (made.api_key.key_id, "0" * 32):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await stranger.revoke_key(key_id)
        assert refusal.value.code() is NOT_FOUND
        assert refusal.value.details() == "there is no such API key"

    listed = await stranger.access.ListApiKeys(access_pb2.ListApiKeysRequest(), metadata=stranger.metadata)
    assert not listed.api_keys
    machine = gate.of(caller.tenant)
    machine.metadata = bearer(made.token)
    with pytest.raises(grpc.aio.AioRpcError) as other_tenant:
        await machine.gate.CheckClaim(
            enrollment_gate_pb2.CheckClaimRequest(claim=claim()),
            metadata=(*machine.metadata, ("x-tenant-id", stranger.tenant)),
        )
    assert other_tenant.value.code() is DENIED


async def test_a_key_that_manages_access_cannot_make_more_than_it_is(gate: GateInProcess, caller: Caller) -> None:
    request = access_pb2.CreateApiKeyRequest(
        service_account="provisioning", roles=["org_admin"], narrowed_to=["access.manage", "gate.check"]
    )
    request.expires_at.GetCurrentTime()
    request.expires_at.seconds += 3600
    made = await caller.access.CreateApiKey(request, metadata=caller.metadata)
    machine = gate.of(caller.tenant)
    machine.metadata = bearer(made.token)

    assert (await machine.make_key(Role.PIPELINE)).api_key.created_by == "service-account/provisioning"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await machine.make_key(Role.ORG_ADMIN)
    assert refusal.value.code() is DENIED


@pytest.mark.parametrize("seconds", [None, 2**40, -(2**40)])
async def test_a_key_without_an_end_is_refused_by_field(caller: Caller, seconds: int | None) -> None:
    request = access_pb2.CreateApiKeyRequest(service_account="nightly", roles=["pipeline"])
    if seconds is not None:
        request.expires_at.seconds = seconds

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await caller.access.CreateApiKey(request, metadata=caller.metadata)

    assert fields_in(status_in(refusal.value)) == ["expires_at"]


async def test_a_stream_does_not_outlive_the_key_that_opened_it(gate: GateInProcess, checked: Caller) -> None:
    made = await checked.make_key(Role.PIPELINE)
    stream = checked.gate.StreamClaims(metadata=bearer(made.token), timeout=CALL_SECONDS)
    batch = enrollment_gate_pb2.CheckClaimsRequest(claims=[claim()])
    await stream.write(batch)
    assert isinstance(await stream.read(), enrollment_gate_pb2.CheckClaimsResponse)

    await checked.revoke_key(made.api_key.key_id)
    await stream.write(batch)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await stream.read()

    assert refusal.value.code() is UNAUTHENTICATED


async def test_the_age_of_what_is_known_of_keys_is_a_metric(gate: GateInProcess) -> None:
    page = (await gate.page("/metrics")).text
    (line,) = (line for line in page.splitlines() if line.startswith("enrollment_gate_api_keys_age_seconds "))

    assert 0 <= float(line.split()[1]) < timedelta(seconds=10).total_seconds()
