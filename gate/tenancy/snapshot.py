"""Every tenant's configuration in memory, so that a check never waits for the database.

Kept current in three ways: what this process writes is applied at once; another process's announcement leads to a
read immediately; and a poll every two seconds catches what no announcement told (row C17: one second with Redis,
five without). While the database cannot be read, or has lost a tenant, the last known configuration stays in force
(row C20).
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol

import msgspec
import structlog
from cachetools import LRUCache

from gate.errors import StoreUnavailable
from gate.tenancy.model import DeploymentDefaults, EffectiveConfig, TenantConfig, in_force

_REMEMBERED_HEIRS: Final = 4096
_NAMED_AT_ONCE: Final = 20
"""Lost tenants named in one line of the log."""
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often to look and when to worry, in seconds."""

    poll: float = 2.0
    read: float = 2.0
    """Longest wait for one read; a database that hangs counts as unreachable."""
    stale_after: float = 10.0


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


class Announcements(Protocol):
    """How processes tell each other that a configuration changed. Any announcement may be lost."""

    async def announce(self, tenant: str) -> None:
        """Tell the others. Does not raise: the poll makes up for it."""
        ...

    async def listen(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` for every announcement, and whenever some may have been missed, until cancelled."""
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
        self._announcements = announcements
        self._monotonic = monotonic
        self._pace = pace
        self._in_force: dict[str, EffectiveConfig] = {}
        self._unreadable: dict[str, int] = {}
        self._lost: frozenset[str] = frozenset()
        self._heirs: LRUCache[str, EffectiveConfig] = LRUCache(_REMEMBERED_HEIRS)
        self._fingerprint: object = None
        self._read_at: float | None = None
        self._is_reachable = True
        self._published = 0
        self._wake = asyncio.Event()
        self._is_closing = False
        self._tasks: list[asyncio.Task[None]] = []

    def get(self, tenant: str) -> EffectiveConfig | None:
        """What is in force for `tenant`; None: it is not configured (row C1).

        Where nothing is stored for a tenant, the deployment's defaults are in force as version 0, if they enable
        any state at all.

        Raises:
            StoreUnavailable: it is unknown whether the tenant is configured (row C20).
        """
        config = self._in_force.get(tenant)
        if config is not None:
            return config
        if self._read_at is None or tenant in self._unreadable:
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
        return self._read_at is not None

    @property
    def is_stale(self) -> bool:
        """Whether it is unsure what is in force: the last read is too long ago, or the store has lost tenants."""
        return self._is_unread or bool(self._lost)

    @property
    def _is_unread(self) -> bool:
        return self.age_seconds > self._pace.stale_after

    @property
    def age_seconds(self) -> float:
        """Time since the last successful read; infinite before the first."""
        return float("inf") if self._read_at is None else self._monotonic() - self._read_at

    async def start(self) -> None:
        """Read everything, then keep it current until `aclose`. An unreachable database does not stop the start."""
        await self._refresh()
        self._tasks = [asyncio.create_task(self._keep_current(), name="tenancy-poll")]
        if self._announcements is not None:
            listening = self._announcements.listen(self._wake.set)
            self._tasks.append(asyncio.create_task(listening, name="tenancy-listen"))

    async def aclose(self) -> None:
        """Stop keeping current; what is known stays readable."""
        self._is_closing = True
        self._wake.set()  # a read under way is let finish: cutting it off would cost the pool its connection
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def publish(self, config: TenantConfig) -> None:
        """Put a configuration in force that was just stored, here at once and in the other processes soon."""
        known = self._in_force.get(config.tenant)
        if known is None or known.version < config.version or config.tenant in self._lost:
            self._published += 1
            self._fingerprint = None  # of what was stored before: finding that again would mean that this was lost
            self._put(config)
            self._lost -= {config.tenant}
        if self._announcements is not None:
            await self._announcements.announce(config.tenant)

    async def _keep_current(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll):
                    await self._wake.wait()
            if self._is_closing:
                return
            self._wake.clear()  # before the read, so that an announcement during it leads to another one
            await self._refresh()

    async def _refresh(self) -> None:
        began = self._monotonic()
        try:
            async with asyncio.timeout(self._pace.read):
                await self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the last known stays and the next poll tries again
            if self._is_reachable:
                _log.warning("tenant_configs_unreachable", error=type(error).__name__)
            self._is_reachable = False
        else:
            if not self._is_reachable:
                _log.info("tenant_configs_reachable_again")
            self._is_reachable = True
            self._read_at = began

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
        self._unreadable.pop(config.tenant, None)

    def _heir(self, tenant: str) -> EffectiveConfig:
        config = self._heirs.get(tenant)
        if config is None:
            config = self._heirs[tenant] = in_force(TenantConfig(tenant=tenant), self._defaults)
        return config
