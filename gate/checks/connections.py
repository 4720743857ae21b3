"""By which connection a tenant asks a source, and the one guarded source that serves each connection."""

from collections.abc import Callable, Mapping, Sequence

import aiohttp
import msgspec

from aggregator.guards.guard import Guard
from aggregator.guards.guarded import GuardedSource, guarded
from aggregator.observers import SourceObserver
from gate.clock import Clock
from gate.settings import LentCredential, ProviderEnrollmentSettings
from gate.tenancy.model import EffectiveConfig
from sources.connection import SourceConnection
from sources.contract import EnrollmentSource, Query, SourceDescription
from sources.records import EnrollmentRecord
from sources.registry import SourceFactory

_NOT_CONFIGURED = SourceConnection()


class Connections:
    """The deployment's own contracts, and those of tenants with the credentials the deployment lends them."""

    def __init__(self, own: ProviderEnrollmentSettings, lent: Mapping[str, LentCredential]) -> None:
        self._own = own
        self._lent = lent

    def of(self, config: EffectiveConfig, source: str) -> SourceConnection:
        """The tenant's own connection where it has one, else the deployment's.

        A tenant's address never receives the deployment's credential: where the named credential is not lent to the
        tenant (any more), the source is not configured for it.
        """
        chosen = config.sources.get(source)
        if chosen is None:
            return self._own.connection(source)
        credential = self._lent.get(chosen.credential)
        if credential is None or config.tenant not in credential.tenants:
            return _NOT_CONFIGURED
        fields = credential.model_dump(exclude={"tenants"})
        return SourceConnection(**{**fields, "base_url": chosen.base_url or credential.base_url})


class AsContracted(Guard):
    """A source within the limits of the site's own contract, where those differ from its description's."""

    def __init__(self, inner: EnrollmentSource, connection: SourceConnection) -> None:
        super().__init__(inner)
        limits = {
            "max_per_second": connection.max_per_second,
            "max_concurrency": connection.max_concurrency,
            "attempt_timeout": connection.attempt_timeout,
        }
        agreed = {name: limit for name, limit in limits.items() if limit is not None}
        budget = max(inner.description.budget, agreed.get("attempt_timeout", 0))
        self._description = msgspec.structs.replace(inner.description, **agreed, budget=budget)

    @property
    def description(self) -> SourceDescription:
        """The source's own, with the limits agreed."""
        return self._description

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """As the source answers."""
        return await self._inner.fetch(query)


class GuardedSources:
    """One guarded source per connection, so that limits and breakers count for everybody who uses it."""

    def __init__(
        self,
        factories: Mapping[str, SourceFactory],
        session: aiohttp.ClientSession,
        observer: SourceObserver,
        clock: Clock,
    ) -> None:
        self._build: Callable[[str, SourceConnection], GuardedSource] = lambda name, connection: guarded(
            AsContracted(factories[name](session, connection, clock), connection), observer, clock
        )
        self._sources: list[tuple[str, SourceConnection, GuardedSource]] = []

    def at(self, name: str, connection: SourceConnection) -> GuardedSource:
        """The guarded source `name` at `connection`; the same object for an equal connection."""
        for known_name, known_connection, source in self._sources:
            if known_name == name and known_connection == connection:
                return source
        source = self._build(name, connection)
        self._sources.append((name, connection, source))
        return source
