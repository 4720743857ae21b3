"""The batches of a claim file, read beside what is done with them: a large file's in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileProblem
from gate.claimfiles.reading import STANDARD_INPUT, ClaimFile, open_claim_file
from gate.cli.file_questions import Batch
from gate.cli.file_reader import LENGTH, Reading, Refused, Said, batches_in

SMALL_FILE: Final = 256 * 1024
"""Bytes. Less than that is read sooner than another process has started."""
_READ_AHEAD: Final = 1024 * 1024
"""Bytes taken from the other process before anybody asks for them."""
_DECODER: Final[msgspec.msgpack.Decoder[Said]] = msgspec.msgpack.Decoder(Said)


class FileBatches:
    """A claim file as batches of questions. Iterate once."""

    def __init__(self, batches: AsyncIterator[Batch], problems: list[FileProblem], size: int | None) -> None:
        self._batches = batches
        self.problems = problems
        """What is wrong around the claims; known when all is read."""
        self.size = size
        """Bytes on disk; None where that is not known."""

    def __aiter__(self) -> AsyncIterator[Batch]:
        """In file order.

        Raises:
            ClaimFileError: the file is no claim file, or cannot be read on.
        """
        return self._batches


@asynccontextmanager
async def reading_file(reading: Reading) -> AsyncIterator[FileBatches]:
    """The batches of the file that `reading` names. No process is left at the end of the block.

    Raises:
        ClaimFileError: it cannot be opened, is empty, or is no claim file; also while it is being read.
    """
    size = _size(reading.path)
    problems: list[FileProblem] = []
    if size is not None and size < SMALL_FILE:
        with open_claim_file(reading.path) as claims:
            yield FileBatches(_read_here(claims, reading, problems), problems, size)
        return
    async with _reader_process(reading) as process:
        yield FileBatches(_read_by(process, problems), problems, size)


async def _read_here(claims: ClaimFile, reading: Reading, problems: list[FileProblem]) -> AsyncIterator[Batch]:
    for batch in batches_in(claims, reading):
        yield batch
        await asyncio.sleep(0)  # let what was just begun go out before more is read
    problems.extend(claims.problems.kept)


async def _read_by(process: asyncio.subprocess.Process, problems: list[FileProblem]) -> AsyncIterator[Batch]:
    while isinstance(said := await _said_by(process), Batch):
        yield said
    if isinstance(said, Refused):
        raise ClaimFileError(said.place, said.message, *said.events)
    problems.extend(said.problems)


def _size(path: str) -> int | None:
    """Of a file that can be read; None for a pipe or device. What is not there has none, and is complained of later."""
    if path == STANDARD_INPUT:
        return None
    with suppress(OSError):
        return Path(path).stat().st_size if Path(path).is_file() else None
    return 0


@asynccontextmanager
async def _reader_process(reading: Reading) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the folder of the claim file is not to be imported
        "-m",
        "gate.cli.file_reader",
        msgspec.json.encode(reading).decode(),
        str(os.getpid()),
        stdin=None if reading.path == STANDARD_INPUT else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=_READ_AHEAD,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _said_by(process: asyncio.subprocess.Process) -> Said:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        return _DECODER.decode(await process.stdout.readexactly(length))
    except asyncio.IncompleteReadError:
        code = await process.wait()
        raise ClaimFileError("", f"the process that reads the file has ended ({code})") from None
