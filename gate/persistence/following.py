"""How a process keeps a copy of something stored current, so that no call ever waits for the database.

What changed is read at once when another process announces it, and by a poll when no announcement came through. While
the database cannot be read, the copy ages; its owner says what that means.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

import msgspec
import structlog

CONFIGURATIONS: Final = "enrollment-gate:config"
API_KEYS: Final = "enrollment-gate:api-keys"
"""Channels: what was changed."""
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often to look and when to worry, in seconds."""

    poll: float = 2.0
    read: float = 2.0
    """Longest wait for one read; a database that hangs counts as unreachable."""
    stale_after: float = 10.0


class Announcements(Protocol):
    """How processes tell each other that something stored was changed. Any announcement may be lost."""

    async def announce(self, tenant: str) -> None:
        """Tell the others. Does not raise: the poll makes up for it."""
        ...

    async def listen(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` for every announcement, and whenever some may have been missed, until cancelled."""
        ...


class Follower:
    """Repeats `read` until closed: at the start, when woken, and at the latest `pace.poll` seconds later."""

    def __init__(
        self,
        subject: str,
        read: Callable[[], Awaitable[None]],
        announcements: Announcements | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace = Pace(),  # noqa: B008 - immutable
    ) -> None:
        """`subject` is what the log calls it: ``tenant_configs`` makes ``tenant_configs_unreachable``."""
        self._subject = subject
        self._read = read
        self._announcements = announcements
        self._monotonic = monotonic
        self._pace = pace
        self._read_at: float | None = None
        self._is_reachable = True
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._is_closing = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_loaded(self) -> bool:
        """Whether a read ever succeeded."""
        return self._read_at is not None

    @property
    def age_seconds(self) -> float:
        """Time since the last successful read began; infinite before the first."""
        return float("inf") if self._read_at is None else self._monotonic() - self._read_at

    async def start(self) -> None:
        """Read, then go on reading until `aclose`. An unreachable database does not stop the start."""
        await self.refresh()
        self._tasks = [asyncio.create_task(self._keep_current(), name=f"{self._subject}-poll")]
        if self._announcements is not None:
            listening = self._announcements.listen(self._wake.set)
            self._tasks.append(asyncio.create_task(listening, name=f"{self._subject}-listen"))

    async def aclose(self) -> None:
        """Stop reading."""
        self._is_closing = True
        self._wake.set()  # a read under way is let finish: cutting it off would cost the pool its connection
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def refresh(self) -> None:
        """Read now, after a read that may be under way. Whatever goes wrong, the next poll tries again."""
        async with self._turn:
            began = self._monotonic()
            try:
                async with asyncio.timeout(self._pace.read):
                    await self._read()
            except Exception as error:  # noqa: BLE001 - whatever it is, what is known stays
                if self._is_reachable:
                    _log.warning(f"{self._subject}_unreachable", error=type(error).__name__)
                self._is_reachable = False
            else:
                if not self._is_reachable:
                    _log.info(f"{self._subject}_reachable_again")
                self._is_reachable = True
                self._read_at = began

    async def announce(self, tenant: str) -> None:
        """Tell the other processes that something of this tenant's changed."""
        if self._announcements is not None:
            await self._announcements.announce(tenant)

    async def _keep_current(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll):
                    await self._wake.wait()
            if self._is_closing:
                return
            self._wake.clear()  # before the read, so that an announcement during it leads to another one
            await self.refresh()
