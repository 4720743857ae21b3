"""Keeps what can only be written later, without growing with it: in memory at first, then in a temporary file."""

import shutil
import struct
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Final, Generic, Self, TypeVar, cast

import msgspec

IN_MEMORY: Final = 1024 * 1024
_LENGTH: Final = struct.Struct(">I")
Record = TypeVar("Record")


class ByteSpool:
    """Bytes that are appended first, and then moved on in one piece."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - as long as this object

    @property
    def stream(self) -> BinaryIO:
        """Where to append."""
        return cast("BinaryIO", self._file)

    def move_to(self, stream: BinaryIO) -> None:
        """Append everything to `stream`; the spool is empty afterwards."""
        self._file.seek(0)
        shutil.copyfileobj(self._file, stream)
        self._file.seek(0)
        self._file.truncate()

    def close(self) -> None:
        """Give back what it holds."""
        self._file.close()


class Spool(Generic[Record]):
    """Records that are appended first, and then read once in the same order."""

    def __init__(self, kind: type[Record]) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - as long as this object
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(kind)
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, record: Record) -> None:
        """Append one."""
        content = self._encoder.encode(record)
        self._file.write(_LENGTH.pack(len(content)))
        self._file.write(content)
        self.count += 1

    def read(self) -> Iterator[Record]:
        """All of them."""
        self._file.seek(0)
        while length := self._file.read(_LENGTH.size):
            yield self._decoder.decode(self._file.read(_LENGTH.unpack(length)[0]))

    def close(self) -> None:
        """Give back what it holds."""
        self._file.close()
