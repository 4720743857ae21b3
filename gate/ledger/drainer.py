"""From the spool to the shelf, off the way of the answers.

Files are drained from their beginning; a whole stretch of frames is stored before the position moves on, so that after
a crash decisions may be brought twice and never be missing. Files take turns, each keeps its order.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

import msgspec
import structlog

from gate.errors import StoreUnavailable
from gate.ledger.backlog import Backlog, SpooledFile, is_at_end
from gate.ledger.frames import content_of, request_in
from gate.ledger.model import LedgerBatch, RequestFrame
from gate.ledger.shelf import LedgerShelf

LOOK_SECONDS: Final = 0.1
"""Between two looks for new frames."""
_LOOKS_PER_SEARCH: Final = 20
"""For files whose owner is gone."""
_SHORTEST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 10.0
_TOLD_SECONDS: Final = 0.25
_SIGN_OF_LIFE_SECONDS: Final = 1.0
_MOST_AT_ONCE: Final = 4_000
_FEWEST_AT_ONCE: Final = 50
"""Entries in one transaction."""
_TRANSACTION_SECONDS: Final = 0.3
"""So long may one take; on a slow disk or a busy machine the next one has fewer entries. SQLite has one writer at a
time and no queue, and somebody who wants to switch a mode waits for no more than five seconds."""
_SHORTEST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25
"""Between two transactions, for as long as the last one took: who waits on SQLite looks every tenth of a second."""
_log = structlog.stdlib.get_logger(__name__)

Unpack = Callable[[RequestFrame], LedgerBatch]
"""Raises ValueError for a frame that it cannot understand."""


class Progress(msgspec.Struct, frozen=True):
    """What the drainer tells now and then."""

    drained: int
    """Decisions stored since it was told last; those that are brought again after a crash count again."""
    damaged: int
    """Files and frames set aside since then."""
    drained_of: dict[str, int]
    """Decisions stored by file, of those that are there still."""
    waiting_since: datetime | None
    """When the oldest frame was written that is not drained, UTC; None where none is."""


class _Bundle(NamedTuple):
    """A frame and what it comes to."""

    frame: RequestFrame
    batch: LedgerBatch


class Drainer:
    """Drains one process's files and those of processes that are gone."""

    def __init__(
        self,
        backlog: Backlog,
        shelf: LedgerShelf,
        unpack: Unpack,
        tell: Callable[[Progress], None],
    ) -> None:
        self._backlog = backlog
        self._shelf = shelf
        self._unpack = unpack
        self._tell = tell
        self._finishing = False
        self._drained = 0
        self._damaged = 0
        self._taken = 0
        self._looks = 0
        self._wait = 0.0
        self._told_at = 0.0
        self._at_once = _MOST_AT_ONCE

    def finish(self) -> None:
        """The process writes nothing any more: `run` returns when all its files are drained."""
        self._finishing = True

    async def run(self) -> None:
        """Drain until `finish`. A shelf that cannot store now is waited for, however long that takes."""
        try:
            while not await self._step():
                pass
        finally:
            self._backlog.close()

    async def _step(self) -> bool:
        """One look at every file; True when there is nothing left to do for a process that is done."""
        finishing = self._finishing
        began = time.monotonic()
        if finishing:
            self._backlog.owner_is_done()
        try:
            moved = await self._pass(for_orphans=not finishing and self._looks % _LOOKS_PER_SEARCH == 0)
        except Exception as error:  # noqa: BLE001 - whatever it is, giving up would lose what is queued
            moved = False
            self._failed(error)
        else:
            if self._wait:
                _log.info("ledger_drains_again")
            self._wait = 0.0
        is_done = finishing and not moved and not self._wait
        self._report(_TOLD_SECONDS if moved else 0.0 if is_done else _SIGN_OF_LIFE_SECONDS)
        self._looks += 1
        if not is_done:
            await asyncio.sleep(self._wait or (_pause(time.monotonic() - began) if moved else LOOK_SECONDS))
        return is_done

    async def _pass(self, *, for_orphans: bool) -> bool:
        """Whether anything was stored. A file that fails keeps no other; a shelf that is down is waited for at once."""
        self._backlog.look(for_orphans=for_orphans)
        moved = False
        failure = None
        for file in self._backlog.files:
            try:
                moved |= await self._advance(file)
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - see above
                failure = error
        if failure is not None:
            raise failure
        return moved

    async def _advance(self, file: SpooledFile) -> bool:
        """Store the next stretch of one file; whether there was one."""
        reading = file.read()
        if reading.contents:
            bundles = [bundle for content in reading.contents if (bundle := self._understood(file, content))]
            await self._store(file, bundles)
            stored = sum(len(bundle.batch.entries) for bundle in bundles)
            file.position += reading.end
            file.answers.drained()
            file.decisions += stored
            self._drained += stored
            return True
        file.position += reading.end
        if not file.is_final:
            return False
        self._backlog.drop(file)
        if is_at_end(reading):
            file.delete()
        else:
            self._damaged += 1
            _log.error("ledger_spool_file_damaged", file=file.path.name, readable_bytes=file.position)
            file.keep_damaged()
        return False

    def _understood(self, file: SpooledFile, content: bytes) -> _Bundle | None:
        try:
            frame = request_in(content)
        except msgspec.DecodeError as error:
            self._put_aside(file, content, error)
            return None
        try:
            frame = file.answers.whole(frame)
            return _Bundle(frame, self._unpack(frame))
        except ValueError as error:
            self._put_aside(file, content_of(frame), error)
            # Its documents are whole, and later frames may refer to them.
            return _Bundle(frame, LedgerBatch(frame.tenant, (), frame.documents, frame.recorded_at))

    def _put_aside(self, file: SpooledFile, content: bytes, error: Exception) -> None:
        file.set_aside(content)
        self._damaged += 1
        _log.error("ledger_frame_set_aside", file=file.path.name, error=type(error).__name__)

    async def _store(self, file: SpooledFile, bundles: Sequence[_Bundle]) -> None:
        """All of them, or an exception and perhaps some."""
        try:
            for _, batches in groupby([bundle.batch for bundle in bundles], lambda batch: batch.tenant):
                await self._store_together(list(batches))
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one frame that cannot be stored shall not keep the others
            await self._store_one_by_one(file, bundles, error)

    async def _store_together(self, batches: Sequence[LedgerBatch]) -> None:
        entries = tuple(entry for batch in batches for entry in batch.entries)
        documents = tuple(document for batch in batches for document in batch.documents)
        while entries or documents:
            some, entries = entries[: self._at_once], entries[self._at_once :]
            began = time.monotonic()
            await self._shelf.store(LedgerBatch(batches[0].tenant, some, documents, batches[-1].recorded_at))
            took = time.monotonic() - began
            self._at_once = _next_size(self._at_once, len(some), took)
            self._taken += 1
            documents = ()
            if entries:
                await asyncio.sleep(_pause(took))

    async def _store_one_by_one(self, file: SpooledFile, bundles: Sequence[_Bundle], error: Exception) -> None:
        """Find what the shelf refuses. It is set aside when it is refused again while others were taken."""
        taken = self._taken
        refused = []
        for bundle in bundles:
            try:
                await self._store_together([bundle.batch])
            except StoreUnavailable:
                raise
            except Exception:  # noqa: BLE001 - `error` is told of all of them
                refused.append(bundle)
        if refused and file.refused_at in {None, self._taken}:
            # So far it may be the shelf that refuses everything, as it does before the database is migrated.
            file.refused_at = taken
            raise error
        file.refused_at = None
        for bundle in refused:
            self._put_aside(file, content_of(bundle.frame), error)

    def _failed(self, error: Exception) -> None:
        if not self._wait:
            expected = isinstance(error, StoreUnavailable)
            _log.warning("ledger_waits", error=type(error).__name__, exc_info=None if expected else error)
        self._wait = min(_LONGEST_WAIT, self._wait * 2 or _SHORTEST_WAIT)

    def _report(self, pause: float) -> None:
        """Tell how far it is, unless that was told within `pause` seconds."""
        now = time.monotonic()
        if now - self._told_at < pause:
            return
        self._told_at = now
        waiting = [since for file in self._backlog.files if (since := file.waiting_since()) is not None]
        drained_of = {file.path.name: file.decisions for file in self._backlog.files}
        self._tell(Progress(self._drained, self._damaged, drained_of, min(waiting, default=None)))
        self._drained = self._damaged = 0


def _pause(took: float) -> float:
    return min(max(took, _SHORTEST_PAUSE), _LONGEST_PAUSE)


def _next_size(size: int, stored: int, took: float) -> int:
    """Entries of the next transaction, after one of `stored` took so many seconds; at most twice as many as before."""
    if took <= _TRANSACTION_SECONDS and stored < size:
        return size  # a small one says nothing of large ones
    fits = int(stored * _TRANSACTION_SECONDS / max(took, 1e-6))
    return min(max(fits, _FEWEST_AT_ONCE), 2 * size, _MOST_AT_ONCE)
