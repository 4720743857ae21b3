"""By which connection a tenant asks a source, and the one guarded source that serves each connection."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Final
from weakref import WeakValueDictionary

import aiohttp
import msgspec
from cachetools import LRUCache
from pydantic import SecretStr

from aggregator.guards.guard import Guard
from aggregator.guards.guarded import GuardedSource, guarded
from aggregator.observers import SourceObserver
from gate.clock import Clock
from gate.lending import LentCredential, lent_credential
from gate.observability.metrics import Contract
from gate.setting_sections import ProviderEnrollmentSettings
from gate.tenancy.model import EffectiveConfig
from sources.connection import SourceConnection
from sources.contract import EnrollmentSource, Query
from sources.records import EnrollmentRecord
from sources.registry import SourceFactory

_NOT_CONFIGURED: Final = SourceConnection()
_LIMITS: Final = frozenset({"max_per_second", "max_concurrency", "attempt_timeout", "hedge_after"})
_SAME_ANSWERS: Final = _LIMITS | {"password"}
"""What may differ between connections that give the same answers: the user name says in whose name they are given.
Nor does a password, which may be easy to guess, belong in a digest that is stored."""
_DIGEST_BYTES: Final = 16
_TENANTS_CONTRACTS: Final = 1024
"""Guarded sources of tenants' contracts that are remembered though no panel holds them."""
_Key = tuple[str, str]
"""A source and the digest of its whole connection; the secrets themselves are not kept a second time."""


class Connections:
    """The deployment's own contracts, and those of tenants with the credentials the deployment lends them."""

    def __init__(self, own: ProviderEnrollmentSettings, lent: Mapping[str, LentCredential]) -> None:
        self._own = own
        self._lent = lent

    def of(self, config: EffectiveConfig, source: str) -> SourceConnection:
        """The tenant's own connection where it has one, else the deployment's.

        No credential goes where the deployment did not send it: where the named one is not lent to the tenant, or
        not for that address (any more), the source is not configured for it.
        """
        chosen = config.sources.get(source)
        if chosen is None:
            return self._own.connection(source)
        credential = lent_credential(self._lent, chosen.credential, config.tenant)
        return _NOT_CONFIGURED if credential is None else credential.connection(chosen.base_url)


class AsContracted(Guard):
    """A source within the limits of the site's own contract, where those differ from its description's."""

    def __init__(self, inner: EnrollmentSource, connection: SourceConnection, sharers: int = 1) -> None:
        """The limits are for `sharers` processes together, and each keeps its part, which is one call at least."""
        super().__init__(inner)
        limits = connection.model_dump(include=set(_LIMITS))
        agreed = {name: limit for name, limit in limits.items() if limit is not None}
        budget = max(inner.description.budget, agreed.get("attempt_timeout", 0))
        whole = msgspec.structs.replace(inner.description, **agreed, budget=budget)
        self._description = msgspec.structs.replace(
            whole,
            max_per_second=whole.max_per_second / sharers,
            max_concurrency=max(1, whole.max_concurrency // sharers),
        )

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """As the source answers."""
        return await self._inner.fetch(query)


class GuardedSources:
    """One guarded source per connection, so that limits and breakers count for everybody who uses it.

    The deployment's own are kept forever; a tenant's as long as a panel holds it or it was asked for lately.
    """

    def __init__(
        self,
        factories: Mapping[str, SourceFactory],
        session: aiohttp.ClientSession,
        own: Mapping[str, SourceConnection],
        observer: Callable[[Contract], SourceObserver],
        clock: Clock,
        *,
        sharers: int = 1,
    ) -> None:
        """`own` are the deployment's connections by source; `observer` hears the sources of one kind of contract.

        `sharers`: how many processes ask by the same contracts.
        """
        self._sharers = sharers
        self._factories = factories
        self._session = session
        self._observer = observer
        self._clock = clock
        self._own_keys = {_key(name, connection) for name, connection in own.items()}
        self._own: dict[_Key, GuardedSource] = {}
        self._lately: LRUCache[_Key, GuardedSource] = LRUCache(_TENANTS_CONTRACTS)
        self._in_use: WeakValueDictionary[_Key, GuardedSource] = WeakValueDictionary()

    def at(self, name: str, connection: SourceConnection) -> GuardedSource:
        """The guarded source `name` at `connection`; the same object for an equal connection."""
        key = _key(name, connection)
        is_own = key in self._own_keys
        source = self._in_use.get(key)
        if source is None:
            source = self._build(name, connection, Contract.DEPLOYMENT if is_own else Contract.TENANT)
            self._in_use[key] = source
        (self._own if is_own else self._lately)[key] = source
        return source

    def _build(self, name: str, connection: SourceConnection, contract: Contract) -> GuardedSource:
        source = AsContracted(self._factories[name](self._session, connection, self._clock), connection, self._sharers)
        return guarded(source, self._observer(contract), self._clock, identity=_digest(connection, but=_SAME_ANSWERS))


def _key(name: str, connection: SourceConnection) -> _Key:
    return name, _digest(connection)


def _digest(connection: SourceConnection, *, but: frozenset[str] = frozenset()) -> str:
    """Equal for equal connections, secrets included; none can be read from it.

    What is left as it is by default is left out, so that a release that adds a field changes no digest.
    """
    fields = connection.model_dump(exclude=set(but), exclude_defaults=True)
    written = json.dumps(fields, default=_secret_value, sort_keys=True)
    return blake2b(written.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _secret_value(field: object) -> object:
    if isinstance(field, SecretStr):
        return field.get_secret_value()
    raise TypeError(f"a connection cannot hold a {type(field).__name__}")
