"""Days as people type them: ``2026-03-10``, ``3/10/26``, ``t`` for today, ``+30`` for in thirty days. Pure."""

import re
from datetime import date, timedelta
from typing import Final

_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})", re.ASCII)
_FROM_TODAY: Final = re.compile(r"([+-])(\d{1,4})", re.ASCII)
_TODAY: Final = frozenset({"t", "today"})
_CENTURY: Final = 2000
_TWO_DIGITS: Final = 100


def day_in(text: str, today: date) -> date | None:
    """The day that somebody meant; None: they named none.

    Raises:
        ValueError: it is not one.
    """
    typed = text.strip().lower()
    if not typed:
        return None
    if typed in _TODAY:
        return today
    if named := _AMERICAN.fullmatch(typed):
        month, day, year = map(int, named.groups())
        return date(year + _CENTURY if year < _TWO_DIGITS else year, month, day)
    if ahead := _FROM_TODAY.fullmatch(typed):
        days = timedelta(days=int(ahead[2]))
        return today + days if ahead[1] == "+" else today - days
    return date.fromisoformat(typed)


def days_in_words(days: int) -> str:
    """How far away a day is: ``12 days``, ``today``, ``3 days overdue``."""
    if days == 0:
        return "today"
    count = abs(days)
    words = f"{count} day" if count == 1 else f"{count} days"
    return f"{words} overdue" if days < 0 else words
