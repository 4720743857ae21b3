"""Follows the changes of a tenant's alerts, one after the other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

from gate.alerts.model.alerts import ToldChange
from gate.alerts.repository import changes
from gate.persistence.unit_of_work import Database

AT_ONCE: Final = 200
LOOK_SECONDS: Final = 1.0
"""How late a change is told at most: who makes it may be another process."""
SILENT_LOOKS: Final = 15
"""After so many looks without anything new the follower is told that nothing is, and so whether it is still there."""


class AlertFeed:
    """Every change once, in the order of the commits: their numbers have no gaps, so that none is missed."""

    def __init__(self, database: Database, look_seconds: float = LOOK_SECONDS) -> None:
        self._database = database
        self._look_seconds = look_seconds
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Let go of all who follow: the process is to stop. They come back elsewhere, with the last number they saw."""
        self._ending.set()

    async def follow(self, tenant: str, after: int) -> AsyncIterator[Sequence[ToldChange]]:
        """What happens behind the change of that number, until `end`; now and then nothing, as a sign of life.

        Raises:
            StoreUnavailable: the alerts cannot be read; whoever follows comes back with the last number it saw.
        """
        silent = 0
        while not self._ending.is_set():
            news = await self._behind(tenant, after)
            if news:
                after, silent = news[-1].change.sequence, 0
                yield news
                continue
            silent += 1
            if silent % SILENT_LOOKS == 0:
                yield ()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds):
                    await self._ending.wait()

    async def until_now(self, tenant: str, after: int) -> AsyncIterator[Sequence[ToldChange]]:
        """What happened behind the change of that number until now.

        Raises:
            StoreUnavailable: as `follow`.
        """
        while news := await self._behind(tenant, after):
            after = news[-1].change.sequence
            yield news

    async def _behind(self, tenant: str, after: int) -> Sequence[ToldChange]:
        async with self._database.reading(tenant) as unit:
            return await changes.after(unit, after, AT_ONCE)
