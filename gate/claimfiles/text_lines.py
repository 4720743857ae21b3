"""Lines of a text file, each of bounded length however long the file's really are."""

from collections.abc import Iterator
from typing import Final, Protocol

from gate.claimfiles.errors import ClaimFileError

LONGEST_ROW: Final = 1024 * 1024
"""Bytes of one row, over however many lines it reaches."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class LineStream(Protocol):
    """As much of a binary file as is needed here."""

    def readline(self, size: int, /) -> bytes:
        """Up to and including the next line feed, `size` bytes at most; none at the end."""
        ...


class TextLines:
    """Decoded lines with their line feeds.

    Bytes that are not UTF-8 become U+FFFD: they are found where they matter, and do no harm in a patient's name.
    """

    def __init__(self, stream: LineStream) -> None:
        self._stream = stream
        self._row_bytes = 0
        self.number = 0
        """Of the line given last, counted from 1."""

    def begin_row(self) -> None:
        """What follows is a new row."""
        self._row_bytes = 0

    def __iter__(self) -> Iterator[str]:
        """All remaining lines.

        Raises:
            ClaimFileError: when a row is longer than `LONGEST_ROW`.
        """
        while line := self._stream.readline(LONGEST_ROW + 1):
            self.number += 1
            self._row_bytes += len(line)
            if self._row_bytes > LONGEST_ROW:
                raise ClaimFileError(f"line {self.number}", f"a row is longer than {LONGEST_ROW} bytes")
            if self.number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            yield line.decode("utf-8", errors="replace")
