from gate.decision.model import GateMode, Policy
from gate.lending import LentCredential
from gate.setting_sections import ProviderEnrollmentSettings
from gate.settings import Settings
from gate.tenancy.defaults import deployment_defaults, surroundings


def test_settings_left_alone_mean_the_products_defaults_and_no_state() -> None:
    defaults = deployment_defaults(ProviderEnrollmentSettings())

    assert defaults.enabled_states == frozenset()
    assert defaults.policy == Policy(mode=GateMode.AUDIT)
    assert (defaults.cache.ttl, defaults.cache.negative_ttl, defaults.cache.max_stale) == (3600.0, 300.0, 86_400.0)


def test_settings_become_what_tenants_inherit() -> None:
    settings = ProviderEnrollmentSettings.model_validate(
        {
            "enabled_states": "tx,CA",
            "gate_mode": "disabled",
            "cache_ttl_minutes": 0.5,
            "negative_ttl_seconds": 10,
            "max_stale_hours": 2,
        }
    )

    defaults = deployment_defaults(settings)

    assert defaults.enabled_states == {"TX", "CA"}
    assert defaults.policy.mode is GateMode.OFF
    assert (defaults.cache.ttl, defaults.cache.negative_ttl, defaults.cache.max_stale) == (30.0, 10.0, 7200.0)


def test_a_credential_is_lent_to_the_tenants_it_names_only() -> None:
    credential = LentCredential(tenants=frozenset({"acme"}), base_url="https://pems.example")

    around = surroundings(Settings(credentials={"acme-pems": credential}), ["tmhp_pems"])

    assert around.source_names == {"tmhp_pems"}
    assert around.lent("acme-pems", "acme") == credential
    assert around.lent("acme-pems", "globex") is None
    assert around.lent("unheard-of", "acme") is None
