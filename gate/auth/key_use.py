"""When API keys were last used, written down now and then: a call only leaves a mark in memory."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

import structlog

_WRITE_EVERY_SECONDS: Final = 60.0
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class UseStore(Protocol):
    """Where the use of keys is noted."""

    async def note_use(self, tenant: str, used: Mapping[str, datetime]) -> None:
        """Note when keys of one tenant, by their ids, were last used."""
        ...


class KeyUse:
    """Collects marks, and writes them down once a minute and at the end."""

    def __init__(self, store: UseStore, every_seconds: float = _WRITE_EVERY_SECONDS) -> None:
        self._store = store
        self._every = every_seconds
        self._used: dict[str, dict[str, datetime]] = {}
        self._closing = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(self, tenant: str, key_id: str, at: datetime) -> None:
        """The key was used just now."""
        self._used.setdefault(tenant, {})[key_id] = at

    def start(self) -> None:
        """Write down what is noted until `aclose`."""
        self._writing = asyncio.create_task(self._write_now_and_then(), name="api-key-use")

    async def aclose(self) -> None:
        """Write down the rest."""
        self._closing.set()  # a write under way is let finish: cutting it off would cost the pool its connection
        if self._writing is not None:
            await self._writing

    async def _write_now_and_then(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._closing.wait()
            await self._write()

    async def _write(self) -> None:
        used, self._used = self._used, {}
        for tenant, marks in used.items():
            try:
                await self._store.note_use(tenant, marks)
            except Exception as error:  # noqa: BLE001 - nothing depends on it; the next use leaves its mark again
                _log.warning("api_key_use_not_noted", error=type(error).__name__)
                return
