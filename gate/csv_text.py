"""CSV that a spreadsheet can be trusted with."""

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")
_PERHAPS_A_FORMULA: Final = ("=", "+", "@", "\t", ",-", "\n-", '"-', '"\r')
"""One of these is in every text of which a cell begins so, but for a minus sign at its very beginning."""


def csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows in UTF-8. A text that a spreadsheet would run as a formula begins with an apostrophe (row I6)."""
    cells = [tuple(row) for row in rows]
    text = _written(cells)
    # Hardly a file holds one, and to look through all the text takes a tenth of looking at every cell.
    if text.startswith("-") or any(beginning in text for beginning in _PERHAPS_A_FORMULA):
        text = _written([[_harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in cells])
    return text.encode("utf-8", errors="replace")


def _written(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_BEGINNINGS) else cell
