"""How a list goes on where its last page ended. Pure.

A token says after which record, so that what is added or taken away meanwhile neither repeats nor hides any. It is good
for the list and the filter that it was given for, and for no other.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec

from gate.errors import FieldViolation, InvalidInput

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 500
Position = TypeVar("Position")
_encoder: Final = msgspec.msgpack.Encoder()


class _Token(msgspec.Struct, frozen=True, array_like=True):
    list: bytes
    after: msgspec.Raw


_tokens: Final = msgspec.msgpack.Decoder(_Token)


def page_size(wanted: int) -> int:
    """The size of a page; 0 stands for the default.

    Raises:
        InvalidInput: it is negative or too large.
    """
    if not 0 <= wanted <= LARGEST_PAGE:
        raise InvalidInput(
            FieldViolation("page_size", f"must lie between 1 and {LARGEST_PAGE}, or be 0 for {DEFAULT_PAGE}")
        )
    return wanted or DEFAULT_PAGE


def token_after(position: object, wanted: msgspec.Struct) -> str:
    """For the page of `wanted` that begins behind the record at `position`."""
    token = _Token(_digest(wanted), msgspec.Raw(_encoder.encode(position)))
    return urlsafe_b64encode(_encoder.encode(token)).decode().rstrip("=")


def position_in(token: str, wanted: msgspec.Struct, kind: type[Position]) -> Position:
    """The position that `token` names, as `token_after` was given it.

    Raises:
        InvalidInput: no earlier page gave this token, or one of another list or filter did.
    """
    try:
        decoded = _tokens.decode(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        position = msgspec.msgpack.decode(decoded.after, type=kind)
    except (NoBase64, ValueError, msgspec.DecodeError):
        raise no_token() from None
    if decoded.list != _digest(wanted):
        raise InvalidInput(FieldViolation("page_token", "was given for another list or filter"))
    return position


def no_token() -> InvalidInput:
    """The refusal of a token that no page can have given."""
    return InvalidInput(FieldViolation("page_token", "is not a token that an earlier page gave"))


def _digest(wanted: msgspec.Struct) -> bytes:
    return blake2b(type(wanted).__name__.encode() + _encoder.encode(wanted), digest_size=8).digest()
