"""What texts, numbers and codes of a record may look like. Pure."""

import re
from collections.abc import Collection
from datetime import date
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from gate.errors import FieldViolation, InvalidInput
from sources.npi import has_valid_check_digit, is_npi_shaped
from sources.states import STATES

LONGEST_NAME: Final = 200
LONGEST_NOTES: Final = 4_000
LONGEST_URL: Final = 1_000
_TAXONOMY: Final = re.compile(r"[0-9A-Z]{9}X", re.ASCII)
_LINE_BREAKS: Final = str.maketrans("", "", "\n\r\t")
_MOST_CODES: Final = 60
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2200, 12, 31)


class Objections:
    """Collects what is wrong with one record, so that its sender is told all of it at once."""

    def __init__(self) -> None:
        self._violations: list[FieldViolation] = []

    def add(self, field: str, description: str, *, when: bool = True) -> None:
        """`description` says what the field must be."""
        if when:
            self._violations.append(FieldViolation(field, description))

    def line(self, field: str, value: str, longest: int = LONGEST_NAME, *, required: bool = False) -> None:
        """One line of text."""
        self.add(field, "is required", when=required and not value.strip())
        self.add(field, f"must be one line of at most {longest} characters", when=not is_line(value, longest))

    def lines(self, field: str, value: str, longest: int = LONGEST_NOTES) -> None:
        """Text of several lines."""
        fits = len(value) <= longest and value.translate(_LINE_BREAKS).isprintable()
        self.add(field, f"must be text of at most {longest} characters", when=not fits)

    def url(self, field: str, value: str) -> None:
        """An address that a page may link to; empty: none."""
        self.add(
            field, "must be an address that begins with https:// or http://", when=bool(value) and not _is_url(value)
        )

    def npi(self, field: str, value: str, *, required: bool = False) -> None:
        """An NPI with its check digit: a typing mistake here would be one in every application."""
        self.add(field, "is required", when=required and not value)
        if value:
            self.add(field, "is not an NPI: ten digits", when=not is_npi_shaped(value))
            wrong = is_npi_shaped(value) and not has_valid_check_digit(value)
            self.add(field, "does not end in its check digit: one of the digits is mistyped", when=wrong)

    def taxonomy(self, field: str, value: str) -> None:
        """A NUCC code; empty: none."""
        fits = not value or _TAXONOMY.fullmatch(value) is not None
        self.add(field, "is not a taxonomy code: ten letters and digits that end in X", when=not fits)

    def state(self, field: str, value: str) -> None:
        """Of the postal codes."""
        self.add(field, "is not the two-letter code of a US state or territory", when=value not in STATES)

    def few(self, field: str, values: Collection[object]) -> None:
        """Of lists."""
        self.add(field, f"has more than {_MOST_CODES} items", when=len(values) > _MOST_CODES)

    def number(self, field: str, value: int | None, least: int, most: int) -> None:
        """None fits."""
        fits = value is None or least <= value <= most
        self.add(field, f"must lie between {least} and {most}", when=not fits)

    def day(self, field: str, value: date | None) -> None:
        """A day that people live to see; None fits."""
        fits = value is None or _EARLIEST <= value <= _LATEST
        self.add(field, f"must lie between the years {_EARLIEST.year} and {_LATEST.year}", when=not fits)

    def settle(self) -> None:
        """Let pass a record without objections.

        Raises:
            InvalidInput: with all of them.
        """
        if self._violations:
            raise InvalidInput(*self._violations)


def is_line(value: str, longest: int = LONGEST_NAME) -> bool:
    """Whether it is one line of text that every store and every page can hold."""
    return len(value) <= longest and value.isprintable()


def is_id(text: str) -> bool:
    """Whether an id of ours could be spelled so; what cannot is not looked up."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def codes(values: Collection[str]) -> tuple[str, ...]:
    """Each once, in upper case, in the order given."""
    return tuple(dict.fromkeys(value.strip().upper() for value in values))


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in {"https", "http"}
            and bool(parts.hostname)
            and " " not in value
            and is_line(value, LONGEST_URL)
        )
    except ValueError:
        return False
