import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gate.decision.model import GateMode
from gate.tenancy.differences import differences, digest
from gate.tenancy.model import PolicyOverride, TenantConfig, TenantSource

NOTHING = TenantConfig(tenant="acme")


def test_what_changed_is_told_field_by_field() -> None:
    after = TenantConfig(
        tenant="acme",
        version=1,
        enabled_states=("NY", "TX"),
        gate_mode=GateMode.ENFORCE,
        cache_ttl_seconds=0,
    )

    assert differences(NOTHING, after) == (
        "gate_mode: inherited → ENFORCE; enabled_states: inherited → NY TX; cache_ttl_seconds: inherited → 0"
    )
    assert differences(after, NOTHING).endswith("cache_ttl_seconds: 0 → inherited")
    assert differences(after, msgspec.structs.replace(after, version=2)) == ""


def test_of_overrides_and_sources_only_is_told_that_they_changed() -> None:
    after = TenantConfig(
        tenant="acme",
        overrides=(PolicyOverride(state="TX"),),
        sources=(TenantSource(name="tmhp_pems", base_url="https://user:planted@pems.example"),),
    )

    assert differences(NOTHING, after) == "overrides; sources"


def test_what_is_told_stays_short() -> None:
    told = differences(NOTHING, TenantConfig(tenant="acme", revalidation_warning_days=tuple(range(1_000))))

    assert len(told) == 500
    assert told.endswith("…")


states = st.lists(st.sampled_from(["CA", "NY", "TX"]), max_size=3).map(tuple)
configs = st.builds(
    TenantConfig,
    tenant=st.just("acme"),
    version=st.integers(0, 3),
    enabled_states=states,
    gate_mode=st.none() | st.sampled_from(GateMode),
)


@given(configs, configs)
def test_digests_are_equal_exactly_where_nothing_differs(one: TenantConfig, other: TenantConfig) -> None:
    assert (digest(one) == digest(other)) is (differences(one, other) == "")
