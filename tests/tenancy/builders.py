"""Deployments, configurations and services to test with."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from aggregator.knowledge import CacheRules
from gate.decision.model import GateMode, Policy
from gate.lending import LentCredential
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import WHOLE_TENANT, DeploymentDefaults, EffectiveConfig, TenantConfig
from gate.tenancy.service import ConfigPublisher, TenantService
from gate.tenancy.validation import Surroundings
from tests.support.databases import SQLITE, tamper

NOTHING_ENABLED = DeploymentDefaults(
    enabled_states=frozenset(), policy=Policy(), cache=CacheRules(ttl=3600.0, negative_ttl=300.0, max_stale=86400.0)
)
TEXAS_ENABLED = DeploymentDefaults(
    enabled_states=frozenset({"TX"}), policy=NOTHING_ENABLED.policy, cache=NOTHING_ENABLED.cache
)
SURROUNDINGS = Surroundings(
    source_names=frozenset({"tmhp_pems", "caqh_proview"}),
    credentials={
        "acme-pems": LentCredential(
            tenants=frozenset({"acme"}),
            base_url="https://pems.example/api",
            allowed_hosts=frozenset({"PEMS.acme.example", "gateway.example:8443", "127.0.0.1:8090", "[::1]:8090"}),
        ),
        "acme-anywhere-listed": LentCredential(
            tenants=frozenset({"acme"}), allowed_hosts=frozenset({"pems.acme.example"})
        ),
        "globex-pems": LentCredential(tenants=frozenset({"globex"}), base_url="https://pems.globex.example"),
    },
)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Published:
    """Remembers what was put in force."""

    def __init__(self) -> None:
        self.configs: list[TenantConfig] = []

    async def publish(self, config: TenantConfig) -> None:
        self.configs.append(config)


def only_texas_works(_: EffectiveConfig, state: str) -> bool:
    return state == "TX"


def tenant_service(
    publisher: ConfigPublisher | None = None,
    *,
    defaults: DeploymentDefaults = NOTHING_ENABLED,
    clock: Callable[[], datetime] = lambda: NOW,
) -> TenantService:
    return TenantService(
        defaults=defaults,
        surroundings=SURROUNDINGS,
        publisher=publisher or Published(),
        has_working_source=only_texas_works,
        clock=clock,
    )


async def store(database: Database, service: TenantService, config: TenantConfig) -> TenantConfig:
    async with database.writing(config.tenant) as unit:
        return (await service.update(unit, config, by="ada", reason="")).after


async def flip(database: Database, service: TenantService, tenant: str, mode: GateMode) -> None:
    async with database.writing(tenant) as unit:
        await service.set_mode(unit, tenant, WHOLE_TENANT, mode, by="ada", reason="a test")


async def write_document(engine: AsyncEngine, tenant: str, document: str) -> None:
    json = ":document" if engine.dialect.name == SQLITE else "CAST(:document AS jsonb)"
    await tamper(
        engine,
        f"UPDATE tenant_config_versions SET document = {json} WHERE tenant = :tenant",
        document=document,
        tenant=tenant,
    )
