"""CSV that a spreadsheet can be trusted with, however it is made."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.csv_text import csv_lines

SIGNS = ("=", "+", "-", "@", "\t", "\r")
texts = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(["", *SIGNS, '"', ",", "\n", "'"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00") | st.sampled_from(SIGNS), max_size=8),
)
rows_of_cells = st.lists(st.lists(texts | st.none() | st.integers(), min_size=2, max_size=5), min_size=1, max_size=4)


def plainly(rows: Sequence[Sequence[str | int | None]]) -> bytes:
    """By a look at every cell."""
    harmless = [
        [f"'{cell}" if isinstance(cell, str) and cell.startswith(SIGNS) else cell for cell in row] for row in rows
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(harmless)
    return text.getvalue().encode()


@given(rows_of_cells)
@example([["a,-b", 'a"-b', "a\n-b"]])
@example([[-5, None], [0, -1]])
def test_i6_what_is_passed_over_at_a_glance_is_no_formula(rows: list[list[str | int | None]]) -> None:
    assert csv_lines(rows) == plainly(rows)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("quoted", ["", ",", '"'], ids=["bare", "quoted", "with a quote"])
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_i6_a_formula_is_seen_wherever_it_is_the_only_one(sign: str, quoted: str, place: tuple[int, int]) -> None:
    rows = [["a", "b"], ["c", "d"]]
    rows[place[0]][place[1]] = f"{sign}1{quoted}"
    assert csv_lines(rows) == plainly(rows)
    assert b"'" in csv_lines(rows)
