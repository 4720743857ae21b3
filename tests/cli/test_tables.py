"""Tables on standard output."""

import pytest
from rich.text import Text

from gate.cli.tables import show_table

DECISION = "01a20158-531c-7361-82ca-66b589a6f9a7"


def test_nothing_is_cut_in_a_narrow_window(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    show_table(("decision", "answer", "claim"), [(DECISION, Text("ENROLLMENT_EXPIRED", style="yellow"), "TX00007")])

    assert capsys.readouterr().out.splitlines() == [
        "decision                              answer              claim",
        f"{DECISION}  ENROLLMENT_EXPIRED  TX00007",
    ]


def test_what_people_typed_is_shown_as_it_is_and_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("account", "state"), [("[/red] :smile:", "good"), ("two\nlines", "")])

    assert capsys.readouterr().out.splitlines() == ["account         state", "[/red] :smile:  good", "two lines"]
