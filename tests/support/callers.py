"""A caller of a running gate: its credential, its stubs, and messages in the words of a test."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from google.type.date_pb2 import Date
from grpc_status import rpc_status

from gate.auth.development import development_key, sign_development_token
from gate.auth.permissions import Role
from gate.cli.rendering import enum_name
from gate.clock import system_clock, today_in
from gate.v1 import (
    access_pb2,
    access_pb2_grpc,
    alerts_pb2_grpc,
    audit_log_pb2_grpc,
    claim_pb2,
    credentialing_pb2_grpc,
    decision_pb2,
    enrollment_gate_pb2,
    enrollment_gate_pb2_grpc,
    gate_admin_pb2,
    gate_admin_pb2_grpc,
)
from sources.states import STATES

CALL_SECONDS = 20.0
Metadata = tuple[tuple[str, str], ...]


def token_for(
    data_dir: Path, tenant: str, *roles: Role, subject: str = "tests", ttl: timedelta = timedelta(hours=1), ago: int = 0
) -> str:
    """A token signed with the development key in `data_dir`, issued `ago` seconds ago."""
    issued = system_clock() - timedelta(seconds=ago)
    key = development_key(data_dir)
    return sign_development_token(key, tenant=tenant, subject=subject, roles=roles, now=issued, ttl=ttl)


def bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)


class Caller:
    """Speaks for one tenant over one channel; by default with every permission."""

    def __init__(self, channel: grpc.aio.Channel, data_dir: Path, tenant: str, *roles: Role) -> None:
        self.tenant = tenant
        self.metadata = bearer(token_for(data_dir, tenant, *(roles or (Role.ORG_ADMIN,))))
        self.access = access_pb2_grpc.AccessStub(channel)
        self.alerts = alerts_pb2_grpc.AlertsStub(channel)
        self.credentialing = credentialing_pb2_grpc.CredentialingStub(channel)
        self.gate = enrollment_gate_pb2_grpc.EnrollmentGateStub(channel)
        self.admin = gate_admin_pb2_grpc.GateAdminStub(channel)
        self.audit = audit_log_pb2_grpc.AuditLogStub(channel)

    async def check(
        self, claim: claim_pb2.Claim, *, fresh: bool = False, explain: bool = False, seconds: float = CALL_SECONDS
    ) -> decision_pb2.Decision:
        request = enrollment_gate_pb2.CheckClaimRequest(claim=claim, freshness=freshness(fresh=fresh), explain=explain)
        return (await self.gate.CheckClaim(request, metadata=self.metadata, timeout=seconds)).decision

    async def check_many(
        self, claims: Iterable[claim_pb2.Claim], *, fresh: bool = False, seconds: float = CALL_SECONDS
    ) -> list[enrollment_gate_pb2.ClaimResult]:
        request = enrollment_gate_pb2.CheckClaimsRequest(claims=claims, freshness=freshness(fresh=fresh))
        return list((await self.gate.CheckClaims(request, metadata=self.metadata, timeout=seconds)).results)

    async def stream(
        self, batches: Iterable[Sequence[claim_pb2.Claim]]
    ) -> AsyncIterator[enrollment_gate_pb2.CheckClaimsResponse]:
        requests = (enrollment_gate_pb2.CheckClaimsRequest(claims=batch) for batch in batches)
        async for response in self.gate.StreamClaims(requests, metadata=self.metadata, timeout=CALL_SECONDS):
            yield response

    async def configure(self, **fields: Any) -> gate_admin_pb2.UpdateTenantConfigResponse:
        """Store this configuration over whatever version is in force."""
        read = await self.admin.GetTenantConfig(
            gate_admin_pb2.GetTenantConfigRequest(), metadata=self.metadata, timeout=CALL_SECONDS
        )
        wanted = gate_admin_pb2.TenantConfig(version=read.config.version, **fields)
        request = gate_admin_pb2.UpdateTenantConfigRequest(config=wanted, reason="test")
        return await self.admin.UpdateTenantConfig(request, metadata=self.metadata, timeout=CALL_SECONDS)

    async def set_mode(
        self,
        mode: "decision_pb2.GateMode.ValueType",
        *,
        state: str = "",
        lob: str = "",
        reason: str = "test",
        force: bool = False,
    ) -> gate_admin_pb2.SetGateModeResponse:
        request = gate_admin_pb2.SetGateModeRequest(
            mode=mode, state=state, line_of_business=lob, reason=reason, force=force
        )
        return await self.admin.SetGateMode(request, metadata=self.metadata, timeout=CALL_SECONDS)

    async def make_key(self, *roles: Role, days: float = 1) -> access_pb2.CreateApiKeyResponse:
        """An API key of this caller's tenant."""
        expires_at = Timestamp()
        expires_at.FromDatetime(system_clock() + timedelta(days=days))
        request = access_pb2.CreateApiKeyRequest(service_account="tests", roles=roles, expires_at=expires_at)
        return await self.access.CreateApiKey(request, metadata=self.metadata, timeout=CALL_SECONDS)

    async def revoke_key(self, key_id: str) -> access_pb2.ApiKey:
        request = access_pb2.RevokeApiKeyRequest(key_id=key_id)
        return (await self.access.RevokeApiKey(request, metadata=self.metadata, timeout=CALL_SECONDS)).api_key

    async def sources(self) -> dict[str, gate_admin_pb2.Source]:
        answer = await self.admin.ListSources(
            gate_admin_pb2.ListSourcesRequest(), metadata=self.metadata, timeout=CALL_SECONDS
        )
        return {source.name: source for source in answer.sources}


def claim(npi: str = "1234567893", state: str = "TX", day: date | None = None, **fields: Any) -> claim_pb2.Claim:
    """A claim of one day; without `day`, of today in the state."""
    fields.setdefault("service_date", as_message(day or today(state)))
    return claim_pb2.Claim(rendering_npi=npi, state=state, **fields)


def today(state: str = "TX") -> date:
    """In the state's own time zone; where there is no such state, in UTC."""
    now = system_clock()
    return today_in(state.upper(), now) if state.upper() in STATES else now.date()


def as_message(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


def freshness(*, fresh: bool) -> "claim_pb2.FreshnessRequirement.ValueType":
    return claim_pb2.FRESHNESS_REQUIREMENT_FRESH if fresh else claim_pb2.FRESHNESS_REQUIREMENT_UNSPECIFIED


def code_of(decision: decision_pb2.Decision) -> str:
    return enum_name(decision_pb2.DecisionCode.DESCRIPTOR, decision.code)


def action_of(decision: decision_pb2.Decision) -> str:
    return enum_name(decision_pb2.ClaimAction.DESCRIPTOR, decision.action)


def would_action_of(decision: decision_pb2.Decision) -> str:
    return enum_name(decision_pb2.ClaimAction.DESCRIPTOR, decision.would_action)


def freshness_of(decision: decision_pb2.Decision) -> str:
    return enum_name(decision_pb2.Freshness.DESCRIPTOR, decision.freshness)


def outcomes_of(decision: decision_pb2.Decision) -> dict[str, str]:
    """What became of asking each source, with the kind of error where there is one."""
    names = decision_pb2.SourceOutcome.DESCRIPTOR
    return {
        answer.source: f"{enum_name(names, answer.outcome)}{f' {answer.error_kind}' if answer.error_kind else ''}"
        for answer in decision.sources
    }


def status_in(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """The rich status of a refusal."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads what this error has too
    assert status is not None
    return status


def fields_in(status: status_pb2.Status) -> list[str]:
    """The field paths that a refusal names in its google.rpc.BadRequest."""
    bad_request = error_details_pb2.BadRequest()
    return [
        violation.field
        for detail in status.details
        if detail.Unpack(bad_request)
        for violation in bad_request.field_violations
    ]
