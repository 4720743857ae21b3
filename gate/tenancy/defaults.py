"""What the deployment's settings mean for every tenant."""

from collections.abc import Iterable
from typing import Final

from aggregator.knowledge import CacheRules
from gate.decision.model import GateMode, Policy
from gate.setting_sections import ProviderEnrollmentSettings
from gate.settings import Settings
from gate.tenancy.model import DeploymentDefaults
from gate.tenancy.validation import Surroundings

_SECONDS_PER_MINUTE: Final = 60
_SECONDS_PER_HOUR: Final = 3600


def deployment_defaults(settings: ProviderEnrollmentSettings) -> DeploymentDefaults:
    """What a tenant inherits that says nothing itself."""
    return DeploymentDefaults(
        enabled_states=frozenset(settings.enabled_states),
        policy=Policy(mode=GateMode(settings.gate_mode.upper())),
        cache=CacheRules(
            ttl=settings.cache_ttl_minutes * _SECONDS_PER_MINUTE,
            negative_ttl=float(settings.negative_ttl_seconds),
            max_stale=settings.max_stale_hours * _SECONDS_PER_HOUR,
        ),
    )


def surroundings(settings: Settings, source_names: Iterable[str]) -> Surroundings:
    """What tenants may name in their own contracts with upstreams."""
    return Surroundings(source_names=frozenset(source_names), credentials=settings.credentials)
