"""Tables on standard output."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

_GAP: Final = "  "


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """One line per row, as wide as it has to be.

    A window wraps what does not fit and a file has no edge, so nothing is ever cut: identifiers are there to be copied.
    """
    lines = [[Text(column, style="bold") for column in columns], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(cell.cell_len for cell in column) for column in zip(*lines, strict=True)]
    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        for cell, width in zip(line, widths, strict=True):
            cell.pad_right(width - cell.cell_len)
        whole = Text(_GAP).join(line)
        whole.rstrip()
        console.print(whole)


def _cell(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(" ".join(cell.split()))
