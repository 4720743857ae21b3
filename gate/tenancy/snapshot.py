"""Every tenant's configuration in memory, so that a check never waits for the database.

Kept current in three ways: what this process writes is applied at once; another process's announcement leads to a
read immediately; and a poll every two seconds catches what no announcement told (row C17: one second with Redis,
five without). While the database cannot be read, or has lost a tenant, the last known configuration stays in force
(row C20).
"""

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec
import structlog

from gate.errors import StoreUnavailable
from gate.persistence.following import Announcements, Follower, Pace
from gate.tenancy.model import DeploymentDefaults, EffectiveConfig, TenantConfig, in_force

_REMEMBERED_HEIRS: Final = 4096
_NAMED_AT_ONCE: Final = 20
"""Lost tenants named in one line of the log."""
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


USUAL_PACE: Final = Pace()
"""With this pace, poll and read together, a change is found within five seconds whatever is lost."""


class ConfigChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How what is stored differs from what is known."""

    configs: tuple[TenantConfig, ...] = ()
    unreadable: Mapping[str, int] = {}
    """Tenants, with the version, whose stored document is missing or cannot be read by this release."""
    gone: frozenset[str] = frozenset()
    """Tenants that are known and of which nothing is stored any more."""


class StoredConfigs(Protocol):
    """Where configurations are kept, read across all tenants."""

    async def fingerprint(self) -> object:
        """Cheap to ask for; differs whenever a configuration changed."""
        ...

    async def changes_since(self, known: Mapping[str, int]) -> ConfigChanges:
        """How the current configurations differ from `known`, the version of each tenant."""
        ...


class ConfigSnapshot:
    """What is in force for every tenant. `get` is synchronous and hands out immutable objects (row C16)."""

    def __init__(
        self,
        stored: StoredConfigs,
        defaults: DeploymentDefaults,
        announcements: Announcements | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace = USUAL_PACE,
    ) -> None:
        self._stored = stored
        self._defaults = defaults
        self._stale_after = pace.stale_after
        self._follower = Follower("tenant_configs", self._read, announcements, monotonic, pace)
        self._in_force: dict[str, EffectiveConfig] = {}
        self._unreadable: dict[str, int] = {}
        self._lost: frozenset[str] = frozenset()
        self._heirs: dict[str, EffectiveConfig] = {}
        self._fingerprint: object = None
        self._published = 0

    def get(self, tenant: str) -> EffectiveConfig | None:
        """What is in force for `tenant`; None: it is not configured (row C1).

        Where nothing is stored for a tenant, the deployment's defaults are in force as version 0, if they enable
        any state at all.

        Raises:
            StoreUnavailable: it is unknown whether the tenant is configured (row C20).
        """
        config = self._in_force.get(tenant) or self._heirs.get(tenant)
        if config is not None:
            return config
        if not self.is_loaded or tenant in self._unreadable:
            raise StoreUnavailable("the tenant's configuration cannot be read")
        if self._defaults.enabled_states:
            # Also while stale: the last complete read found nothing stored, so this is the last known configuration.
            return self._heir(tenant)
        if self._is_unread:
            raise StoreUnavailable("the tenant's configuration cannot be read")
        return None

    @property
    def is_loaded(self) -> bool:
        """Whether the stored configurations were ever read."""
        return self._follower.is_loaded

    @property
    def is_stale(self) -> bool:
        """Whether it is unsure what is in force: the last read is too long ago, or the store has lost tenants."""
        return self._follower.age_seconds > self._stale_after or bool(self._lost)  # every check asks

    @property
    def _is_unread(self) -> bool:
        return self.age_seconds > self._stale_after

    @property
    def age_seconds(self) -> float:
        """Time since the last successful read; infinite before the first."""
        return self._follower.age_seconds

    async def start(self) -> None:
        """Read everything, then keep it current until `aclose`. An unreachable database does not stop the start."""
        await self._follower.start()

    async def aclose(self) -> None:
        """Stop keeping current; what is known stays readable."""
        await self._follower.aclose()

    async def publish(self, config: TenantConfig) -> None:
        """Put a configuration in force that was just stored, here at once and in the other processes soon."""
        known = self._in_force.get(config.tenant)
        if known is None or known.version < config.version or config.tenant in self._lost:
            self._published += 1
            self._fingerprint = None  # of what was stored before: finding that again would mean that this was lost
            self._put(config)
            self._lost -= {config.tenant}
        await self._follower.announce(config.tenant)

    async def _read(self) -> None:
        while True:
            published = self._published
            fingerprint = await self._stored.fingerprint()
            if fingerprint == self._fingerprint:
                return
            changes = await self._stored.changes_since(self._known_versions())
            if published == self._published:  # else what was read may be older than what was published meanwhile
                self._install(changes)
                self._fingerprint = fingerprint
                return

    def _known_versions(self) -> dict[str, int]:
        versions = {tenant: config.version for tenant, config in self._in_force.items()}
        # What comes back for a lost tenant may be another configuration of the same version: it is read again.
        return {**versions, **self._unreadable, **dict.fromkeys(self._lost, 0)}

    def _install(self, changes: ConfigChanges) -> None:
        for tenant, version in changes.unreadable.items():
            # An older version that can be read stays in force: it is the last known one.
            _log.error("tenant_config_not_understood", tenant=tenant, version=version)
            self._heirs.pop(tenant, None)
        self._unreadable.update(changes.unreadable)
        for config in changes.configs:
            self._put(config)
        self._note_lost(changes.gone)

    def _note_lost(self, tenants: frozenset[str]) -> None:
        """Nobody can delete a tenant: a restore or a failover lost it, and its claims must not pass for that."""
        if newly_lost := sorted(tenants - self._lost):
            _log.error("tenant_configs_lost", count=len(newly_lost), tenants=newly_lost[:_NAMED_AT_ONCE])
        if self._lost and not tenants:
            _log.info("tenant_configs_found_again")
        self._lost = tenants

    def _put(self, config: TenantConfig) -> None:
        self._in_force[config.tenant] = in_force(config, self._defaults)
        self._heirs.pop(config.tenant, None)
        self._unreadable.pop(config.tenant, None)

    def _heir(self, tenant: str) -> EffectiveConfig:
        if len(self._heirs) >= _REMEMBERED_HEIRS:
            self._heirs.clear()
        config = self._heirs[tenant] = in_force(TenantConfig(tenant=tenant), self._defaults)
        return config
