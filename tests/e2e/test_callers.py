"""Who may call what: every RPC that is served, found by reflection, with every kind of credential (rows C2, C3)."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from gate.auth.permissions import PERMISSIONS_OF, Permission, Role
from gate.v1 import decision_pb2, enrollment_gate_pb2, gate_admin_pb2
from tests.support.callers import CALL_SECONDS, Metadata, bearer, claim, code_of, token_for
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEEDS = {
    "/gate.v1.EnrollmentGate/CheckClaim": Permission.GATE_CHECK,
    "/gate.v1.EnrollmentGate/CheckClaims": Permission.GATE_CHECK,
    "/gate.v1.EnrollmentGate/StreamClaims": Permission.GATE_CHECK,
    "/gate.v1.EnrollmentGate/LookupProvider": Permission.GATE_DECISIONS_VIEW,
    "/gate.v1.EnrollmentGate/ListDecisions": Permission.GATE_DECISIONS_VIEW,
    "/gate.v1.EnrollmentGate/ExplainDecision": Permission.GATE_DECISIONS_VIEW,
    "/gate.v1.EnrollmentGate/ReplayDecision": Permission.GATE_DECISIONS_VIEW,
    "/gate.v1.GateAdmin/GetTenantConfig": Permission.GATE_ADMIN_VIEW,
    "/gate.v1.GateAdmin/UpdateTenantConfig": Permission.GATE_ADMIN_MANAGE,
    "/gate.v1.GateAdmin/ListTenants": Permission.GATE_ADMIN_VIEW,
    "/gate.v1.GateAdmin/SetGateMode": Permission.GATE_ADMIN_MANAGE,
    "/gate.v1.GateAdmin/ListModeChanges": Permission.GATE_ADMIN_VIEW,
    "/gate.v1.GateAdmin/ListSources": Permission.GATE_ADMIN_VIEW,
    "/gate.v1.AuditLog/ListEntries": Permission.AUDIT_VIEW,
    "/gate.v1.AuditLog/VerifyChain": Permission.AUDIT_VIEW,
    "/gate.v1.AuditLog/GetAnchor": Permission.AUDIT_VIEW,
    "/gate.v1.AuditLog/ExportEntries": Permission.AUDIT_VIEW,
    "/gate.v1.Access/CreateApiKey": Permission.ACCESS_MANAGE,
    "/gate.v1.Access/ListApiKeys": Permission.ACCESS_MANAGE,
    "/gate.v1.Access/RevokeApiKey": Permission.ACCESS_MANAGE,
    "/gate.v1.Credentialing/CreateProvider": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/GetProvider": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdateProvider": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ArchiveProvider": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListProviders": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/CreatePayer": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/GetPayer": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdatePayer": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ArchivePayer": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListPayers": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/GetPayerWorkflow": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/SetPayerWorkflow": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/DeletePayerWorkflow": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/CreateEnrollment": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/GetEnrollment": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdateEnrollment": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ArchiveEnrollment": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListEnrollments": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/ListDeadlines": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/ListPayerStatistics": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/CredentialPayers": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/GetCredentialingDashboard": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/CreateApplication": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/GetApplication": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdateApplication": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ArchiveApplication": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListApplications": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/GetTask": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdateTasks": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ArchiveTask": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListTasks": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/CreateContract": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/UpdateContract": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListContracts": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/GetPipelineSummary": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/ListDurations": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/ListWorkflowTemplates": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/GetCalendar": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/ListMismatches": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/AssignDeadlines": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/SnoozeDeadlines": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/StartReverification": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/CreateCredential": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/GetCredential": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdateCredential": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ArchiveCredential": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListCredentials": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/ListExpiringCredentials": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/SnoozeCredentials": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/SubmitRenewal": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ApproveRenewal": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/RejectRenewal": Permission.CREDENTIALING_MANAGE,
    "/gate.v1.Credentialing/ListRenewals": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/GetPreferences": Permission.CREDENTIALING_VIEW,
    "/gate.v1.Credentialing/UpdatePreferences": Permission.CREDENTIALING_MANAGE,
    **{
        f"/gate.v1.Alerts/{name}": Permission.ALERTS_VIEW
        for name in (
            "ListAlerts",
            "GetAlert",
            "CountAlerts",
            "MuteKind",
            "UnmuteKind",
            "ListMutes",
            "GetNotificationPreferences",
            "ChooseMailStyle",
            "WatchAlerts",
        )
    },
    **{
        f"/gate.v1.Alerts/{name}": Permission.ALERTS_MANAGE
        for name in (
            "AcknowledgeAlert",
            "SnoozeAlert",
            "AssignAlert",
            "AddNote",
            "AcknowledgeAlerts",
            "SnoozeAlerts",
            "AssignAlerts",
            "UpdateNotificationPreferences",
            "RunScan",
        )
    },
}
"""What each RPC needs. One that is served and not listed here fails a test."""
FOR_ANYBODY = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED


async def served(gate: GateInProcess) -> set[str]:
    """The names of all services, as reflection tells them to anybody."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(gate.shared_channel)  # type: ignore[arg-type]  # takes both kinds

    async def questions() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    answers = [answer async for answer in stub.ServerReflectionInfo(questions(), timeout=CALL_SECONDS)]
    return {service.name for service in answers[0].list_services_response.service}


async def status_of_call(gate: GateInProcess, rpc: str, metadata: Metadata) -> grpc.StatusCode:
    """How a call with an empty request ends."""
    _, service, name = rpc.split("/")
    method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    respond = GetMessageClass(method.output_type).FromString
    empty = b""  # of every message
    try:
        if method.server_streaming:
            channel = gate.shared_channel
            stream: Any = (channel.stream_stream if method.client_streaming else channel.unary_stream)(
                rpc, response_deserializer=respond
            )
            request = iter([empty]) if method.client_streaming else empty
            call = stream(request, metadata=metadata, timeout=CALL_SECONDS)
            with suppress(grpc.aio.AioRpcError):
                async for _ in call:
                    pass
            # Asked outright: where the refusal overtakes the request, reading alone may end without an error.
            return cast("grpc.StatusCode", await call.code())
        ask: Any = gate.shared_channel.unary_unary(rpc, response_deserializer=respond)
        await ask(empty, metadata=metadata, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_every_rpc_that_is_served_has_its_permission_settled_here(gate: GateInProcess) -> None:
    services = await served(gate) - FOR_ANYBODY
    pool = descriptor_pool.Default()
    rpcs = {f"/{service}/{name}" for service in services for name in pool.FindServiceByName(service).methods_by_name}

    assert rpcs == NEEDS.keys()


@pytest.mark.parametrize("rpc", NEEDS)
async def test_c2_without_a_good_credential_no_rpc_answers(gate: GateInProcess, rpc: str) -> None:
    good = token_for(gate.data_dir, "payer", Role.ORG_ADMIN)
    header, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    for_another = base64.urlsafe_b64encode(json.dumps(claims | {"tenant": "other"}).encode()).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    bad: dict[str, Metadata] = {
        "nothing": (),
        "an empty header": (("authorization", ""),),
        "another scheme": (("authorization", f"Basic {good}"),),
        "no token": bearer(""),
        "garbage": bearer("garbage"),
        "an expired token": bearer(
            token_for(gate.data_dir, "payer", Role.ORG_ADMIN, ago=120, ttl=timedelta(seconds=60))
        ),
        "a tenant changed after signing": bearer(f"{header}.{for_another}.{signature}"),
        "a token signed by nobody": bearer(f"{unsigned}.{body}."),
        "two tokens": (*bearer(good), *bearer(good)),
        "only a tenant's name": (("x-tenant-id", "payer"),),
    }

    statuses = {what: await status_of_call(gate, rpc, metadata) for what, metadata in bad.items()}

    assert statuses == dict.fromkeys(bad, UNAUTHENTICATED)


@pytest.mark.parametrize("rpc", NEEDS)
async def test_c3_naming_another_tenant_than_the_credential_s_is_refused(gate: GateInProcess, rpc: str) -> None:
    credential = bearer(token_for(gate.data_dir, "payer", Role.ORG_ADMIN))

    assert await status_of_call(gate, rpc, (*credential, ("x-tenant-id", "other"))) is DENIED
    assert await status_of_call(gate, rpc, (*credential, ("x-tenant-id", "payer"))) is not DENIED
    both = (("x-tenant-id", "other"), ("x-tenant-id", "payer"))
    assert await status_of_call(gate, rpc, (*credential, *both)) is DENIED


@pytest.mark.parametrize("rpc", NEEDS)
async def test_an_rpc_answers_exactly_the_roles_that_hold_its_permission(gate: GateInProcess, rpc: str) -> None:
    admitted = {
        role
        for role in Role
        if await status_of_call(gate, rpc, bearer(token_for(gate.data_dir, f"payer-{role}", role))) is not DENIED
    }

    assert admitted == {role for role in Role if NEEDS[rpc] in PERMISSIONS_OF[role]}


async def test_c3_a_request_that_names_another_tenant_changes_nothing_there(gate: GateInProcess) -> None:
    mine, theirs = gate.of("payer-mine"), gate.of("payer-theirs")
    await theirs.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
    config = gate_admin_pb2.TenantConfig(tenant="payer-theirs", version=1)

    with pytest.raises(grpc.aio.AioRpcError) as update:
        await mine.admin.UpdateTenantConfig(
            gate_admin_pb2.UpdateTenantConfigRequest(config=config), metadata=mine.metadata
        )
    with pytest.raises(grpc.aio.AioRpcError) as switch:
        await mine.admin.SetGateMode(
            gate_admin_pb2.SetGateModeRequest(
                tenant="payer-theirs", mode=decision_pb2.GATE_MODE_OFF, reason="not mine to give"
            ),
            metadata=mine.metadata,
        )

    assert update.value.code() is switch.value.code() is DENIED
    assert "payer-theirs" not in f"{update.value.details()}{switch.value.details()}"
    assert code_of(await theirs.check(claim())) == "PASS"
    assert (await theirs.check(claim())).config_version == 1


async def test_c2_a_stream_does_not_outlive_the_credential_that_opened_it(gate: GateInProcess) -> None:
    short_lived = bearer(token_for(gate.data_dir, "payer-briefly", Role.PIPELINE, ttl=timedelta(seconds=1)))
    stream = gate.of("payer-briefly").gate.StreamClaims(metadata=short_lived, timeout=CALL_SECONDS)
    batch = enrollment_gate_pb2.CheckClaimsRequest(claims=[claim()])

    await stream.write(batch)
    answered = await stream.read()
    assert isinstance(answered, enrollment_gate_pb2.CheckClaimsResponse)
    assert len(answered.results) == 1
    await asyncio.sleep(1.1)
    await stream.write(batch)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await stream.read()

    assert refusal.value.code() is UNAUTHENTICATED
