"""Opens a claim file of any supported format, compressed with gzip or not."""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from gate.claimfiles.csv_reader import read_csv
from gate.claimfiles.detect import GZIP_MAGIC, HEAD_BYTES, ClaimFormat, detect
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.jsonl_reader import read_jsonl
from gate.claimfiles.model import FileClaim
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_events import Event
from gate.claimfiles.x12_reader import read_x12, read_x12_with_events

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_Item = TypeVar("_Item", FileClaim, FileClaim | Event)
STANDARD_INPUT: Final = "-"
_BUFFER_BYTES: Final = 128 * 1024
UNPACKED_UNASKED: Final = 16 * 1024 * 1024
"""Bytes that a compressed file may unpack to, however small it is."""
LARGEST_RATIO: Final = 400
"""Beyond that, a file that unpacks to more than so many times its size is refused. Claims shrink to a tenth, the most
repetitive of tests to a three-hundredth; a file made to keep the reader busy, to a thousandth."""


class ClaimFile:
    """An open claim file. Iterate once; `problems` grows meanwhile.

    Raises:
        ClaimFileError: when the stream is empty, or no claim file.
    """

    def __init__(self, stream: BinaryIO, size: int | None = None) -> None:
        self._raw = stream
        self.size = size
        """Bytes on disk; None where that is not known."""
        self.problems = FileProblems()
        """What is wrong around the claims."""
        with _reading_errors():
            self._content, head = _uncompressed(stream)
        self.format = detect(head)

    @property
    def bytes_read(self) -> int:
        """Bytes of the file, as it lies on disk, that have been read so far; 0 for what cannot tell, such as a pipe."""
        return self._raw.tell() if self._raw.seekable() else 0

    def __iter__(self) -> Iterator[FileClaim]:
        """The claims in file order.

        Raises:
            ClaimFileError: when the file cannot be read on, or ends without having held a claim.
        """
        if self.format is ClaimFormat.X12:
            claims = read_x12(self._content, self.problems)
        else:
            claims = read_csv(self._content) if self.format is ClaimFormat.CSV else read_jsonl(self._content)
        return self._checked(claims)

    def with_events(self) -> Iterator[FileClaim | Event]:
        """As iteration; of an 837 also what an acknowledgment of it needs, each where it stands in the file."""
        if self.format is ClaimFormat.X12:
            return self._checked(read_x12_with_events(self._content, self.problems))
        return iter(self)

    def _checked(self, content: Iterator[_Item]) -> Iterator[_Item]:
        last: FileClaim | None = None
        try:
            with _reading_errors():
                for item in content:
                    if isinstance(item, FileClaim):
                        last = item
                    yield item
        except ClaimFileError as error:
            if error.place or last is None:
                raise
            raise ClaimFileError(f"after the claim at {last.place}", error.message, *error.events) from None
        if last is None:
            raise ClaimFileError("", "the file holds no claims")


@contextmanager
def open_claim_file(path: str | Path) -> Iterator[ClaimFile]:
    """Open the file at `path`, or standard input for ``-``, and tell its format.

    Raises:
        ClaimFileError: when it cannot be opened, is empty, or is no claim file; also while it is being read.
    """
    if str(path) == STANDARD_INPUT:
        yield ClaimFile(sys.stdin.buffer)
        return
    with _reading_errors():
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; what the caller raises must not pass through here
    with stream:
        yield ClaimFile(stream, os.fstat(stream.fileno()).st_size)


@contextmanager
def _reading_errors() -> Iterator[None]:
    """Tell what the operating system and gzip complain of as a fault of the file."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ClaimFileError("", "the gzip data is damaged or cut short") from None
    except OSError as error:
        raise ClaimFileError("", f"the file cannot be read: {error.strerror or type(error).__name__}") from None


def _uncompressed(stream: BinaryIO) -> tuple[io.BufferedReader, bytes]:
    """The content from its first byte on, and a look at its beginning."""
    content, head = _looked_into(stream)
    if head.startswith(GZIP_MAGIC):
        content, head = _looked_into(_Unpacked(content))
    return content, head


def _looked_into(stream: "BinaryIO | _Unpacked") -> tuple[io.BufferedReader, bytes]:
    head = b""
    while len(head) < HEAD_BYTES and (more := stream.read(HEAD_BYTES - len(head))):
        head += more  # a pipe may give less than is asked for
    return io.BufferedReader(_Replayed(head, stream), _BUFFER_BYTES), head


class _Unpacked:
    """The content of a gzip file, as long as that is in proportion to the file."""

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = _Counted(packed)
        self._unpacked = gzip.GzipFile(fileobj=self._packed)
        self._bytes = 0

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end.

        Raises:
            ClaimFileError: the content is out of proportion.
        """
        data = self._unpacked.read(size)
        self._bytes += len(data)
        if self._bytes > UNPACKED_UNASKED and self._bytes > LARGEST_RATIO * self._packed.bytes:
            raise ClaimFileError("", f"the gzip data unpacks to more than {LARGEST_RATIO} times its size")
        return data


class _Counted(io.RawIOBase):
    """A stream that knows how many bytes were read of it; one from a pipe cannot tell."""

    def __init__(self, stream: io.BufferedReader) -> None:
        super().__init__()
        self._stream = stream
        self.bytes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.bytes += len(data)
        return data


class _Replayed(io.RawIOBase):
    """A stream of which the beginning has been read already, from the beginning. Does not need to seek."""

    def __init__(self, head: bytes, rest: BinaryIO | _Unpacked) -> None:
        super().__init__()
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        data = self._head[: len(view)] or self._rest.read(len(view))
        self._head = self._head[len(view) :]
        view[: len(data)] = data
        return len(data)
