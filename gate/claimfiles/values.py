"""The values claim files write as text: days, money, NPIs, states. Pure. Nothing is guessed."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from sources.npi import is_npi_shaped
from sources.states import STATES

EARLIEST_YEAR: Final = 1900
"""An earlier year is a mangled one, such as 0026 for 2026."""

_DAY_FORMS: Final = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})", re.ASCII),
)
DAY_FORMS_TEXT: Final = "yyyy-mm-dd, yyyymmdd or mm/dd/yyyy"
_LONGEST_DAY: Final = 10
"""What is longer is not remembered either: a file may hold anything in the place of a day."""
_X12_DAY_LENGTH: Final = 8
_X12_SPAN_LENGTH: Final = 17
_NPI_LENGTH: Final = 10
_NO_NPI: Final = "the NPI is not ten digits"
_DOLLARS: Final = re.compile(r"\$?(?P<whole>\d{1,13}|\d{1,3}(?:,\d{3}){1,4})(?:\.(?P<fraction>\d{1,2}))?", re.ASCII)
_MOST_DOLLAR_DIGITS: Final = 13
_CENT_DIGITS: Final = 2
_CENTS_PER_UNIT: Final = (100, 10, 1)
"""By the number of decimals an amount is written with."""
_CENTS: Final = re.compile(r"\d{1,15}", re.ASCII)


def parse_day(text: str) -> date | None:
    """A day as tables write it, in one of `DAY_FORMS_TEXT`; None for anything else, two-digit years among it."""
    return _day_in(text) if len(text) <= _LONGEST_DAY else None


@lru_cache(maxsize=4096)
def _day_in(text: str) -> date | None:
    for form in _DAY_FORMS:
        if match := form.fullmatch(text):
            return _day(int(match["year"]), int(match["month"]), int(match["day"]))
    return None


def parse_x12_day(text: bytes) -> date | None:
    """Format D8, CCYYMMDD."""
    if len(text) != _X12_DAY_LENGTH or not text.isdigit():
        return None
    return _day(int(text[:4]), int(text[4:6]), int(text[6:]))


def parse_x12_span(form: bytes, text: bytes) -> tuple[date, date] | None:
    """First and last day of a date in format D8 or RD8; None for another format, no such day or an inverted span."""
    if form == b"D8":
        day = parse_x12_day(text)
        return None if day is None else (day, day)
    if form != b"RD8" or len(text) != _X12_SPAN_LENGTH or text[8:9] != b"-":
        return None
    first, last = parse_x12_day(text[:8]), parse_x12_day(text[9:])
    if first is None or last is None or last < first:
        return None
    return first, last


def _day(year: int, month: int, day: int) -> date | None:
    if year < EARLIEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_dollars(text: str) -> int | None:
    """US cents of an amount such as ``1250``, ``1,250.5`` or ``$1250.50``."""
    match = _DOLLARS.fullmatch(text)
    if match is None:
        return None
    fraction = match["fraction"] or ""
    return int(match["whole"].replace(",", "") + fraction) * _CENTS_PER_UNIT[len(fraction)]


def parse_x12_dollars(text: bytes) -> int | None:
    """US cents of an X12 amount such as ``1250``, ``.5`` or ``1250.50``. A negative charge is none."""
    whole, point, fraction = text.partition(b".")
    if not point:
        return int(text) * 100 if text.isdigit() and len(text) <= _MOST_DOLLAR_DIGITS else None
    if len(fraction) > _CENT_DIGITS:
        fraction = fraction.rstrip(b"0")
    digits = whole + fraction
    if not digits.isdigit() or len(whole) > _MOST_DOLLAR_DIGITS or len(fraction) > _CENT_DIGITS:
        return None
    return int(digits) * _CENTS_PER_UNIT[len(fraction)]


def parse_cents(text: str) -> int | None:
    """US cents written as a whole number."""
    return int(text) if _CENTS.fullmatch(text) else None


def npi_complaint(npi: str) -> str:
    """What is wrong with an NPI, or nothing. A wrong check digit is the gate's finding, not ours (rows V1, V2)."""
    return _complaint_about(npi) if len(npi) == _NPI_LENGTH else _NO_NPI


@lru_cache(maxsize=16384)
def _complaint_about(npi: str) -> str:
    return "" if is_npi_shaped(npi) else _NO_NPI


def state_complaint(state: str) -> str:
    """What is wrong with a state code, or nothing (row C8)."""
    if state in STATES:
        return ""
    return "the state is not that of a US state or territory" if state else "no state"


def printable(text: str) -> str:
    """The text with every control character replaced, for logs, terminals and tables (row V9)."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
