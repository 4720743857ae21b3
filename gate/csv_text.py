"""CSV that a spreadsheet can be trusted with."""

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows in UTF-8. A text that a spreadsheet would run as a formula begins with an apostrophe (row I6)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", errors="replace")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_BEGINNINGS) else cell
