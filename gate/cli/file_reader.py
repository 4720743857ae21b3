"""Reads a claim file in a process of its own: `python -m gate.cli.file_reader`, started by `gate.cli.file_reading`.

Reading and making requests is more than half of a client's work. In a process of its own it has another core than
checking and writing, and the pipe between the two is the back-pressure: nothing is read that nobody takes.
"""

import ctypes
import gc
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from gate.claimfiles.detect import ClaimFormat
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim, FileProblem, asked_about
from gate.claimfiles.reading import ClaimFile, open_claim_file
from gate.claimfiles.x12_events import Event
from gate.cli.file_questions import Batch, batches_of

LENGTH: Final = struct.Struct(">I")
"""Precedes every message."""
_SET_PARENT_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of <linux/prctl.h>."""


class Reading(msgspec.Struct, frozen=True):
    """What is to be read, and how."""

    path: str
    state: str = ""
    """Asked for all claims, if named."""
    fresh: bool = False
    with_events: bool = False
    """Whether the file is to be acknowledged."""


class Refused(msgspec.Struct, array_like=True, tag="refused"):
    """The file cannot be read on."""

    place: str
    message: str
    events: list[Event]


class Finished(msgspec.Struct, array_like=True, tag="finished"):
    """The file was read to its end."""

    problems: list[FileProblem]


Said = Batch | Refused | Finished
"""What the process says, in this order: batches, then one of the others."""


def batches_in(claims: ClaimFile, reading: Reading) -> Iterator[Batch]:
    """The batches of an open file.

    Raises:
        ClaimFileError: the file cannot be read on.
    """
    if reading.with_events and claims.format is not ClaimFormat.X12:
        raise ClaimFileError("", f"only an 837 can be acknowledged, and this is {claims.format}")
    content = claims.with_events() if reading.with_events else iter(claims)
    if reading.state:
        content = (asked_about(item, reading.state) if isinstance(item, FileClaim) else item for item in content)
    for batch in batches_of(content, fresh=reading.fresh):
        batch.bytes_read = claims.bytes_read
        yield batch


def say_everything(reading: Reading, say: Callable[[Said], None]) -> None:
    """Read the file and say what it holds."""
    try:
        with open_claim_file(reading.path) as claims:
            for batch in batches_in(claims, reading):
                say(batch)
            say(Finished(list(claims.problems.kept)))
    except ClaimFileError as error:
        say(Refused(error.place, error.message, list(error.events)))


def main() -> None:
    """Read what the first argument names, for the process that the second one names, until nobody takes it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides, and ends this one
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # where it is gone, there is nobody left to complain to
    _end_with_parent(int(sys.argv[2]))
    gc.disable()  # nothing that is read refers back to itself; looking for it costs a tenth
    reading = msgspec.json.decode(sys.argv[1], type=Reading)
    encoder = msgspec.msgpack.Encoder()
    out = sys.stdout.buffer

    def say(what: Said) -> None:
        content = encoder.encode(what)
        out.write(LENGTH.pack(len(content)))
        out.write(content)
        out.flush()

    say_everything(reading, say)


def _end_with_parent(parent: int) -> None:
    """Also while waiting for a file that somebody is still writing: an orphan would wait on. Known to Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()


if __name__ == "__main__":
    main()
