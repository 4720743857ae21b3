"""Reading an upstream's JSON field by field. Pure; a misfit is a `SourceError` that names the field, not its value."""

import codecs
import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from sources.contract import SourceDataError, SourceMalformed
from sources.lines_of_business import parse_upstream

LONGEST_TEXT: Final = 200
"""Characters kept of any one text of an upstream."""

_OPEN_ENDS: Final = frozenset({date(9999, 12, 31), date(2299, 12, 31)})
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LARGEST_NUMBER: Final = 10**18
_LIST_SEPARATORS: Final = re.compile(r"[|;,]")


class DateFormat(StrEnum):
    """How an upstream writes calendar dates. One per upstream: guessing between two is how dates are misread."""

    ISO = "ISO"
    """2026-03-10"""
    COMPACT = "COMPACT"
    """20260310"""
    US = "US"
    """03/10/2026"""


_DATE_FORMS: Final = {
    DateFormat.ISO: re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})", re.ASCII),
    DateFormat.COMPACT: re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})", re.ASCII),
    DateFormat.US: re.compile(r"(?P<month>[0-9]{2})/(?P<day>[0-9]{2})/(?P<year>[0-9]{4})", re.ASCII),
}


def decode_json(source: str, body: bytes) -> object:
    """The body as plain objects.

    Raises:
        SourceMalformed: it is not JSON (row A12).
    """
    try:
        decoded: object = msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SourceMalformed(f"{source}: the answer is not JSON") from None
    return decoded


def dig(value: object, path: str) -> object:
    """The value at a dotted path of keys; None where any step is missing."""
    for key in path.split(".") if path else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


def plain_text(value: object) -> str | None:
    """A text or whole number as one clean line; empty for null; None for anything else."""
    if value is None:
        return ""
    if isinstance(value, str):
        # Control characters would forge log lines, and NUL is refused by PostgreSQL.
        return _CONTROL_CHARACTERS.sub(" ", value).strip()[:LONGEST_TEXT]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER:
        return str(value)
    return None


def calendar_date(text: str, form: DateFormat) -> date | None:
    """The date written in exactly this form; None for anything else, and for days that do not exist (row D22)."""
    match = _DATE_FORMS[form].fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None


class Row:
    """One JSON object of an upstream, read by our names for its fields."""

    def __init__(self, source: str, values: object, name_of: Callable[[str], str]) -> None:
        if not isinstance(values, dict):
            raise SourceMalformed(f"{source}: a record is not a JSON object")
        self.values: Mapping[str, object] = values
        self._source = source
        self._name_of = name_of

    def text(self, field: str) -> str:
        """The field as text, empty when absent.

        Raises:
            SourceMalformed: it holds something else than a text or a whole number.
        """
        text = plain_text(self._raw(field))
        if text is None:
            raise SourceMalformed(f"{self._source}: field {field} is not a text")
        return text

    def required_text(self, field: str) -> str:
        """The field as text.

        Raises:
            SourceDataError: it is absent or blank.
        """
        text = self.text(field)
        if not text:
            raise SourceDataError(f"{self._source}: field {field} is missing")
        return text

    def day(self, field: str, form: DateFormat) -> date | None:
        """The field as a calendar date, None when absent.

        Raises:
            SourceDataError: it is no date in the agreed form (row D22).
        """
        text = self.text(field)
        if not text:
            return None
        day = calendar_date(text, form)
        if day is None:
            raise SourceDataError(f"{self._source}: field {field} is not a calendar date in the agreed form")
        return day

    def required_day(self, field: str, form: DateFormat) -> date:
        """The field as a calendar date.

        Raises:
            SourceDataError: it is absent (row D20) or no date (row D22).
        """
        day = self.day(field, form)
        if day is None:
            raise SourceDataError(f"{self._source}: field {field} is missing")
        return day

    def period(self, first: str, last: str, form: DateFormat) -> tuple[date, date | None]:
        """First and last covered day; the last is None when open-ended, however the upstream writes that (row D8).

        Raises:
            SourceDataError: no first day (row D20), no calendar date (row D22), or the end precedes it (row D21).
        """
        effective, end = self.required_day(first, form), self.day(last, form)
        if end is None or end in _OPEN_ENDS:
            return effective, None
        if end < effective:
            raise SourceDataError(f"{self._source}: {last} precedes {first}")
        return effective, end

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, or one text that separates them by ``|``, ``;`` or ``,``; without blanks.

        Raises:
            SourceMalformed: it is neither.
        """
        raw = self._raw(field)
        # Split before anything is cut to length: half a code is another code.
        words = [word for item in (raw if isinstance(raw, list) else [raw]) for word in self._words(field, item)]
        return tuple(dict.fromkeys(words))

    def _words(self, field: str, item: object) -> list[str]:
        parts = _LIST_SEPARATORS.split(item) if isinstance(item, str) else [item]
        words = [plain_text(part) for part in parts]
        if any(word is None or len(word) == LONGEST_TEXT for word in words):
            raise SourceMalformed(f"{self._source}: field {field} is not a list of short texts")
        return [word for word in words if word]

    def lines_of_business(self, field: str) -> tuple[str, ...]:
        """Canonical lines of business, unknown words kept raw (rows X7-X9)."""
        return tuple(dict.fromkeys(name for word in self.texts(field) for name in parse_upstream(word)))

    def _raw(self, field: str) -> object:
        name = self._name_of(field)
        return dig(self.values, name) if name else None
