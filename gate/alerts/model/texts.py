"""What texts of people may look like here. Pure."""

import re
from typing import Final

from gate.errors import FieldViolation, InvalidInput

LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 2_000
_ADDRESS: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+", re.ASCII)
_LONGEST_ADDRESS: Final = 254
_LINE_BREAKS: Final = str.maketrans("", "", "\n\r\t")


def line(field: str, text: str, *, required: bool = False) -> str:
    """`text` without spaces around it.

    Raises:
        InvalidInput: it is not one line of text, or nothing where something is required.
    """
    kept = text.strip()
    if required and not kept:
        raise InvalidInput(FieldViolation(field, "is required"))
    if len(kept) > LONGEST_NAME or not kept.isprintable():
        raise InvalidInput(FieldViolation(field, f"must be one line of at most {LONGEST_NAME} characters"))
    return kept


def note(field: str, text: str, *, required: bool = False) -> str:
    """`text` of several lines, without spaces around it.

    Raises:
        InvalidInput: it is too long or no text, or nothing where something is required.
    """
    kept = text.strip()
    if required and not kept:
        raise InvalidInput(FieldViolation(field, "is required"))
    if len(kept) > LONGEST_NOTE or not kept.translate(_LINE_BREAKS).isprintable():
        raise InvalidInput(FieldViolation(field, f"must be text of at most {LONGEST_NOTE} characters"))
    return kept


def is_address(text: str) -> bool:
    """Whether mail could be sent there."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None
