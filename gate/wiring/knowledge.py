"""What leads to the sources, and what is known of their answers: connections, guards, caches and refreshes."""

from collections.abc import Mapping
from typing import Final

import msgspec
import structlog

from aggregator.cache.contract import KnowledgeCache
from aggregator.cache.layered import LayeredCache
from aggregator.cache.memory import MemoryCache
from aggregator.cache.outage import OutageTolerantStore
from aggregator.cache.shared import SharedCache
from aggregator.refresh import RefreshAhead, RefreshLimits
from aggregator.resolve import Resolver
from gate.checks.connections import Connections, GuardedSources
from gate.checks.deactivations import DeactivationList
from gate.checks.panels import Panels
from gate.checks.watch import SourceWatch
from gate.ledger.failed_refreshes import FailedRefreshes
from gate.ledger.journal import SpoolJournal
from gate.persistence.following import CONFIGURATIONS
from gate.tenancy.defaults import deployment_defaults
from gate.tenancy.repository import ConfigStore
from gate.tenancy.snapshot import ConfigSnapshot
from gate.wiring.process import Process
from sources.contract import SourceDescription
from sources.http import open_session
from sources.registry import available_sources

_MEGABYTE: Final = 1_000_000
_log = structlog.stdlib.get_logger(__name__)


class Asked(msgspec.Struct, frozen=True):
    """The sources, by whom they are asked for, and how they are."""

    panels: Panels
    watch: SourceWatch


async def asking(process: Process, sharers: int = 1) -> Asked:
    """Everything that leads to the sources; `sharers` processes share what a source may be asked.

    Raises:
        sources.registry.SourceRegistrationError: a plug-in cannot be used.
    """
    settings = process.settings
    factories = available_sources()
    descriptions = {name: factory.description for name, factory in factories.items()}
    _report_stubs(descriptions)
    session = await process.stack.enter_async_context(open_session())
    own = {name: settings.provider_enrollment.connection(name) for name in descriptions}
    guarded = GuardedSources(factories, session, own, process.metrics.of_sources, process.clock, sharers=sharers)
    connections = Connections(settings.provider_enrollment, settings.credentials)
    configured = {name: guarded.at(name, connection) for name, connection in own.items() if connection.is_configured}
    watch = SourceWatch(descriptions, configured, process.clock)
    process.stack.push_async_callback(watch.aclose)
    return Asked(Panels(descriptions, connections.of, guarded.at), watch)


def resolver_of(process: Process, journal: SpoolJournal) -> Resolver:
    """Asks sources or remembers what they said; `journal` keeps which refreshes failed."""
    wanted, metrics = process.settings.refresh, process.metrics
    ahead = RefreshAhead(RefreshLimits(wanted.share, wanted.at_once), metrics, FailedRefreshes(journal))
    resolver = Resolver(_cache(process), clock=process.clock, observer=metrics, ahead=ahead)
    process.stack.push_async_callback(resolver.aclose)
    return resolver


def deactivated_providers(process: Process) -> DeactivationList:
    """NPPES's list, read anew whenever it is replaced."""
    deactivations = DeactivationList(process.settings.nppes_deactivations_file)
    deactivations.start()
    process.stack.push_async_callback(deactivations.aclose)
    return deactivations


async def configurations(process: Process) -> ConfigSnapshot:
    """Every tenant's, as last heard of."""
    defaults = deployment_defaults(process.settings.provider_enrollment)
    snapshot = ConfigSnapshot(ConfigStore(process.database), defaults, process.announcements(CONFIGURATIONS))
    await snapshot.start()
    process.stack.push_async_callback(snapshot.aclose)
    return snapshot


def _report_stubs(descriptions: Mapping[str, SourceDescription]) -> None:
    """Row A17."""
    for name, description in descriptions.items():
        if not description.implemented:
            _log.warning("source_not_implemented", source=name, states=sorted(description.states))


def _cache(process: Process) -> KnowledgeCache:
    metrics, clock = process.metrics, process.clock
    memory = MemoryCache(process.settings.cache_memory_mb * _MEGABYTE, clock)
    metrics.cache.watch(lambda: memory.use)
    if process.redis is None:
        return memory
    from aggregator.cache.redis import RedisStore

    store = OutageTolerantStore(RedisStore(process.redis, metrics, clock), metrics)
    cache = LayeredCache(memory, SharedCache(store, clock))
    process.stack.push_async_callback(cache.aclose)
    return cache
