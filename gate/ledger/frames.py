"""How the spool's files are written. Pure.

    file    header frame*
    header  one line that names the format and its version
    frame   length (4 bytes), check of the content (4), check of these eight (4), content: `RequestFrame` as msgpack

A process that is killed leaves at most its last frame incomplete; anything else that does not fit is damage. The head
has a check of its own, because a length that was changed would otherwise look like a last frame that is incomplete.
"""

import struct
import zlib
from enum import Enum, auto
from typing import Final, NamedTuple

import msgspec

from gate.ledger.model import RequestFrame

HEADER: Final = b"enrollment-gate spool 1\n"
LONGEST_CONTENT: Final = 256 * 1024 * 1024
"""Bytes; several times what the largest request and its reply can come to."""
_HEAD: Final = struct.Struct("<III")
_CHECKED: Final = struct.Struct("<II")

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(RequestFrame)


class Rest(Enum):
    """What follows the last whole frame."""

    NOTHING = auto()
    INCOMPLETE = auto()
    """The beginning of a frame: being written, or torn when its writer was killed."""
    DAMAGED = auto()


class Reading(NamedTuple):
    """What a stretch of a file holds."""

    contents: list[bytes]
    end: int
    """How many bytes of the stretch the header and the whole frames take."""
    rest: Rest
    needed: int
    """Bytes from `end` on that an incomplete frame takes when it is whole; its head alone where that is incomplete."""


def framed(frame: RequestFrame) -> bytearray:
    """The frame as it is written."""
    buffer = bytearray()
    _encoder.encode_into(frame, buffer, _HEAD.size)
    return _with_head(buffer)


def framed_again(content: bytes) -> bytearray:
    """The content of a frame that was read, as it was written."""
    return _with_head(bytearray(_HEAD.size) + content)


def _with_head(buffer: bytearray) -> bytearray:
    with memoryview(buffer) as whole:
        length, check = len(buffer) - _HEAD.size, zlib.crc32(whole[_HEAD.size :])
    _HEAD.pack_into(buffer, 0, length, check, zlib.crc32(_CHECKED.pack(length, check)))
    return buffer


def request_in(content: bytes) -> RequestFrame:
    """The request of one frame.

    Raises:
        msgspec.DecodeError: it was written by a release that said it otherwise.
    """
    return _decoder.decode(content)


def read(data: bytes, *, from_start: bool) -> Reading:
    """The frames in `data`, which begins at the start of a file or behind a whole frame."""
    contents: list[bytes] = []
    position = 0
    if from_start:
        if not data.startswith(HEADER):
            rest = Rest.INCOMPLETE if HEADER.startswith(data) else Rest.DAMAGED
            return Reading(contents, 0, rest if data else Rest.NOTHING, len(HEADER))
        position = len(HEADER)
    while position < len(data):
        rest, needed = _next(data, position)
        if rest is not Rest.NOTHING:
            return Reading(contents, position, rest, needed)
        contents.append(data[position + _HEAD.size : position + needed])
        position += needed
    return Reading(contents, position, Rest.NOTHING, _HEAD.size)


def _next(data: bytes, position: int) -> tuple[Rest, int]:
    """NOTHING to complain of, or what is wrong with the frame at `position`; and how many bytes it takes."""
    if len(data) - position < _HEAD.size:
        return Rest.INCOMPLETE, _HEAD.size
    length, check, check_of_head = _HEAD.unpack_from(data, position)
    if zlib.crc32(data[position : position + _CHECKED.size]) != check_of_head or length > LONGEST_CONTENT:
        return Rest.DAMAGED, _HEAD.size
    needed = _HEAD.size + length
    if len(data) - position < needed:
        return Rest.INCOMPLETE, needed
    with memoryview(data) as whole:
        is_whole = zlib.crc32(whole[position + _HEAD.size : position + needed]) == check
    return (Rest.NOTHING if is_whole else Rest.DAMAGED), needed
