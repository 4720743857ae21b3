"""The ledger's way in: an append-only log on this machine's disk, in files that are deleted once they are drained.

Every process writes files of its own below one folder, which processes may share. A file is closed for writing when it
is large or old; the drainer deletes it when all it holds is in the database.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from gate.ledger.segment import SUFFIX, Segment, SpoolFailure

LARGEST_SEGMENT: Final = 32 * 1024 * 1024
"""Bytes. What is drained twice after a crash, and kept on disk although it was drained, is at most this much."""
_SHARE_OF_LIMIT: Final = 8
_OLDEST_SECONDS: Final = 600.0
_LOOK_SECONDS: Final = 1.0
_ATTEMPTS: Final = 5
_OWNER_ONLY: Final = 0o700
_log = structlog.stdlib.get_logger(__name__)


class SpoolLimits(NamedTuple):
    """How much and how surely."""

    total_bytes: int
    """Of all processes that share the folder."""
    sync_seconds: float
    """Between two syncs to disk, which is what a loss of power may take; 0: before every answer."""


class Spool:
    """The files of one process. Lives in one event loop."""

    def __init__(self, directory: Path, limits: SpoolLimits, now: datetime) -> None:
        """Create the folder.

        Raises:
            OSError: that is not possible.
        """
        directory.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        self.directory = directory
        self.limits = limits
        self.owner = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
        """What the names of this process's files begin with."""
        self.syncs_every_frame = not limits.sync_seconds
        """Whether whoever appends waits for the disk."""
        self._segment_bytes = min(LARGEST_SEGMENT, limits.total_bytes // _SHARE_OF_LIMIT)
        self._numbers = 0
        self._segments: list[Segment] = []
        """Those that are not drained yet; the last one is written to."""
        self._opened_at = 0.0
        self._measured = 0
        self._since_measured = 0
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sync, rotate and measure from now on, until `aclose`."""
        self._measure()
        self._keeping = asyncio.create_task(self._keep_house(), name="spool")

    async def aclose(self) -> None:
        """Sync what was written. The files stay this process's; see `release`."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._sync_all()

    def release(self) -> None:
        """Give all files up, to whoever comes."""
        for segment in self._segments:
            segment.close()
        self._segments.clear()

    @property
    def size(self) -> int:
        """Bytes in the files of all processes that share the folder, as far as known."""
        return self._measured + self._since_measured

    @property
    def written(self) -> dict[str, int]:
        """Decisions in this process's files that are there still, by name of the file."""
        return {segment.path.name: segment.decisions for segment in self._segments}

    def segment(self) -> Segment:
        """The file that the next frame goes to.

        Raises:
            SpoolFailure: there is none, or the spool is full.
        """
        current = self._segments[-1] if self._segments else None
        if self._measured + self._since_measured >= self.limits.total_bytes:
            raise SpoolFailure(
                f"the spool in {self.directory} holds {self.limits.total_bytes // 1_000_000} MB, its limit "
                "(GATE_LEDGER__SPOOL_LIMIT_MB)"
            )
        if current is None or current.is_spoilt or current.size >= self._segment_bytes:
            return self._next_segment()
        return current

    def append(self, segment: Segment, frame: Sequence[bytes], decisions: int) -> None:
        """Have the operating system keep a frame; the disk keeps it with the next sync.

        Raises:
            SpoolFailure: nothing of it was kept.
        """
        before = segment.size
        segment.append(frame)
        segment.decisions += decisions
        self._since_measured += segment.size - before

    def forget_documents(self) -> None:
        """Documents that the file was said to hold may be missing from it; they are written once more."""
        if self._segments:
            self._segments[-1].documents.clear()

    def _next_segment(self) -> Segment:
        for _ in range(_ATTEMPTS):
            self._numbers += 1
            segment = Segment.create(self.directory / f"{self.owner}-{self._numbers:06}{SUFFIX}")
            if segment is not None:
                self._segments.append(segment)
                self._opened_at = time.monotonic()
                return segment
        raise SpoolFailure(f"files in {self.directory} are taken away as soon as they are created")

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(min(self.limits.sync_seconds or _LOOK_SECONDS, _LOOK_SECONDS))
            self._drop_drained()
            self._rotate_by_age()
            self._measure()
            await self._sync_all()

    async def _sync_all(self) -> None:
        for segment in [segment for segment in self._segments if not (segment.is_synced or segment.is_spoilt)]:
            try:
                await segment.sync(segment.size)
            except SpoolFailure as failure:
                _log.exception("ledger_spool_not_synced", reason=str(failure))

    def _drop_drained(self) -> None:
        """The drainer has deleted them."""
        gone = [segment for segment in self._segments if segment.is_gone and not segment.is_syncing]
        if gone and self._segments[-1] in gone:
            _log.error("ledger_spool_file_removed", file=self._segments[-1].path.name)
        for segment in gone:
            self._segments.remove(segment)
            segment.close()

    def _rotate_by_age(self) -> None:
        """A file nobody writes to any more can be deleted when it is drained."""
        if self._segments and self._segments[-1].decisions and time.monotonic() - self._opened_at > _OLDEST_SECONDS:
            try:
                self._next_segment()
            except SpoolFailure as failure:
                _log.warning("ledger_spool_not_rotated", reason=str(failure))

    def _measure(self) -> None:
        total = 0
        for path in self.directory.glob(f"*{SUFFIX}"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                continue  # drained meanwhile
        self._measured, self._since_measured = total, 0
