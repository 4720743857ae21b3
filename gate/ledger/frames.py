"""How the spool's files are written. Pure.

    file    header frame*
    header  one line that names the format and its version
    frame   length (4 bytes), its complement (4), CRC-32 of the content (4), content: `RequestFrame` as msgpack

A process that is killed leaves at most its last frame incomplete; anything else that does not fit is damage. Without
the complement a length that was changed would look like a last frame that is incomplete.
"""

import struct
import zlib
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

import msgspec

from gate.ledger.model import RequestFrame

HEADER: Final = b"enrollment-gate spool 1\n"
LONGEST_CONTENT: Final = 256 * 1024 * 1024
"""Bytes; several times what the largest request and its reply can come to."""
_HEAD: Final = struct.Struct("<III")
_ALL_BITS: Final = 0xFFFF_FFFF
_ARRAY_OF_ALL: Final = bytes([0x90 + len(RequestFrame.__struct_fields__)])
"""As msgpack begins an array of less than sixteen."""
_BYTES: Final = struct.Struct(">BI")
"""As msgpack begins bytes of any length."""

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


def framed(frame: RequestFrame) -> Sequence[bytes]:
    """The frame as it is written: pieces, one after the other.

    A batch's request is a piece of its own: it is most of the frame, and would be copied twice.
    """
    if frame.batch is None:
        return (framed_content(content_of(frame)),)
    head = (frame.tenant, frame.caller, frame.request_id, frame.kind, frame.recorded_at)
    tail = (frame.reply, frame.grounds, frame.grounds_of, frame.documents, frame.batch)
    content = (
        _ARRAY_OF_ALL + _encoder.encode(head)[1:] + _BYTES.pack(0xC6, len(frame.request)),
        frame.request,
        _encoder.encode(tail)[1:],
    )
    length, check = 0, 0
    for piece in content:
        length += len(piece)
        check = zlib.crc32(piece, check)
    return (_HEAD.pack(length, length ^ _ALL_BITS, check), *content)


def content_of(frame: RequestFrame) -> bytes:
    """What a frame holds; `request_in` reads it."""
    return _encoder.encode(frame)


def framed_content(content: bytes) -> bytes:
    """The same, of a content that is encoded already."""
    length = len(content)
    return _HEAD.pack(length, length ^ _ALL_BITS, zlib.crc32(content)) + content


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
    length, complement, check = _HEAD.unpack_from(data, position)
    if length ^ _ALL_BITS != complement or length > LONGEST_CONTENT:
        return Rest.DAMAGED, _HEAD.size
    needed = _HEAD.size + length
    if len(data) - position < needed:
        return Rest.INCOMPLETE, needed
    is_whole = zlib.crc32(memoryview(data)[position + _HEAD.size : position + needed]) == check
    return (Rest.NOTHING if is_whole else Rest.DAMAGED), needed
