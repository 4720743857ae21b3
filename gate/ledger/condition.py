"""How the ledger is doing: what waits for the database, for how long, and what operators should know."""

import asyncio
from datetime import datetime
from typing import Final, Protocol

from gate.clock import Clock
from gate.ledger.drainer import Progress
from gate.ledger.journal import SpoolJournal
from gate.ledger.spool import Spool

_LOOK_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 5.0
"""How long the drainer may say nothing before its last word counts as old; it speaks every second."""
_LONG_SECONDS: Final = 300.0


class QueueObserver(Protocol):
    """Hears what waits."""

    def ledger_drained(self, decisions: int, damaged: int) -> None:
        """So many more are in the database; so many files and frames could not be read."""
        ...

    def ledger_queue(self, decisions: int, oldest_seconds: float, spool_bytes: int) -> None:
        """What waits now."""
        ...


class LedgerCondition:
    """Hears the drainer, watches the spool, and tells. Lives in the event loop of both."""

    def __init__(self, spool: Spool, journal: SpoolJournal, observer: QueueObserver, clock: Clock) -> None:
        self._spool = spool
        self._journal = journal
        self._observer = observer
        self._clock = clock
        self._told_at = clock()
        self._waiting_since: datetime | None = None
        self._drained_of: dict[str, int] = {}
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Tell every second from now on."""
        self._watching = asyncio.create_task(self._watch(), name="ledger-condition")

    async def aclose(self) -> None:
        """Stop, with a last word."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self.tell()

    def progressed(self, progress: Progress) -> None:
        """The drainer says how far it is."""
        self._told_at, self._waiting_since = self._clock(), progress.waiting_since
        self._drained_of = progress.drained_of
        self._observer.ledger_drained(progress.drained, progress.damaged)

    @property
    def queued(self) -> int:
        """Decisions written by this process and not in the database yet, as far as the drainer has told."""
        written = self._spool.written
        return sum(written.values()) - sum(self._drained_of.get(name, 0) for name in written)

    def oldest_seconds(self) -> float:
        """Age of the oldest decision that waits, of this process or of one whose files it drains."""
        now = self._clock()
        since = self._waiting_since
        if since is None and self.queued and (now - self._told_at).total_seconds() > _PATIENCE_SECONDS:
            since = self._told_at  # all that was written until then had been drained
        return max(0.0, (now - since).total_seconds()) if since is not None else 0.0

    def troubles(self) -> list[str]:
        """What is wrong, in plain words; empty when nothing is."""
        troubles = []
        if reason := self._journal.trouble:
            troubles.append(f"answers cannot be recorded: {reason}")
        if (oldest := self.oldest_seconds()) > _LONG_SECONDS:
            troubles.append(f"recorded decisions have waited for the database for {oldest:.0f} seconds")
        return troubles

    async def _watch(self) -> None:
        while True:
            self.tell()
            await asyncio.sleep(_LOOK_SECONDS)

    def tell(self) -> None:
        """Have the observer know of what waits by now."""
        self._observer.ledger_queue(self.queued, self.oldest_seconds(), self._spool.size)
