"""The spool's files as the drainer sees them: its own process's, and those whose owners are gone."""

import fcntl
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog

from gate.ledger.batches import AnswersRead
from gate.ledger.frames import HEADER, Reading, Rest, framed_content, read, request_in
from gate.ledger.segment import SUFFIX

DAMAGED: Final = ".damaged"
STRETCH: Final = 1024 * 1024
"""Bytes read at a time: some thousands of decisions."""
_GLANCE: Final = 8 * 1024
_OWNER_ONLY: Final = 0o600
_log = structlog.stdlib.get_logger(__name__)


class Waiting(NamedTuple):
    """The first frame of a file that is not drained yet."""

    position: int
    since: datetime | None
    """When it was written, UTC; None where it does not say."""


class SpooledFile:
    """One file, read from its beginning to its end. Reading again from `position` is always possible."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.position = 0
        """Up to here it is drained."""
        self.decisions = 0
        """Drained."""
        self.answers = AnswersRead()
        """Those that frames from `position` on may refer to."""
        self.is_final = False
        """Nobody writes to it any more."""
        self.refused_at: int | None = None
        """How many batches the shelf had taken when it refused one of this file's (see `drainer`)."""
        self._descriptor = descriptor
        self._waiting = Waiting(-1, None)
        self._set_aside: int | None = None

    def read(self) -> Reading:
        """The next frames; at least one if there is one."""
        reading = self._read(STRETCH)
        if not reading.contents and reading.needed > STRETCH:
            reading = self._read(reading.needed)
        return reading

    def waiting_since(self) -> datetime | None:
        """When the first frame that is not drained was written, UTC; None without one."""
        if self._waiting.position != self.position:
            reading = self._read(_GLANCE)
            if not reading.contents and reading.needed > _GLANCE:
                reading = self._read(reading.needed)
            if not reading.contents:
                return None
            since = None
            with suppress(msgspec.DecodeError):
                since = request_in(reading.contents[0]).recorded_at
            self._waiting = Waiting(self.position, since)
        return self._waiting.since

    def set_aside(self, content: bytes) -> None:
        """Keep a frame that cannot be stored in a file of its own beside this one.

        Raises:
            OSError: that is not possible; nothing may be deleted then.
        """
        if self._set_aside is None:
            path = self.path.with_name(f"{self.path.name}.frames{DAMAGED}")
            # From the beginning: after a crash this file is drained from its beginning too.
            self._set_aside = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, _OWNER_ONLY)
            _write_all(self._set_aside, HEADER)
        _write_all(self._set_aside, framed_content(content))

    def delete(self) -> None:
        """Everything in it is drained."""
        self.path.unlink(missing_ok=True)
        self.close()

    def keep_damaged(self) -> None:
        """What follows `position` cannot be read: leave the file to somebody who looks into it."""
        with suppress(FileNotFoundError):
            self.path.rename(self.path.with_name(self.path.name + DAMAGED))
        self.close()

    def close(self) -> None:
        """Give it up, with its lock if this process holds it."""
        for descriptor in (self._descriptor, self._set_aside):
            if descriptor is not None:
                os.close(descriptor)

    def _read(self, length: int) -> Reading:
        return read(os.pread(self._descriptor, length, self.position), from_start=self.position == 0)


class Backlog:
    """Finds the files that are this drainer's to drain."""

    def __init__(self, directory: Path, owner: str) -> None:
        """`owner`: what the names of the files of the process begin with that this one drains for."""
        self._directory = directory
        self._owner = f"{owner}-"
        self._files: dict[str, SpooledFile] = {}
        self._owner_is_done = False

    @property
    def files(self) -> list[SpooledFile]:
        """Those that are known, oldest first."""
        return [self._files[name] for name in sorted(self._files)]

    def owner_is_done(self) -> None:
        """The process writes nothing any more."""
        self._owner_is_done = True

    def look(self, *, for_orphans: bool) -> None:
        """Find new files. What this one says is final can hold nothing that is written later."""
        names = sorted(name for name in os.listdir(self._directory) if name.endswith(SUFFIX))  # noqa: PTH208 - ten times a second, and paths cost
        own = [name for name in names if name.startswith(self._owner)]
        for name in own:
            if name not in self._files:
                self._open(name, must_lock=False)
        for name in own if self._owner_is_done else own[:-1]:
            if name in self._files:
                self._files[name].is_final = True
        if for_orphans:
            for name in names:
                if name not in self._files and not name.startswith(self._owner):
                    self._open(name, must_lock=True)

    def drop(self, file: SpooledFile) -> None:
        """It was deleted or set aside."""
        del self._files[file.path.name]

    def close(self) -> None:
        """Give all files up."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _open(self, name: str, *, must_lock: bool) -> None:
        path = self._directory / name
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return  # drained by another process meanwhile
        file = SpooledFile(path, descriptor)
        if must_lock:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()  # its owner lives, or somebody else drains it
                return
            if os.fstat(descriptor).st_nlink == 0:
                file.close()
                return
            file.is_final = True
            _log.info("ledger_spool_adopted", file=name)
        self._files[name] = file


def is_at_end(reading: Reading) -> bool:
    """Whether a file that nobody writes to ends here: behind a whole frame, or within one that a kill cut short."""
    return not reading.contents and reading.rest is not Rest.DAMAGED


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
