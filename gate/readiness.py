"""Whether this process should be sent calls, and telling so to whoever watches its health."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final, Protocol

from gate.observability.metrics import Metrics

_LOOK_SECONDS: Final = 0.2


class Announce(Protocol):
    """Tells health checks of the gRPC door."""

    def __call__(self, *, serving: bool) -> Awaitable[None]:
        """Calls are welcome, or not."""
        ...


class ConfigKnowledge(Protocol):
    """What is known of the tenants' configurations."""

    @property
    def is_loaded(self) -> bool:
        """Whether they were ever read."""
        ...

    @property
    def is_stale(self) -> bool:
        """Whether they could not be read lately."""
        ...


class Readiness:
    """A portal that is down, or Redis, never makes the process unready; only what no answer can do without does."""

    def __init__(self, configurations: ConfigKnowledge, metrics: Metrics) -> None:
        self._configurations = configurations
        self._metrics = metrics
        self._is_stopping = False
        self._telling: asyncio.Task[None] | None = None
        self._announce: Announce | None = None

    def reasons(self) -> list[str]:
        """What keeps the process from taking calls, in words; empty when it is ready."""
        checks: list[tuple[bool, str]] = [
            (self._is_stopping, "the process is stopping"),
            (self._announce is None, "the process is starting"),  # the HTTP door opens first
            (
                not self._configurations.is_loaded,
                "the tenants' configurations were not read yet: is the database there, and migrated?",
            ),
        ]
        return [reason for holds, reason in checks if holds]

    async def start(self, announce: Announce) -> None:
        """Tell `announce` now and whenever it changes, until `end`."""
        self._announce = announce
        await announce(serving=not self.reasons())
        self._telling = asyncio.create_task(self._tell(announce), name="readiness")

    async def end(self) -> None:
        """Not ready any more."""
        self._is_stopping = True
        if self._telling is not None:
            self._telling.cancel()
            with suppress(asyncio.CancelledError):
                await self._telling
        if self._announce is not None:
            await self._announce(serving=False)

    async def _tell(self, announce: Announce) -> None:
        told = not self.reasons()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._metrics.config_stale.set(self._configurations.is_stale)
            self._metrics.write_asked()
            if (ready := not self.reasons()) is not told:
                await announce(serving=ready)
                told = ready
