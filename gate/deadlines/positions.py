"""Where a page of due dates ends, as the next one is asked for: pages go by day, then by id."""

from datetime import date


def position_of(day: date | None, record_id: str) -> str:
    """Behind this record."""
    return f"{day}/{record_id}"


def position_in(after: str) -> tuple[date, str] | None:
    """The record behind which it goes on; None: it begins."""
    if not after:
        return None
    day, _, record_id = after.partition("/")
    return date.fromisoformat(day), record_id
