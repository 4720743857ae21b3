"""Between a tenant's configuration and its messages. Unset and zero mean: inherit."""

from typing import Any, Final

from gate.decision.model import GateMode
from gate.rpc.enums import (
    DOS_RULES,
    MODES,
    NATIONAL_FALLBACKS,
    OUTAGE_ACTIONS,
    PARTIAL_FAILURES,
    PAST_DUE_ACTIONS,
    STRICTNESS,
    Numbers,
)
from gate.rpc.messages import instant_message
from gate.tenancy.model import EffectiveConfig, ModeChange, PolicyOverride, TenantConfig, TenantSource
from gate.v1 import gate_admin_pb2

_CHOICES: Final[dict[str, Numbers[Any]]] = {
    "gate_mode": MODES,
    "outage_action": OUTAGE_ACTIONS,
    "partial_failure": PARTIAL_FAILURES,
    "national_fallback": NATIONAL_FALLBACKS,
    "past_due_action": PAST_DUE_ACTIONS,
    "dos_rule": DOS_RULES,
    "taxonomy_check": STRICTNESS,
    "lob_check": STRICTNESS,
    "npi_check_digit": STRICTNESS,
}
"""The fields a tenant and each of its overrides share; both messages and both values name them alike."""


def config_of(message: gate_admin_pb2.TenantConfig, tenant: str) -> TenantConfig:
    """The configuration as the caller wants it, not yet verified."""
    return TenantConfig(
        tenant=tenant,
        version=message.version,
        enabled_states=tuple(message.enabled_states),
        umbrella_covers=tuple(message.umbrella_covers),
        revalidation_warning_days=tuple(message.revalidation_warning_days),
        overrides=tuple(
            PolicyOverride(
                state=override.state,
                line_of_business=override.line_of_business,
                revalidation_warning_days=tuple(override.revalidation_warning_days),
                **_chosen(override),
            )
            for override in message.overrides
        ),
        sources=tuple(
            TenantSource(name=source.name, base_url=source.base_url, credential=source.credential)
            for source in message.sources
        ),
        cache_ttl_seconds=message.cache_ttl_seconds or None,
        negative_ttl_seconds=message.negative_ttl_seconds or None,
        max_stale_seconds=message.max_stale_seconds or None,
        **_chosen(message),
    )


def config_message(config: TenantConfig) -> gate_admin_pb2.TenantConfig:
    """The configuration as it is sent."""
    return gate_admin_pb2.TenantConfig(
        tenant=config.tenant,
        version=config.version,
        enabled_states=config.enabled_states,
        umbrella_covers=config.umbrella_covers,
        revalidation_warning_days=config.revalidation_warning_days,
        overrides=[
            gate_admin_pb2.PolicyOverride(
                state=override.state,
                line_of_business=override.line_of_business,
                revalidation_warning_days=override.revalidation_warning_days,
                **_numbers(override),
            )
            for override in config.overrides
        ],
        sources=[
            gate_admin_pb2.TenantSource(name=source.name, base_url=source.base_url, credential=source.credential)
            for source in config.sources
        ],
        cache_ttl_seconds=config.cache_ttl_seconds or 0,
        negative_ttl_seconds=config.negative_ttl_seconds or 0,
        max_stale_seconds=config.max_stale_seconds or 0,
        **_numbers(config),
    )


def summary_message(effective: EffectiveConfig) -> gate_admin_pb2.TenantSummary:
    """One line about a tenant."""
    return gate_admin_pb2.TenantSummary(
        tenant=effective.tenant,
        config_version=effective.version,
        gate_mode=MODES.number(effective.tenant_policy.mode),
        enabled_states=sorted(effective.enabled_states),
    )


def change_message(change: ModeChange) -> gate_admin_pb2.ModeChange:
    """One switch of mode."""
    return gate_admin_pb2.ModeChange(
        change_id=change.change_id,
        tenant=change.tenant,
        state=change.scope.state,
        line_of_business=change.scope.line_of_business,
        from_mode=MODES.number(change.from_mode),
        to_mode=MODES.number(change.to_mode),
        reason=change.reason,
        changed_by=change.changed_by,
        changed_at=instant_message(change.changed_at),
        config_version=change.config_version,
    )


def mode_of(number: int) -> GateMode | None:
    """None for UNSPECIFIED."""
    return MODES.word(number)


def _chosen(message: Any) -> dict[str, Any]:  # noqa: ANN401 - TenantConfig or PolicyOverride
    return {name: numbers.word(getattr(message, name)) for name, numbers in _CHOICES.items()}


def _numbers(choices: Any) -> dict[str, Any]:  # noqa: ANN401 - TenantConfig or PolicyOverride
    return {name: numbers.number(getattr(choices, name)) for name, numbers in _CHOICES.items()}
