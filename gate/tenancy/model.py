"""A tenant's configuration: what it chose, and what is in force once the deployment's defaults are filled in. Pure.

Nothing here changes after it is built: an item of a batch that holds an `EffectiveConfig` sees one version of it,
whatever happens meanwhile (row C16).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from aggregator.knowledge import CacheRules
from gate.decision.model import (
    DosRule,
    GateMode,
    NationalFallback,
    OutageAction,
    PartialFailure,
    PastDueAction,
    Policy,
    Strictness,
)


class PolicyChoices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What can be chosen for a tenant and chosen differently for a part of it. None or empty: inherit."""

    gate_mode: GateMode | None = None
    outage_action: OutageAction | None = None
    partial_failure: PartialFailure | None = None
    national_fallback: NationalFallback | None = None
    past_due_action: PastDueAction | None = None
    dos_rule: DosRule | None = None
    taxonomy_check: Strictness | None = None
    lob_check: Strictness | None = None
    npi_check_digit: Strictness | None = None
    revalidation_warning_days: tuple[int, ...] = ()
    """Days before the due date at which a tier begins, descending."""


class PolicyOverride(PolicyChoices, frozen=True, kw_only=True, omit_defaults=True):
    """What differs for one state, one line of business, or both; at least one of them is named."""

    state: str = ""
    line_of_business: str = ""
    """Canonical name; it matches a claim of exactly this line of business (row C15)."""


class TenantSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tenant's own contract with an upstream. `credential` names a secret that the deployment lends to it."""

    name: str
    base_url: str = ""
    credential: str = ""


class TenantConfig(PolicyChoices, frozen=True, kw_only=True, omit_defaults=True):
    """What one tenant chose, as stored. None or empty: inherit the deployment's default."""

    tenant: str
    version: int = 0
    """Counts the tenant's configurations; 0: nothing was stored."""
    enabled_states: tuple[str, ...] = ()
    cache_ttl_seconds: int | None = None
    negative_ttl_seconds: int | None = None
    max_stale_seconds: int | None = None
    umbrella_covers: tuple[str, ...] = ()
    """Lines of business that an enrollment in plain MEDICAID includes (row X10); naming MEDICAID alone: no other."""
    overrides: tuple[PolicyOverride, ...] = ()
    sources: tuple[TenantSource, ...] = ()


class DeploymentDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant inherits."""

    enabled_states: frozenset[str]
    policy: Policy
    cache: CacheRules


class Scope(msgspec.Struct, frozen=True, order=True):
    """The part of a tenant that an override speaks for. Both empty: the whole tenant."""

    state: str = ""
    line_of_business: str = ""


WHOLE_TENANT: Final = Scope()


class ModeChange(msgspec.Struct, frozen=True, kw_only=True):
    """A switch of mode, kept forever (row C18)."""

    tenant: str
    config_version: int
    """The version that the switch created."""
    ordinal: int
    """Counts the switches of one version from 0."""
    scope: Scope
    from_mode: GateMode
    to_mode: GateMode
    reason: str
    changed_by: str
    changed_at: datetime

    @property
    def change_id(self) -> str:
        """Names the change within its tenant."""
        return f"{self.config_version}-{self.ordinal}"


class ConfigChange(msgspec.Struct, frozen=True, kw_only=True):
    """What came of storing a configuration."""

    before: TenantConfig
    """That was in force until then; an empty version 0 where nothing was stored."""
    after: TenantConfig
    switches: tuple[ModeChange, ...]
    """Modes that differ afterwards."""


class EffectiveConfig(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is in force for one tenant at one version. Compared by identity."""

    tenant: str
    version: int
    """Version of the stored configuration; 0: nothing is stored and the deployment's defaults are in force."""
    enabled_states: frozenset[str]
    cache: CacheRules
    sources: Mapping[str, TenantSource]
    """The tenant's own contracts by name of the source."""
    config: TenantConfig
    """As the tenant stored it."""
    tenant_policy: Policy
    """In force where no override speaks."""
    states_with_override: frozenset[str]
    lines_with_override: frozenset[str]
    policies: Mapping[Scope, Policy]
    """For every combination of a state and a line of business that overrides name."""

    def policy_for(self, state: str, line_of_business: str | None) -> Policy:
        """The policy for a claim; its state in upper case, its line of business canonical (rows C13-C15)."""
        if not self.policies:
            return self.tenant_policy
        line = line_of_business or ""
        return self.policies[
            Scope(
                state if state in self.states_with_override else "",
                line if line in self.lines_with_override else "",
            )
        ]

    def enforced_states(self) -> frozenset[str]:
        """Enabled states in which at least one line of business is enforced."""
        lines = {"", *self.lines_with_override}
        return frozenset(
            state
            for state in self.enabled_states
            if any(self.policy_for(state, line).mode is GateMode.ENFORCE for line in lines)
        )


def in_force(config: TenantConfig, defaults: DeploymentDefaults) -> EffectiveConfig:
    """`config`, already verified, with the defaults filled in."""
    base = defaults.policy
    if config.umbrella_covers:
        base = msgspec.structs.replace(base, umbrella_covers=frozenset(config.umbrella_covers))
    states = frozenset(override.state for override in config.overrides if override.state)
    lines = frozenset(override.line_of_business for override in config.overrides if override.line_of_business)
    return EffectiveConfig(
        tenant=config.tenant,
        version=config.version,
        enabled_states=frozenset(config.enabled_states) or defaults.enabled_states,
        cache=_cache_rules(config, defaults.cache),
        sources={source.name: source for source in config.sources},
        config=config,
        tenant_policy=_policy(base, (config,)),
        states_with_override=states,
        lines_with_override=lines,
        policies=_policies(base, config, states, lines),
    )


def written_out(effective: EffectiveConfig) -> TenantConfig:
    """The tenant's configuration with every inherited field shown as it is in force; overrides stay as chosen."""
    policy = effective.tenant_policy
    return msgspec.structs.replace(
        effective.config,
        **{name: getattr(policy, target) for name, target in _POLICY_FIELDS.items()},
        enabled_states=tuple(sorted(effective.enabled_states)),
        cache_ttl_seconds=round(effective.cache.ttl),
        negative_ttl_seconds=round(effective.cache.negative_ttl),
        max_stale_seconds=round(effective.cache.max_stale),
        umbrella_covers=tuple(sorted(policy.umbrella_covers)),
    )


_POLICY_FIELDS: Final = {name: "mode" if name == "gate_mode" else name for name in PolicyChoices.__struct_fields__}
"""A choice's name to the name of the policy field it sets."""


def _policies(
    base: Policy, config: TenantConfig, states: Iterable[str], lines: Iterable[str]
) -> Mapping[Scope, Policy]:
    if not config.overrides:
        return {}
    chosen = {Scope(override.state, override.line_of_business): override for override in config.overrides}
    policies = {}
    for state in ("", *states):
        for line in ("", *lines):
            # The more exact speaks first: state and line, then the line, then the state, then the tenant.
            levels = [chosen[scope] for scope in _from_exact_to_wide(state, line) if scope in chosen]
            policies[Scope(state, line)] = _policy(base, (*levels, config))
    return policies


def _from_exact_to_wide(state: str, line: str) -> Iterable[Scope]:
    return dict.fromkeys(
        scope for scope in (Scope(state, line), Scope("", line), Scope(state, "")) if scope != WHOLE_TENANT
    )


def _policy(base: Policy, levels: Iterable[PolicyChoices]) -> Policy:
    """`base` with each field taken from the first level that sets it (row C14)."""
    levels = tuple(levels)
    chosen = {}
    for name, target in _POLICY_FIELDS.items():
        for level in levels:
            if (value := getattr(level, name)) not in (None, ()):
                chosen[target] = value
                break
    return msgspec.structs.replace(base, **chosen)


def _cache_rules(config: TenantConfig, defaults: CacheRules) -> CacheRules:
    def own_or(own: int | None, default: float) -> float:
        return default if own is None else float(own)

    return CacheRules(
        ttl=own_or(config.cache_ttl_seconds, defaults.ttl),
        negative_ttl=own_or(config.negative_ttl_seconds, defaults.negative_ttl),
        max_stale=own_or(config.max_stale_seconds, defaults.max_stale),
    )
