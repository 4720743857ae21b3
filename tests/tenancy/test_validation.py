from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InvalidInput
from gate.tenancy.model import PolicyOverride, Scope, TenantConfig, TenantSource
from gate.tenancy.validation import is_tenant_id, verified, verified_scope
from tests.tenancy.builders import SURROUNDINGS


def violated_fields(config: TenantConfig) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        verified(config, SURROUNDINGS)
    return [violation.field for violation in refusal.value.violations]


def test_c6_states_are_understood_in_any_case_and_kept_once_in_order() -> None:
    config = verified(TenantConfig(tenant="acme", enabled_states=("tx", " Ca ", "TX")), SURROUNDINGS)

    assert config.enabled_states == ("CA", "TX")


def test_x9_lines_of_business_are_understood_by_any_of_their_names() -> None:
    config = TenantConfig(
        tenant="acme", overrides=(PolicyOverride(line_of_business="Star Plus"),), umbrella_covers=("star kids",)
    )

    spelled = verified(config, SURROUNDINGS)

    assert spelled.overrides[0].line_of_business == "STAR+PLUS"
    assert spelled.umbrella_covers == ("STAR_KIDS",)


OWN = TenantSource(name="tmhp_pems", base_url="https://pems.example/api/", credential="acme-pems")


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("tenant", {"tenant": "acme corp"}),
        ("enabled_states[1]", {"enabled_states": ("TX", "ZZ")}),
        ("cache_ttl_seconds", {"cache_ttl_seconds": -1}),
        ("cache_ttl_seconds", {"cache_ttl_seconds": 7 * 24 * 3600 + 1}),
        ("negative_ttl_seconds", {"negative_ttl_seconds": 24 * 3600 + 1}),
        ("max_stale_seconds", {"max_stale_seconds": 30 * 24 * 3600 + 1}),
        ("umbrella_covers[0]", {"umbrella_covers": ("FOO",)}),
        ("revalidation_warning_days", {"revalidation_warning_days": (30, 60)}),
        ("revalidation_warning_days", {"revalidation_warning_days": (60, 60)}),
        ("revalidation_warning_days", {"revalidation_warning_days": (401,)}),
        ("revalidation_warning_days", {"revalidation_warning_days": (30, 0)}),
        ("overrides[0]", {"overrides": (PolicyOverride(),)}),
        ("overrides[1].state", {"overrides": (PolicyOverride(state="TX"), PolicyOverride(state="Texas"))}),
        ("overrides[0].line_of_business", {"overrides": (PolicyOverride(line_of_business="FOO"),)}),
        ("overrides[1]", {"overrides": (PolicyOverride(state="TX"), PolicyOverride(state="tx"))}),
        (
            "overrides[1]",
            {"overrides": (PolicyOverride(line_of_business="STAR PLUS"), PolicyOverride(line_of_business="STAR+PLUS"))},
        ),
        (
            "overrides[0].revalidation_warning_days",
            {"overrides": (PolicyOverride(state="TX", revalidation_warning_days=(1, 2)),)},
        ),
        ("sources[0].name", {"sources": (TenantSource(name="unheard_of"),)}),
        ("sources[1].name", {"sources": (OWN, OWN)}),
        ("sources[0].credential", {"sources": (TenantSource(name="tmhp_pems", credential="unheard-of"),)}),
    ],
)
def test_what_does_not_fit_is_refused_by_the_path_of_its_field(field: str, fields: dict[str, Any]) -> None:
    assert violated_fields(TenantConfig(**{"tenant": "acme", **fields})) == [f"config.{field}"]


def test_everything_wrong_is_reported_at_once() -> None:
    config = TenantConfig(tenant="", enabled_states=("ZZ",), max_stale_seconds=-1)

    assert violated_fields(config) == ["config.tenant", "config.enabled_states[0]", "config.max_stale_seconds"]


def test_the_deployments_credential_never_travels_to_an_address_the_tenant_chose() -> None:
    config = TenantConfig(tenant="acme", sources=(TenantSource(name="tmhp_pems", base_url="https://pems.example"),))

    assert violated_fields(config) == ["config.sources[0].credential"]


def test_another_tenants_credential_is_refused_in_the_words_for_one_that_does_not_exist() -> None:
    def refusal(credential: str) -> str:
        config = TenantConfig(tenant="acme", sources=(TenantSource(name="tmhp_pems", credential=credential),))
        with pytest.raises(InvalidInput) as refused:
            verified(config, SURROUNDINGS)
        return str(refused.value)

    assert refusal("globex-pems") == refusal("unheard-of")


@pytest.mark.parametrize(
    "url",
    [
        "http://pems.example",
        "ftp://pems.example",
        "pems.example",
        "https://",
        "https://user:secret@pems.example",
        "https://pems.example?key=1",
        "https://pems.example:99999",
        "https://pems.example/a b",
        "https://pems.example/\n",
        "https://пемс.example/é",
        "https://pems.example/" + "a" * 2048,
    ],
)
def test_a_base_url_is_a_plain_https_address(url: str) -> None:
    source = TenantSource(name="tmhp_pems", base_url=f"{url}/x" if url.endswith("\n") else url, credential="acme-pems")

    assert violated_fields(TenantConfig(tenant="acme", sources=(source,))) == ["config.sources[0].base_url"]


def sent_to(url: str, credential: str = "acme-pems") -> TenantConfig:
    source = TenantSource(name="tmhp_pems", base_url=url, credential=credential)
    return TenantConfig(tenant="acme", sources=(source,))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://pems.example",
        "https://pems.example:443/another/path",
        "https://pems.acme.example/api",
        "https://gateway.example:8443",
        "http://127.0.0.1:8090",
        "http://[::1]:8090/pems",
    ],
)
def test_a_credential_goes_to_its_own_origin_and_where_the_deployment_allows(url: str) -> None:
    assert verified(sent_to(url and f"{url}/"), SURROUNDINGS).sources[0].base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://collector.example",
        "https://pems.example.collector.example",
        "https://pems.example:8443",
        "https://pems.acme.example:8443",
        "https://gateway.example",
        "http://pems.acme.example",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7",
        "http://127.0.0.1:6379",
        "http://localhost:8090",
    ],
)
def test_a_tenant_can_send_a_lent_credential_nowhere_else_and_not_have_the_gate_call_inside(url: str) -> None:
    assert violated_fields(sent_to(url)) == ["config.sources[0].base_url"]


def test_a_credential_without_an_address_of_its_own_needs_the_tenants() -> None:
    assert violated_fields(sent_to("", "acme-anywhere-listed")) == ["config.sources[0].base_url"]

    config = sent_to("https://pems.acme.example", "acme-anywhere-listed")
    assert verified(config, SURROUNDINGS) == config


@given(
    st.builds(
        TenantConfig,
        tenant=st.just("acme"),
        enabled_states=st.lists(st.sampled_from(["tx", "TX", " ca", "ny"]), max_size=5).map(tuple),
        umbrella_covers=st.lists(st.sampled_from(["star", "Star Plus", "CHIP"]), max_size=4).map(tuple),
        sources=st.sampled_from([(), (OWN,)]),
    )
)
def test_a_verified_configuration_verifies_unchanged(config: TenantConfig) -> None:
    once = verified(config, SURROUNDINGS)

    assert verified(once, SURROUNDINGS) == once


@pytest.mark.parametrize("text", ["acme", "A", "7-eleven", "a.b_c-D", "x" * 64])
def test_tenant_ids(text: str) -> None:
    assert is_tenant_id(text)


@pytest.mark.parametrize("text", ["", "-acme", ".acme", "acme:x", "acme corp", "acme\n", "äcme", "x" * 65, "a/b", "٣"])
def test_what_could_separate_or_hide_something_is_no_tenant_id(text: str) -> None:
    assert not is_tenant_id(text)


def test_a_scope_is_spelled_canonically() -> None:
    assert verified_scope(Scope("tx", "star plus")) == Scope("TX", "STAR+PLUS")
    assert verified_scope(Scope()) == Scope()


def test_an_unknown_scope_is_refused_by_the_names_of_the_requests_fields() -> None:
    with pytest.raises(InvalidInput) as refusal:
        verified_scope(Scope("ZZ", "FOO"))

    assert [violation.field for violation in refusal.value.violations] == ["state", "line_of_business"]
