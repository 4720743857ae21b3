"""The National Provider Identifier: its form and its check digit (ISO 7812 Luhn over the prefix 80840)."""

import re
from typing import Final

NPI_FORM: Final = re.compile(r"[0-9]{10}", re.ASCII)
_PREFIX_SUM: Final = 24  # what the constant prefix 80840 adds to the Luhn sum
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_npi_shaped(text: str) -> bool:
    """Ten ASCII digits. `str.isdigit` would let other scripts' digits pass."""
    return NPI_FORM.fullmatch(text) is not None


def check_digit(first_nine: str) -> str:
    """The tenth digit that makes `first_nine` a valid NPI."""
    total = _PREFIX_SUM
    for position, digit in enumerate(first_nine):
        total += _DOUBLED[int(digit)] if position % 2 == 0 else int(digit)
    return str(-total % 10)


def has_valid_check_digit(npi: str) -> bool:
    """Whether a well-formed NPI ends in its check digit. `09`/`90` swaps go unseen: validity is not identity."""
    return check_digit(npi[:9]) == npi[9]
