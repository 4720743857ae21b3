"""Whose contract is used: the deployment's, or the tenant's own with a credential that was lent to it."""

import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from weakref import ref

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from aggregator.observers import SourceObserver, Unobserved
from gate.checks.connections import Connections, GuardedSources
from gate.checks.panels import Panels
from gate.decision.model import GateMode, Policy
from gate.lending import LentCredential
from gate.observability.metrics import Contract, Metrics
from gate.setting_sections import ProviderEnrollmentSettings
from gate.tenancy.defaults import deployment_defaults
from gate.tenancy.model import EffectiveConfig, TenantConfig, TenantSource, in_force
from sources.clock import Clock
from sources.connection import SourceConnection
from sources.contract import Query, SourceDescription, SourceScope, SourceUnreachable
from sources.http import open_session
from sources.records import EnrollmentRecord
from sources.registry import SourceFactory, available_sources

OWN = SourceConnection(base_url="https://pems.example.org", api_key=SecretStr("the deployment's"))
LENT = LentCredential(
    tenants=frozenset({"acme"}),
    base_url="https://gateway.example/acme",
    allowed_hosts=frozenset({"pems.acme.example"}),
    api_key=SecretStr("acme's"),
)
SETTINGS = ProviderEnrollmentSettings(tmhp_pems=OWN, enabled_states=("TX",))
CONNECTIONS = Connections(SETTINGS, {"acme-pems": LENT})


def config(tenant: str = "acme", **changes: object) -> EffectiveConfig:
    return in_force(TenantConfig(tenant=tenant, **changes), deployment_defaults(SETTINGS))  # type: ignore[arg-type]  # fields of the configuration


def own_source(credential: str, base_url: str = "https://pems.acme.example") -> TenantSource:
    return TenantSource(name="tmhp_pems", base_url=base_url, credential=credential)


def guarded_sources(
    session: aiohttp.ClientSession,
    factories: Mapping[str, SourceFactory] | None = None,
    observer: Callable[[Contract], SourceObserver] = lambda _: Unobserved(),
) -> GuardedSources:
    return GuardedSources(
        factories or available_sources(), session, {"tmhp_pems": OWN}, observer, lambda: datetime.now(UTC)
    )


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


@pytest.mark.parametrize(
    ("base_url", "goes_to"),
    [
        ("", "https://gateway.example/acme"),
        ("https://gateway.example/pems", "https://gateway.example/pems"),
        ("https://collector.example", ""),
        ("https://gateway.example:8443", ""),
        ("http://pems.acme.example", ""),
        ("http://127.0.0.1:6379", ""),
    ],
)
def test_a_stored_address_receives_a_lent_credential_only_where_the_deployment_lets_it_go(
    base_url: str, goes_to: str
) -> None:
    connection = CONNECTIONS.of(config(sources=(own_source("acme-pems", base_url),)), "tmhp_pems")
    assert connection.base_url == goes_to
    assert (connection.api_key is not None) is bool(goes_to)


async def test_one_connection_is_one_guarded_source_for_everybody_who_uses_it() -> None:
    async with open_session() as session:
        guarded = guarded_sources(session)
        assert guarded.at("tmhp_pems", OWN) is guarded.at("tmhp_pems", OWN.model_copy())
        other = OWN.model_copy(update={"api_key": SecretStr("another")})
        assert guarded.at("tmhp_pems", other) is not guarded.at("tmhp_pems", OWN)


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "https://other.example"},
        {"path": "/v2/{npi}"},
        {"organization_id": "7"},
        {"fields": {"effective": "from"}},
        {"statuses": {"OPEN": "ACTIVE"}},
        {"max_concurrency": 3},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_whatever_differs_between_two_connections_they_are_guarded_apart(changed: dict[str, object]) -> None:
    async with open_session() as session:
        guarded = guarded_sources(session)
        other = OWN.model_copy(update=changed)
        assert guarded.at("tmhp_pems", other) is not guarded.at("tmhp_pems", OWN)
        assert guarded.at("tmhp_pems", other) is guarded.at("tmhp_pems", other.model_copy())


ACCOUNT = OWN.model_copy(update={"username": SecretStr("acme"), "password": SecretStr("first")})


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"base_url": "https://other.example"}, False),
        ({"path": "/v2/{npi}"}, False),
        ({"organization_id": "7"}, False),
        ({"username": SecretStr("globex")}, False),
        ({"api_key": SecretStr("another")}, False),
        ({"statuses": {"OPEN": "ACTIVE"}}, False),
        ({"password": SecretStr("second")}, True),
        ({"max_per_second": 7.0, "max_concurrency": 3, "attempt_timeout": 9.0}, True),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_connections_that_give_the_same_answers_have_one_identity(
    changed: dict[str, object], is_same: bool
) -> None:
    async with open_session() as session:
        guarded = guarded_sources(session)
        identity = guarded.at("tmhp_pems", ACCOUNT).identity
        assert len(identity) == 32
        assert (guarded.at("tmhp_pems", ACCOUNT.model_copy(update=changed)).identity == identity) is is_same


def keyed(number: int) -> SourceConnection:
    return OWN.model_copy(update={"api_key": SecretStr(f"key {number}")})


async def test_connections_that_nobody_uses_any_more_are_forgotten() -> None:
    async with open_session() as session:
        guarded = guarded_sources(session)
        own, held = guarded.at("tmhp_pems", OWN), guarded.at("tmhp_pems", keyed(0))
        others = [ref(guarded.at("tmhp_pems", keyed(number))) for number in range(1, 1500)]
        assert guarded.at("tmhp_pems", OWN) is own
        assert guarded.at("tmhp_pems", keyed(0)) is held, "a panel still asks through it"
        gc.collect()
        assert 0 < sum(other() is not None for other in others) <= 1024


async def test_a_tenants_contract_neither_raises_nor_silences_the_alerts_of_the_deployments() -> None:
    registry = CollectorRegistry()

    def breaker(contract: str) -> float | None:
        return registry.get_sample_value("enrollment_gate_source_breaker", {"source": "oh_pnm", "contract": contract})

    def errors(contract: str) -> float | None:
        return registry.get_sample_value(
            "enrollment_gate_source_errors_total", {"source": "oh_pnm", "contract": contract, "kind": "UNREACHABLE"}
        )

    async with open_session() as session:
        guarded = GuardedSources(
            {"oh_pnm": Down}, session, {"oh_pnm": OWN}, Metrics(registry).of_sources, lambda: datetime.now(UTC)
        )
        with pytest.raises(SourceUnreachable):
            await guarded.at("oh_pnm", keyed(1)).fetch(Query("1234567893", "OH"))
        assert (breaker("deployment"), errors("deployment"), errors("tenant")) == (None, None, 1)
        with pytest.raises(SourceUnreachable):
            await guarded.at("oh_pnm", OWN).fetch(Query("1234567893", "OH"))
        assert (breaker("deployment"), errors("deployment"), errors("tenant")) == (2, 1, 1)
        assert breaker("tenant") is None, "several breakers cannot share one gauge"


async def test_the_limits_of_the_sites_contract_take_the_place_of_the_sources_own() -> None:
    async with open_session() as session:
        guarded = guarded_sources(session)
        agreed = OWN.model_copy(update={"max_per_second": 7.0, "max_concurrency": 3, "attempt_timeout": 9.0})
        description = guarded.at("tmhp_pems", agreed).description
        assert (description.max_per_second, description.max_concurrency, description.attempt_timeout) == (7.0, 3, 9.0)
        assert description.budget >= 9.0
        assert description.name == "tmhp_pems"


async def test_workers_ask_together_no_more_than_the_contract_allows() -> None:
    async with open_session() as session:
        agreed = OWN.model_copy(update={"max_per_second": 6.0, "max_concurrency": 8})
        factories, own = available_sources(), {"tmhp_pems": agreed}
        each = GuardedSources(factories, session, own, lambda _: Unobserved(), lambda: datetime.now(UTC), sharers=4)
        asked = each.at("tmhp_pems", agreed).description
        assert (asked.max_per_second, asked.max_concurrency) == (1.5, 2)
        narrow = agreed.model_copy(update={"max_concurrency": 3})
        assert each.at("tmhp_pems", narrow).description.max_concurrency == 1, "a worker that may not ask has no answers"


class Down:
    """A source of Ohio that is left alone after one failure."""

    description = SourceDescription(
        name="oh_pnm",
        title="Ohio",
        scope=SourceScope.STATE,
        states=frozenset({"OH"}),
        attempts=1,
        breaker_failures=1,
    )

    def __init__(self, session: aiohttp.ClientSession, connection: SourceConnection, clock: Clock) -> None:
        pass

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        raise SourceUnreachable("it is down")


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
        guarded = guarded_sources(session, factories)
        descriptions = {name: factory.description for name, factory in factories.items()}
        panels = Panels(descriptions, CONNECTIONS.of, guarded.at)
        assert panels.has_only_stubs("OH")
        assert not panels.has_only_stubs("TX")
        assert not panels.has_only_stubs("WA")


async def test_c7_enforcing_a_state_nobody_can_be_asked_about_is_warned_of() -> None:
    async with open_session() as session:
        factories = available_sources()
        guarded = guarded_sources(session, factories)
        panels = Panels({name: item.description for name, item in factories.items()}, CONNECTIONS.of, guarded.at)
        enforced = config(enabled_states=("TX", "CA", "WA"), gate_mode=GateMode.ENFORCE)
        assert [warning.split(" is configured")[0][-2:] for warning in panels.unanswerable(enforced)] == ["CA", "WA"]
        assert panels.unanswerable(config(enabled_states=("CA",))) == []


async def test_a_panel_is_built_once_per_configuration_and_asks_only_who_is_configured() -> None:
    async with open_session() as session:
        factories = available_sources()
        guarded = guarded_sources(session, factories)
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
