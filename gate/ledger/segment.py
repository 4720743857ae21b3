"""One file of the spool, as the process appends to it that owns it.

Its lock is held for as long as the file is the owner's, closed for writing or not: whoever can take the lock knows that
the owner is gone.
"""

import asyncio
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from gate.ledger.frames import HEADER

SUFFIX: Final = ".spool"
_OWNER_ONLY: Final = 0o600


class SpoolFailure(Exception):
    """What is to be kept cannot be written; the message says why in plain words."""


class Segment:
    """A file that only grows, by whole frames."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self.decisions = 0
        """How many of them its frames hold."""
        self.documents: set[tuple[str, bytes]] = set()
        """Tenant and digest of the documents it holds; they need not be written to it again."""
        self.is_spoilt = False
        """Nothing more may be appended: what the disk did with the last frame is not known."""
        self._descriptor = descriptor
        self._on_disk = 0
        self._syncing: asyncio.Task[None] | None = None

    @classmethod
    def create(cls, path: Path) -> Self | None:
        """A new file with nothing in it; None where somebody took it for an orphan before it could be locked.

        Raises:
            SpoolFailure: it cannot be created.
        """
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, _OWNER_ONLY)
        except OSError as error:
            raise SpoolFailure(f"no file can be created in {path.parent}: {error.strerror}") from error
        segment = cls(path, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken = segment.is_gone
        except BlockingIOError:
            taken = True
        if taken:
            segment.close()
            return None
        try:
            segment.append((HEADER,))
        except SpoolFailure:
            path.unlink(missing_ok=True)
            segment.close()
            raise
        return segment

    @property
    def is_gone(self) -> bool:
        """Whether the file was deleted."""
        return os.fstat(self._descriptor).st_nlink == 0

    @property
    def is_synced(self) -> bool:
        """Whether a loss of power would take nothing of it."""
        return self._on_disk == self.size

    @property
    def is_syncing(self) -> bool:
        """Whether the disk is busy with it."""
        return self._syncing is not None

    def append(self, frame: Sequence[bytes]) -> None:
        """Hand a frame, in its pieces, to the operating system, which keeps it when this process is killed.

        Raises:
            SpoolFailure: nothing of it was kept, or the file is spoilt.
        """
        size = sum(map(len, frame))
        try:
            written = os.writev(self._descriptor, frame)
            while written < size:  # the disk was full, a limit was reached: now it says so, or has room again
                written += os.write(self._descriptor, b"".join(frame)[written:])
        except OSError as error:
            self._cut_back()
            raise SpoolFailure(f"{self.path} cannot be written: {error.strerror}") from error
        self.size += size

    async def sync(self, up_to: int) -> None:
        """Have the disk keep the first `up_to` bytes. Whoever comes while it is busy shares the next turn.

        Raises:
            SpoolFailure: it may not have; the file is spoilt.
        """
        while self._on_disk < up_to:
            if self._syncing is None:
                self._syncing = asyncio.create_task(self._sync(), name="spool-sync")
            # Its own task: the first of those who wait for it may be cancelled.
            await asyncio.shield(self._syncing)

    def close(self) -> None:
        """Give the file up, with its lock."""
        os.close(self._descriptor)

    async def _sync(self) -> None:
        size = self.size
        try:
            await asyncio.to_thread(os.fdatasync, self._descriptor)
        except OSError as error:
            self.is_spoilt = True
            raise SpoolFailure(f"{self.path} cannot be synced to disk: {error.strerror}") from error
        finally:
            self._syncing = None
        self._on_disk = size

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.size)
        except OSError:
            self.is_spoilt = True  # a torn frame may only ever be the last of a file
