"""The service `GateAdmin`: what a tenant configured, its modes, its sources."""

from typing import ClassVar

from aggregator.guards.guarded import GuardedSource
from aggregator.guards.health import SourceHealth
from gate.auth.permissions import Permission
from gate.checks.panels import Panels
from gate.checks.watch import status_of
from gate.errors import FieldViolation, InvalidInput, PermissionDenied
from gate.persistence.unit_of_work import Database
from gate.rpc.audit_records import AuditRecords
from gate.rpc.door import Call, Door, unary
from gate.rpc.enums import SCOPES, SOURCE_STATUSES
from gate.rpc.messages import instant_message
from gate.rpc.tenant_messages import change_message, config_message, config_of, mode_of, summary_message
from gate.tenancy.model import EffectiveConfig, Scope, written_out
from gate.tenancy.service import TenantService
from gate.v1 import gate_admin_pb2, gate_admin_pb2_grpc
from sources.contract import SourceDescription


class GateAdminService(gate_admin_pb2_grpc.GateAdminServicer):
    """Acts on the tenant of the caller's credential and on no other."""

    service: ClassVar = gate_admin_pb2.DESCRIPTOR.services_by_name["GateAdmin"]

    def __init__(
        self, door: Door, database: Database, tenants: TenantService, panels: Panels, records: AuditRecords
    ) -> None:
        self.door = door
        self._database = database
        self._tenants = tenants
        self._panels = panels
        self._records = records

    @unary(Permission.GATE_ADMIN_VIEW)
    async def GetTenantConfig(  # noqa: N802 - the contract's name
        self, _request: gate_admin_pb2.GetTenantConfigRequest, call: Call
    ) -> gate_admin_pb2.GetTenantConfigResponse:
        """The tenant's configuration, as stored and as in force."""
        effective = await self._in_force(call)
        return gate_admin_pb2.GetTenantConfigResponse(
            config=config_message(effective.config), effective=config_message(written_out(effective))
        )

    @unary(Permission.GATE_ADMIN_MANAGE)
    async def UpdateTenantConfig(  # noqa: N802 - the contract's name
        self, request: gate_admin_pb2.UpdateTenantConfigRequest, call: Call
    ) -> gate_admin_pb2.UpdateTenantConfigResponse:
        """Store a new version in place of the one that was read."""
        tenant = _own_tenant(call, request.config.tenant)
        async with self._database.writing(tenant) as unit:
            change = await self._tenants.update(
                unit, config_of(request.config, tenant), by=call.principal.subject, reason=request.reason
            )
            effective = await self._tenants.get(unit, tenant)
            await self._records.config_changed(unit, call, change, request.reason)
        return gate_admin_pb2.UpdateTenantConfigResponse(
            config=config_message(change.after), warnings=self._panels.unanswerable(effective)
        )

    @unary(Permission.GATE_ADMIN_VIEW)
    async def ListTenants(  # noqa: N802 - the contract's name
        self, _request: gate_admin_pb2.ListTenantsRequest, call: Call
    ) -> gate_admin_pb2.ListTenantsResponse:
        """A credential covers one tenant."""
        return gate_admin_pb2.ListTenantsResponse(tenants=[summary_message(await self._in_force(call))])

    @unary(Permission.GATE_ADMIN_MANAGE)
    async def SetGateMode(  # noqa: N802 - the contract's name
        self, request: gate_admin_pb2.SetGateModeRequest, call: Call
    ) -> gate_admin_pb2.SetGateModeResponse:
        """Switch over whatever version is in force, so that it works at once in an emergency."""
        tenant = _own_tenant(call, request.tenant)
        mode = mode_of(request.mode)
        if mode is None:
            raise InvalidInput(FieldViolation("mode", "is required: AUDIT, ENFORCE or OFF"))
        async with self._database.writing(tenant) as unit:
            change = await self._tenants.set_mode(
                unit,
                tenant,
                Scope(request.state, request.line_of_business),
                mode,
                by=call.principal.subject,
                reason=request.reason,
                force=request.force,
            )
            effective = await self._tenants.get(unit, tenant)
            await self._records.mode_changed(unit, call, change, forced=request.force)
        return gate_admin_pb2.SetGateModeResponse(
            change=change_message(change), warnings=self._panels.unanswerable(effective)
        )

    @unary(Permission.GATE_ADMIN_VIEW)
    async def ListModeChanges(  # noqa: N802 - the contract's name
        self, request: gate_admin_pb2.ListModeChangesRequest, call: Call
    ) -> gate_admin_pb2.ListModeChangesResponse:
        """Newest first, in pages."""
        async with self._database.reading(call.principal.tenant) as unit:
            page = await self._tenants.list_mode_changes(
                unit, call.principal.tenant, page_size=request.page_size, page_token=request.page_token
            )
        return gate_admin_pb2.ListModeChangesResponse(
            changes=[change_message(change) for change in page.changes], next_page_token=page.next_page_token
        )

    @unary(Permission.GATE_ADMIN_VIEW)
    async def ListSources(  # noqa: N802 - the contract's name
        self, _request: gate_admin_pb2.ListSourcesRequest, call: Call
    ) -> gate_admin_pb2.ListSourcesResponse:
        """Every source as this tenant would ask it."""
        effective = await self._in_force(call)
        return gate_admin_pb2.ListSourcesResponse(
            sources=[
                _source_message(
                    self._panels.descriptions[name],
                    self._panels.connection_of(effective, name).base_url,
                    source.health() if isinstance(source, GuardedSource) else None,
                )
                for name, source in self._panels.sources_of(effective).items()
            ]
        )

    async def _in_force(self, call: Call) -> EffectiveConfig:
        async with self._database.reading(call.principal.tenant) as unit:
            return await self._tenants.get(unit, call.principal.tenant)


def _own_tenant(call: Call, named: str) -> str:
    """The credential's tenant; naming another one is refused (row C3)."""
    if named and named != call.principal.tenant:
        raise PermissionDenied("the request names another tenant than its credential")
    return call.principal.tenant


def _source_message(
    description: SourceDescription, base_url: str, health: SourceHealth | None
) -> gate_admin_pb2.Source:
    message = gate_admin_pb2.Source(
        name=description.name,
        title=description.title,
        scope=SCOPES.number(description.scope),
        states=sorted(description.states),
        status=SOURCE_STATUSES.number(status_of(description, health)),
        base_url=base_url,
        priority=description.priority,
    )
    if health is not None:
        message.breaker = health.breaker
        message.last_error_kind = health.last_error or ""
        for field, instant in (
            (message.last_success_at, health.last_success),
            (message.last_failure_at, health.last_failure),
        ):
            if instant is not None:
                field.CopyFrom(instant_message(instant))
    return message
