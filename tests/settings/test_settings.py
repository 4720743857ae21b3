"""A configuration that is half secured or contradicts itself refuses to start and says which key."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gate.origins import is_loopback
from gate.settings import Environment, Settings, load_settings, unknown_variables

EXAMPLE = Path(__file__).parents[2] / "deploy" / "config" / "gate.example.toml"
PRODUCTION = {
    "GATE_ENVIRONMENT": "production",
    "GATE_AUTH__JWKS_URL": "https://id.example.org/jwks",
    "GATE_AUTH__ISSUER": "i",
    "GATE_AUTH__AUDIENCE": "a",
    "GATE_METRICS_TOKEN": "m",
}
MAIL = {"GATE_DELIVERY__EMAIL__HOST": "smtp.example.org", "GATE_DELIVERY__EMAIL__SENDER": "gate@example.org"}
LOGIN = {"GATE_DELIVERY__EMAIL__USERNAME": "gate", "GATE_DELIVERY__EMAIL__PASSWORD": "hush"}


def test_out_of_the_box_checking_is_off_audited_and_on_this_machine_only() -> None:
    settings = load_settings()
    assert settings.provider_enrollment.enabled_states == ()
    assert settings.provider_enrollment.gate_mode == "audit"
    assert settings.provider_enrollment.cache_ttl_minutes == 60
    assert settings.environment is Environment.DEVELOPMENT
    assert all(map(is_loopback, (settings.grpc_address, settings.http_address, settings.sandbox_address)))
    assert settings.sqlalchemy_url == "sqlite+aiosqlite:///.gate/gate.db"


def test_the_keys_operators_know_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {
        "ENABLED_STATES": '["tx", "CA"]',
        "GATE_MODE": "enforce",
        "CACHE_TTL_MINUTES": "5",
        "TMHP_PEMS__BASE_URL": "https://pems.example.org",
        "TMHP_PEMS__API_KEY": "planted-secret",
        "CAQH_PROVIEW__BASE_URL": "https://proview.example.org",
        "CAQH_PROVIEW__ORGANIZATION_ID": "1234",
        "CAQH_PROVIEW__USERNAME": "u",
        "CAQH_PROVIEW__PASSWORD": "planted-secret",
        "OTHER_SOURCES__NM_ROSTER__BASE_URL": "https://nm.example.org",
    }.items():
        monkeypatch.setenv(f"GATE_PROVIDER_ENROLLMENT__{key}", value)
    enrollment = load_settings().provider_enrollment
    assert enrollment.enabled_states == ("TX", "CA")
    assert enrollment.gate_mode == "enforce"
    assert enrollment.connection("tmhp_pems").base_url == "https://pems.example.org"
    assert enrollment.connection("caqh_proview").organization_id == "1234"
    assert enrollment.connection("nm_roster").is_configured
    assert not enrollment.connection("gate_mode").is_configured
    assert "planted-secret" not in repr(enrollment)


def test_states_may_be_listed_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PROVIDER_ENROLLMENT__ENABLED_STATES", "tx, FL")
    assert load_settings().provider_enrollment.enabled_states == ("TX", "FL")


@pytest.mark.parametrize(("written", "means"), [("warn", "audit"), ("disabled", "off"), ("ENFORCE", "enforce")])
def test_modes_have_other_names(written: str, means: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PROVIDER_ENROLLMENT__GATE_MODE", written)
    assert load_settings().provider_enrollment.gate_mode == means


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ({"GATE_ENVIRONMENT": "production"}, "GATE_AUTH__JWKS_URL"),
        ({**PRODUCTION, "GATE_METRICS_TOKEN": ""}, "GATE_METRICS_TOKEN"),
        ({"GATE_AUTH__JWKS_URL": "https://id.example.org/jwks"}, "GATE_AUTH__AUDIENCE"),
        ({"GATE_AUTH__ISSUER": "https://id.example.org"}, "GATE_AUTH__JWKS_URL"),
        *(
            ({"GATE_AUTH__ALGORITHMS": named}, "GATE_AUTH__ALGORITHMS")
            for named in ("HS256", "none", "None", "RS256,HS512", "ES257", "rs256", "[]")
        ),
        ({"GATE_TLS__CERTIFICATE_FILE": "a.pem"}, "GATE_TLS__PRIVATE_KEY_FILE"),
        ({"GATE_TLS__CLIENT_CA_FILE": "ca.pem"}, "GATE_TLS__CLIENT_CA_FILE"),
        ({"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX,ZZ"}, "ZZ"),
        ({"GATE_PROVIDER_ENROLLMENT__GATE_MODE": "sometimes"}, "gate_mode"),
        ({"GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__BASE_URL": "ftp://pems"}, "base_url"),
        ({"GATE_LEDGER__ON_FAILURE": "ignore"}, "on_failure"),
        ({"GATE_LEDGER__SPOOL_LIMIT_MB": "0"}, "spool_limit_mb"),
        ({"GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__COLOUR": "red"}, "colour"),
        ({"GATE_DELIVERY__EMAIL__HOST": "smtp.example.org"}, "GATE_DELIVERY__EMAIL__SENDER"),
        ({**MAIL, "GATE_DELIVERY__EMAIL__USERNAME": "gate"}, "GATE_DELIVERY__EMAIL__PASSWORD"),
        ({**MAIL, **LOGIN, "GATE_DELIVERY__EMAIL__SECURITY": "none"}, "password in the clear"),
        ({**PRODUCTION, **MAIL, "GATE_DELIVERY__EMAIL__SECURITY": "none"}, "GATE_DELIVERY__EMAIL__SECURITY"),
        ({"GATE_DELIVERY__WEBHOOKS__SIGNING_KEY": "short"}, "GATE_DELIVERY__WEBHOOKS__SIGNING_KEY"),
        ({"GATE_DELIVERY__WEBHOOKS__PREVIOUS_SIGNING_KEY": "short"}, "PREVIOUS_SIGNING_KEY"),
        ({"GATE_DELIVERY__WEBHOOKS__PREVIOUS_SIGNING_KEY": "k" * 32}, "GATE_DELIVERY__WEBHOOKS__SIGNING_KEY"),
        ({"GATE_JOBS__LEASE_SECONDS": "0"}, "lease_seconds"),
        ({**PRODUCTION, "GATE_GRPC_ADDRESS": "0.0.0.0:50051"}, "GATE_TLS__"),
        ({**PRODUCTION, "GATE_HTTP_ADDRESS": "0.0.0.0:8080"}, "GATE_HTTP_PLAINTEXT=true"),
        ({**PRODUCTION, "GATE_AUTH__JWKS_URL": "http://id.example.org/jwks"}, "GATE_AUTH__JWKS_URL"),
        (
            {**PRODUCTION, "GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__BASE_URL": "http://pems.example.org"},
            "GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__BASE_URL",
        ),
        (
            {**PRODUCTION, "GATE_PROVIDER_ENROLLMENT__OTHER_SOURCES__NM_ROSTER__BASE_URL": "http://nm.example.org"},
            "GATE_PROVIDER_ENROLLMENT__OTHER_SOURCES__NM_ROSTER__BASE_URL",
        ),
        (
            {
                **PRODUCTION,
                "GATE_CREDENTIALS__ACME_PEMS__TENANTS": '["acme"]',
                "GATE_CREDENTIALS__ACME_PEMS__BASE_URL": "http://pems.acme.example",
            },
            "GATE_CREDENTIALS__ACME_PEMS__BASE_URL",
        ),
        (
            {
                **PRODUCTION,
                "GATE_CREDENTIALS__ACME_PEMS__TENANTS": '["acme"]',
                "GATE_CREDENTIALS__ACME_PEMS__ALLOWED_HOSTS": '["pems.acme.example", "127.0.0.1:8090"]',
            },
            "GATE_CREDENTIALS__ACME_PEMS__ALLOWED_HOSTS",
        ),
        ({"GATE_CREDENTIALS__ACME_PEMS__TENANTS": '["acme"]'}, "allowed_hosts"),
        (
            {
                "GATE_CREDENTIALS__ACME_PEMS__TENANTS": '["acme"]',
                "GATE_CREDENTIALS__ACME_PEMS__ALLOWED_HOSTS": '["pems.acme.example/api"]',
            },
            "allowed_hosts",
        ),
    ],
)
def test_a_half_secured_configuration_is_refused_by_key(
    environment: dict[str, str], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refusal:
        load_settings()
    assert key in str(refusal.value)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"GATE_HTTP_ADDRESS": "0.0.0.0:8080", "GATE_HTTP_PLAINTEXT": "true"},
        {"GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__BASE_URL": "https://pems.example.org"},
        {"GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__BASE_URL": "http://127.0.0.1:9000/pems"},
        {
            "GATE_CREDENTIALS__ACME_PEMS__TENANTS": '["acme"]',
            "GATE_CREDENTIALS__ACME_PEMS__ALLOWED_HOSTS": '["pems.acme.example"]',
        },
    ],
)
def test_production_takes_what_nobody_can_read_along(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**PRODUCTION, **environment}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().environment is Environment.PRODUCTION


def test_a_refusal_never_repeats_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__API_KEY", "planted\nsecret")
    with pytest.raises(ValidationError) as refusal:
        load_settings()
    assert "planted" not in str(refusal.value)


def test_the_example_file_is_read_and_the_environment_comes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_GRPC_ADDRESS", "127.0.0.1:6000")
    settings = load_settings(EXAMPLE)
    assert settings.provider_enrollment.tmhp_pems.max_per_second == 20
    assert settings.grpc_address == "127.0.0.1:6000"


def test_a_database_is_named_without_its_driver() -> None:
    assert Settings(database_url="postgresql://u@h/d").sqlalchemy_url == "postgresql+asyncpg://u@h/d"
    assert Settings(database_url="sqlite:///x.db").sqlalchemy_url == "sqlite+aiosqlite:///x.db"


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1:1", True), ("[::1]:1", True), ("localhost:1", True), ("0.0.0.0:1", False), ("gate:1", False)],
)
def test_loopback_is_told_from_the_world(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_a_variable_that_names_no_setting_is_told_apart() -> None:
    environment = ["GATE_REDIS_URL", "GATE_REDIS_ULR", "GATE_TLS__CERTIFICATE_FILE", "GATE_TOKEN", "PATH"]
    assert unknown_variables(environment) == ["GATE_REDIS_ULR"]
