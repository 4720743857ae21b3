"""Whose contract is used: the deployment's, or the tenant's own with a credential that was lent to it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp
import pytest
from pydantic import SecretStr

from aggregator.observers import Unobserved
from gate.checks.connections import Connections, GuardedSources
from gate.checks.panels import Panels
from gate.decision.model import GateMode, Policy
from gate.settings import LentCredential, ProviderEnrollmentSettings
from gate.tenancy.defaults import deployment_defaults
from gate.tenancy.model import EffectiveConfig, TenantConfig, TenantSource, in_force
from sources.clock import Clock
from sources.connection import SourceConnection
from sources.contract import Query, SourceDescription, SourceScope
from sources.http import open_session
from sources.records import EnrollmentRecord
from sources.registry import SourceFactory, available_sources

OWN = SourceConnection(base_url="https://pems.example.org", api_key=SecretStr("the deployment's"))
LENT = LentCredential(tenants=frozenset({"acme"}), api_key=SecretStr("acme's"))
SETTINGS = ProviderEnrollmentSettings(tmhp_pems=OWN, enabled_states=("TX",))
CONNECTIONS = Connections(SETTINGS, {"acme-pems": LENT})


def config(tenant: str = "acme", **changes: object) -> EffectiveConfig:
    return in_force(TenantConfig(tenant=tenant, **changes), deployment_defaults(SETTINGS))  # type: ignore[arg-type]  # fields of the configuration


def own_source(credential: str) -> TenantSource:
    return TenantSource(name="tmhp_pems", base_url="https://pems.acme.example", credential=credential)


def test_a_tenant_without_a_contract_of_its_own_asks_by_the_deployments() -> None:
    assert CONNECTIONS.of(config(), "tmhp_pems") == OWN


def test_a_tenants_own_contract_uses_the_credential_that_was_lent_to_it() -> None:
    connection = CONNECTIONS.of(config(sources=(own_source("acme-pems"),)), "tmhp_pems")
    assert connection.base_url == "https://pems.acme.example"
    assert connection.api_key is not None
    assert connection.api_key.get_secret_value() == "acme's"


@pytest.mark.parametrize(("tenant", "credential"), [("globex", "acme-pems"), ("acme", "unheard-of"), ("acme", "")])
def test_a_tenants_address_never_receives_a_credential_that_is_not_its_own(tenant: str, credential: str) -> None:
    connection = CONNECTIONS.of(config(tenant, sources=(own_source(credential),)), "tmhp_pems")
    assert not connection.is_configured
    assert connection.api_key is None


async def test_one_connection_is_one_guarded_source_for_everybody_who_uses_it() -> None:
    async with open_session() as session:
        guarded = GuardedSources(available_sources(), session, Unobserved(), lambda: datetime.now(UTC))
        assert guarded.at("tmhp_pems", OWN) is guarded.at("tmhp_pems", OWN.model_copy())
        other = OWN.model_copy(update={"api_key": SecretStr("another")})
        assert guarded.at("tmhp_pems", other) is not guarded.at("tmhp_pems", OWN)


async def test_the_limits_of_the_sites_contract_take_the_place_of_the_sources_own() -> None:
    async with open_session() as session:
        guarded = GuardedSources(available_sources(), session, Unobserved(), lambda: datetime.now(UTC))
        agreed = OWN.model_copy(update={"max_per_second": 7.0, "max_concurrency": 3, "attempt_timeout": 9.0})
        description = guarded.at("tmhp_pems", agreed).description
        assert (description.max_per_second, description.max_concurrency, description.attempt_timeout) == (7.0, 3, 9.0)
        assert description.budget >= 9.0
        assert description.name == "tmhp_pems"


class Stub:
    """A source of Ohio that cannot answer yet."""

    description = SourceDescription(
        name="oh_pnm", title="Ohio", scope=SourceScope.STATE, states=frozenset({"OH"}), implemented=False
    )

    def __init__(self, session: aiohttp.ClientSession, connection: SourceConnection, clock: Clock) -> None:
        pass

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        raise NotImplementedError


async def test_a17_a_state_that_has_only_stubs_is_known_as_such() -> None:
    async with open_session() as session:
        factories: dict[str, SourceFactory] = {**available_sources(), "oh_pnm": Stub}
        guarded = GuardedSources(factories, session, Unobserved(), lambda: datetime.now(UTC))
        descriptions = {name: factory.description for name, factory in factories.items()}
        panels = Panels(descriptions, CONNECTIONS.of, guarded.at)
        assert panels.has_only_stubs("OH")
        assert not panels.has_only_stubs("TX")
        assert not panels.has_only_stubs("WA")


async def test_c7_enforcing_a_state_nobody_can_be_asked_about_is_warned_of() -> None:
    async with open_session() as session:
        factories = available_sources()
        guarded = GuardedSources(factories, session, Unobserved(), lambda: datetime.now(UTC))
        panels = Panels({name: item.description for name, item in factories.items()}, CONNECTIONS.of, guarded.at)
        enforced = config(enabled_states=("TX", "CA", "WA"), gate_mode=GateMode.ENFORCE)
        assert [warning.split(" is configured")[0][-2:] for warning in panels.unanswerable(enforced)] == ["CA", "WA"]
        assert panels.unanswerable(config(enabled_states=("CA",))) == []


async def test_a_panel_is_built_once_per_configuration_and_asks_only_who_is_configured() -> None:
    async with open_session() as session:
        factories = available_sources()
        guarded = GuardedSources(factories, session, Unobserved(), lambda: datetime.now(UTC))
        panels = Panels({name: item.description for name, item in factories.items()}, CONNECTIONS.of, guarded.at)
        first = config()
        assert panels.panel(first, "TX") is panels.panel(first, "TX")
        assert panels.panel(config(version=2), "TX") is not panels.panel(first, "TX")
        assert [description.name for description in panels.panel(first, "TX").descriptions] == ["tmhp_pems"]
        withdrawn = panels.panel(first, "CA")
        assert [description.name for description in withdrawn.descriptions] == ["ca_pave"]  # to say that it is silent
        assert panels.panel(first, "WA").sources == ()


def test_the_deployments_default_mode_is_the_products() -> None:
    assert config().policy_for("TX", None) == Policy()
