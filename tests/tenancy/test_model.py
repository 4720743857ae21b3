from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.knowledge import CacheRules
from gate.decision.model import GateMode, OutageAction, Policy, Strictness
from gate.tenancy.model import (
    DeploymentDefaults,
    PolicyOverride,
    Scope,
    TenantConfig,
    in_force,
    written_out,
)
from tests.tenancy.builders import NOTHING_ENABLED, TEXAS_ENABLED

STATES = ("", "TX", "CA", "NY")
LINES = ("", "STAR", "CHIP", "MEDICAID")


def policy(config: TenantConfig, state: str = "TX", line: str | None = None) -> Policy:
    return in_force(config, NOTHING_ENABLED).policy_for(state, line)


def test_c13_a_line_of_business_can_be_switched_off_while_the_tenant_enforces() -> None:
    config = TenantConfig(
        tenant="acme",
        gate_mode=GateMode.ENFORCE,
        overrides=(PolicyOverride(line_of_business="MARKETPLACE", gate_mode=GateMode.OFF),),
    )

    assert policy(config, line="MARKETPLACE").mode is GateMode.OFF
    assert policy(config, line="STAR").mode is GateMode.ENFORCE


def test_c14_an_override_of_the_warning_days_inherits_the_mode() -> None:
    config = TenantConfig(
        tenant="acme",
        gate_mode=GateMode.ENFORCE,
        overrides=(PolicyOverride(line_of_business="STAR+PLUS", revalidation_warning_days=(120, 45)),),
    )

    assert policy(config, line="STAR+PLUS").mode is GateMode.ENFORCE
    assert policy(config, line="STAR+PLUS").revalidation_warning_days == (120, 45)
    assert policy(config, line="STAR").revalidation_warning_days == (90, 60, 30)


@pytest.mark.parametrize("line", ["MEDICAID", "STAR_KIDS", None])
def test_c15_an_override_for_star_says_nothing_about_any_other_line(line: str | None) -> None:
    config = TenantConfig(tenant="acme", overrides=(PolicyOverride(line_of_business="STAR", gate_mode=GateMode.OFF),))

    assert policy(config, line=line).mode is GateMode.AUDIT


@pytest.mark.parametrize(
    ("spoken_for", "mode"),
    [
        (["exact", "line", "state"], GateMode.OFF),
        (["line", "state"], GateMode.ENFORCE),
        (["state"], GateMode.AUDIT),
        ([], GateMode.ENFORCE),
    ],
)
def test_c14_the_most_exact_override_that_sets_a_field_wins(spoken_for: list[str], mode: GateMode) -> None:
    overrides = {
        "exact": PolicyOverride(state="TX", line_of_business="STAR", gate_mode=GateMode.OFF),
        "line": PolicyOverride(line_of_business="STAR", gate_mode=GateMode.ENFORCE),
        "state": PolicyOverride(state="TX", gate_mode=GateMode.AUDIT),
    }
    config = TenantConfig(
        tenant="acme", gate_mode=GateMode.ENFORCE, overrides=tuple(overrides[name] for name in spoken_for)
    )

    assert policy(config, "TX", "STAR").mode is mode


modes = st.none() | st.sampled_from(GateMode)
outages = st.none() | st.sampled_from(OutageAction)
scopes = st.tuples(st.sampled_from(STATES), st.sampled_from(LINES)).filter(lambda scope: scope != ("", ""))
override_lists = st.lists(
    st.builds(
        lambda scope, mode, outage: PolicyOverride(
            state=scope[0], line_of_business=scope[1], gate_mode=mode, outage_action=outage
        ),
        scopes,
        modes,
        outages,
    ),
    max_size=8,
    unique_by=lambda override: (override.state, override.line_of_business),
)


@given(modes, outages, override_lists)
def test_c14_every_field_comes_from_the_most_exact_level_that_sets_it(
    mode: GateMode | None, outage: OutageAction | None, overrides: list[PolicyOverride]
) -> None:
    config = TenantConfig(tenant="acme", gate_mode=mode, outage_action=outage, overrides=tuple(overrides))
    by_scope = {(override.state, override.line_of_business): override for override in overrides}
    effective = in_force(config, NOTHING_ENABLED)

    for state, line in product((*STATES[1:], "OH"), (*LINES, "DENTAL")):
        levels = [*(by_scope.get(scope) for scope in ((state, line), ("", line), (state, ""))), config]
        chosen_modes = [level.gate_mode for level in levels if level is not None and level.gate_mode]
        chosen_outages = [level.outage_action for level in levels if level is not None and level.outage_action]
        policy = effective.policy_for(state, line or None)
        assert policy.mode is (chosen_modes or [GateMode.AUDIT])[0]
        assert policy.outage_action is (chosen_outages or [OutageAction.PEND])[0]


def test_c4_states_the_tenant_does_not_name_are_those_of_the_deployment() -> None:
    silent, outspoken = TenantConfig(tenant="acme"), TenantConfig(tenant="acme", enabled_states=("CA",))

    assert in_force(silent, NOTHING_ENABLED).enabled_states == frozenset()
    assert in_force(silent, TEXAS_ENABLED).enabled_states == {"TX"}
    assert in_force(outspoken, TEXAS_ENABLED).enabled_states == {"CA"}


def test_k5_a_tenant_that_caches_nothing_does_not_inherit_a_time_to_live() -> None:
    effective = in_force(TenantConfig(tenant="acme", cache_ttl_seconds=0, max_stale_seconds=60), NOTHING_ENABLED)

    assert effective.cache == CacheRules(ttl=0.0, negative_ttl=300.0, max_stale=60.0)


def test_x10_naming_medicaid_alone_leaves_the_umbrella_nothing_to_cover() -> None:
    config = TenantConfig(tenant="acme", umbrella_covers=("MEDICAID",))

    assert policy(config).umbrella_covers == {"MEDICAID"}
    assert "STAR" in policy(TenantConfig(tenant="acme")).umbrella_covers


def test_c16_what_is_in_force_cannot_be_changed() -> None:
    effective = in_force(TenantConfig(tenant="acme", version=3), NOTHING_ENABLED)

    with pytest.raises(AttributeError):
        effective.version = 4  # type: ignore[misc]  # the point


def test_written_out_says_what_is_in_force_in_the_tenants_own_words() -> None:
    defaults = DeploymentDefaults(
        enabled_states=frozenset({"TX", "CA"}),
        policy=Policy(mode=GateMode.ENFORCE, lob_check=Strictness.STRICT),
        cache=CacheRules(ttl=90.0, negative_ttl=30.0, max_stale=600.0),
    )
    config = TenantConfig(tenant="acme", version=2, negative_ttl_seconds=10)

    shown = written_out(in_force(config, defaults))

    assert (shown.tenant, shown.version, shown.enabled_states) == ("acme", 2, ("CA", "TX"))
    assert (shown.gate_mode, shown.lob_check) == (GateMode.ENFORCE, Strictness.STRICT)
    assert (shown.cache_ttl_seconds, shown.negative_ttl_seconds, shown.max_stale_seconds) == (90, 10, 600)


@given(override_lists)
def test_writing_out_what_is_in_force_changes_no_policy(overrides: list[PolicyOverride]) -> None:
    effective = in_force(TenantConfig(tenant="acme", overrides=tuple(overrides)), TEXAS_ENABLED)
    again = in_force(written_out(effective), NOTHING_ENABLED)

    for state, line in product(STATES[1:], LINES):
        assert again.policy_for(state, line) == effective.policy_for(state, line)


@pytest.mark.parametrize(
    ("mode", "overrides", "enforced"),
    [
        (GateMode.AUDIT, (), set()),
        (GateMode.ENFORCE, (), {"TX", "CA"}),
        (GateMode.ENFORCE, (PolicyOverride(state="CA", gate_mode=GateMode.OFF),), {"TX"}),
        (GateMode.AUDIT, (PolicyOverride(state="NY", gate_mode=GateMode.ENFORCE),), set()),
        (
            GateMode.AUDIT,
            (PolicyOverride(state="CA", line_of_business="CHIP", gate_mode=GateMode.ENFORCE),),
            {"CA"},
        ),
        (GateMode.AUDIT, (PolicyOverride(line_of_business="CHIP", gate_mode=GateMode.ENFORCE),), {"TX", "CA"}),
    ],
)
def test_a17_a_state_is_enforced_when_any_enabled_part_of_it_is(
    mode: GateMode, overrides: tuple[PolicyOverride, ...], enforced: set[str]
) -> None:
    config = TenantConfig(tenant="acme", enabled_states=("TX", "CA"), gate_mode=mode, overrides=overrides)

    assert in_force(config, NOTHING_ENABLED).enforced_states() == enforced


def test_a_configuration_survives_being_written_as_a_document() -> None:
    config = TenantConfig(
        tenant="acme",
        version=3,
        enabled_states=("TX",),
        gate_mode=GateMode.ENFORCE,
        cache_ttl_seconds=0,
        overrides=(PolicyOverride(state="TX", revalidation_warning_days=(60, 30)),),
    )

    assert msgspec.json.decode(msgspec.json.encode(config), type=TenantConfig) == config


def test_scopes_sort_from_the_whole_tenant_to_its_parts() -> None:
    assert sorted([Scope("TX", ""), Scope("", "STAR"), Scope()]) == [Scope(), Scope("", "STAR"), Scope("TX", "")]
