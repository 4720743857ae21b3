"""Pages that follow one another by the last record shown. Pure.

What is added or taken away meanwhile neither repeats nor hides a record. A token is good for the list and the filter
that it was given for, and for no other.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import blake2b
from typing import Final, Generic, TypeVar

import msgspec

from gate.credentialing.model.fields import is_line
from gate.errors import FieldViolation, InvalidInput

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 500
_LONGEST_PART: Final = 500
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
Item = TypeVar("Item")
_encoder: Final = msgspec.msgpack.Encoder()


class PageRequest(msgspec.Struct, frozen=True):
    """How much is wanted, and after what."""

    size: int = 0
    """0 stands for the default."""
    token: str = ""

    def limit(self) -> int:
        """How many records a page holds.

        Raises:
            InvalidInput: it is negative or too large.
        """
        if not 0 <= self.size <= LARGEST_PAGE:
            raise InvalidInput(
                FieldViolation("page_size", f"must lie between 1 and {LARGEST_PAGE}, or be 0 for {DEFAULT_PAGE}")
            )
        return self.size or DEFAULT_PAGE


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """Some records."""

    items: Sequence[Item]
    next_page_token: str
    """Empty: there are no more."""


class _Token(msgspec.Struct, frozen=True, array_like=True):
    list: bytes
    after: tuple[str, ...]


_tokens: Final = msgspec.msgpack.Decoder(_Token)
FIRST: Final = PageRequest()


def page_of(
    found: Sequence[Item], request: PageRequest, wanted: msgspec.Struct, position: Callable[[Item], tuple[str, ...]]
) -> Page[Item]:
    """The page, out of `found` with one record more than fits where there is one."""
    items = found[: request.limit()]
    if len(found) <= len(items):
        return Page(items, "")
    token = _encoder.encode(_Token(_digest(wanted), position(items[-1])))
    return Page(items, urlsafe_b64encode(token).decode().rstrip("="))


def position_in(request: PageRequest, wanted: msgspec.Struct, parts: int) -> tuple[str, ...] | None:
    """After which record the page begins; None: at the first.

    Raises:
        InvalidInput: no earlier page of this list gave the token.
    """
    if not request.token:
        return None
    try:
        decoded = _tokens.decode(urlsafe_b64decode(request.token + "=" * (-len(request.token) % 4)))
    except (NoBase64, ValueError, msgspec.DecodeError):
        raise _no_token() from None
    if decoded.list != _digest(wanted):
        raise InvalidInput(FieldViolation("page_token", "was given for another list or filter"))
    if len(decoded.after) != parts or not all(is_line(part, _LONGEST_PART) for part in decoded.after):
        raise _no_token()
    return decoded.after


def day_in_token(text: str) -> date:
    """A day that is part of a position.

    Raises:
        InvalidInput: no earlier page gave it.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _no_token() from None


def number_in_token(text: str) -> int:
    """A number that is part of a position.

    Raises:
        InvalidInput: no earlier page gave it.
    """
    if not _NUMBER.fullmatch(text):
        raise _no_token()
    return int(text)


def _no_token() -> InvalidInput:
    return InvalidInput(FieldViolation("page_token", "is not a token that an earlier page gave"))


def _digest(wanted: msgspec.Struct) -> bytes:
    return blake2b(type(wanted).__name__.encode() + _encoder.encode(wanted), digest_size=8).digest()
