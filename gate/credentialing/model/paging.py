"""Pages that follow one another by the last record shown. Pure.

What is added or taken away meanwhile neither repeats nor hides a record. A token is good for the list and the filter
that it was given for, and for no other.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, Generic, TypeVar

import msgspec

from gate import page_tokens
from gate.credentialing.model.fields import is_line
from gate.page_tokens import no_token, page_size

_LONGEST_PART: Final = 500
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
Item = TypeVar("Item")


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
        return page_size(self.size)


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """Some records."""

    items: Sequence[Item]
    next_page_token: str
    """Empty: there are no more."""


FIRST: Final = PageRequest()


def page_of(
    found: Sequence[Item], request: PageRequest, wanted: msgspec.Struct, position: Callable[[Item], tuple[str, ...]]
) -> Page[Item]:
    """The page, out of `found` with one record more than fits where there is one."""
    items = found[: request.limit()]
    if len(found) <= len(items):
        return Page(items, "")
    return Page(items, page_tokens.token_after(position(items[-1]), wanted))


def position_in(request: PageRequest, wanted: msgspec.Struct, parts: int) -> tuple[str, ...] | None:
    """After which record the page begins; None: at the first.

    Raises:
        InvalidInput: no earlier page of this list gave the token.
    """
    if not request.token:
        return None
    after = page_tokens.position_in(request.token, wanted, tuple[str, ...])
    if len(after) != parts or not all(is_line(part, _LONGEST_PART) for part in after):
        raise no_token()
    return after


def day_in_token(text: str) -> date:
    """A day that is part of a position.

    Raises:
        InvalidInput: no earlier page gave it.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise no_token() from None


def number_in_token(text: str) -> int:
    """A number that is part of a position.

    Raises:
        InvalidInput: no earlier page gave it.
    """
    if not _NUMBER.fullmatch(text):
        raise no_token()
    return int(text)
