"""Are the deployment's sources reachable? Passive knowledge where there is traffic, a probe where there is none."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from aggregator.guards.health import SourceHealth, SourceStatus
from gate.clock import Clock
from sources.contract import Query, SourceDescription, SourceError

PROBE_NPI: Final = "1234567893"
"""CMS's documentation example. Found or unknown, any clean answer proves connection, format and credential."""
PROBE_AFTER: Final = timedelta(seconds=30)
PROBE_SECONDS: Final = 3.0
_SOME_STATE: Final = "TX"


class WatchedSource(Protocol):
    """A guarded source."""

    @property
    def description(self) -> SourceDescription:
        """What is fixed about it."""
        ...

    async def fetch(self, query: Query) -> object:
        """Ask it."""
        ...

    def health(self) -> SourceHealth:
        """How it is doing."""
        ...


def status_of(description: SourceDescription, condition: SourceHealth | None) -> SourceStatus:
    """A source's condition in one word; None: nobody said where it is.

    One that cannot answer yet is said to be just that (row A17): configuring it would change nothing.
    """
    if not description.implemented:
        return SourceStatus.NOT_IMPLEMENTED
    return SourceStatus.NOT_CONFIGURED if condition is None else condition.status


class SourceWatch:
    """The condition of every source the deployment knows, by name."""

    def __init__(
        self, descriptions: Mapping[str, SourceDescription], configured: Mapping[str, WatchedSource], clock: Clock
    ) -> None:
        self._descriptions = descriptions
        self._configured = configured
        self._clock = clock
        self._probing: dict[str, asyncio.Task[None]] = {}

    @property
    def descriptions(self) -> Mapping[str, SourceDescription]:
        """All of them, whether configured or not."""
        return self._descriptions

    async def conditions(self) -> dict[str, SourceHealth | None]:
        """Now. None: not configured. Waits up to `PROBE_SECONDS` for sources that nobody asked lately."""
        quiet = [source for source in self._configured.values() if self._is_quiet(source)]
        if quiet:
            await asyncio.wait([self._probe(source) for source in quiet], timeout=PROBE_SECONDS)
        return {
            name: source.health() if (source := self._configured.get(name)) is not None else None
            for name in self._descriptions
        }

    async def aclose(self) -> None:
        """End probes that are under way."""
        for probe in self._probing.values():
            probe.cancel()
        await asyncio.gather(*self._probing.values(), return_exceptions=True)

    def _is_quiet(self, source: WatchedSource) -> bool:
        health = source.health()
        if health.status is SourceStatus.NOT_IMPLEMENTED:
            return False
        heard: list[datetime] = [at for at in (health.last_success, health.last_failure) if at is not None]
        return not heard or self._clock() - max(heard) > PROBE_AFTER

    def _probe(self, source: WatchedSource) -> asyncio.Task[None]:
        """One probe per source however many ask; it outlives whoever asked."""
        name = source.description.name
        running = self._probing.get(name)
        if running is None or running.done():
            running = self._probing[name] = asyncio.create_task(_ask(source), name=f"probe-{name}")
        return running


async def _ask(source: WatchedSource) -> None:
    state = min(source.description.states, default=_SOME_STATE)
    try:
        await source.fetch(Query(PROBE_NPI, state))
    except SourceError:
        return  # the guards have taken note of it
