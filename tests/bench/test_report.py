"""How a run is told, kept, and compared with an earlier one."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from gate.bench.machine import this_machine
from gate.bench.model import Measured, Unit, at_least, at_most, exactly, of_rounds
from gate.bench.report import Report, are_reached, changes, details, from_json, remarks_on, table, to_json

ECHO = of_rounds("P1", "warm CheckClaim", [0.8, 0.9, 1.0], bound=at_least(0.85), detail="requests/s: bare 3 300")
SLOWER = of_rounds("P1", "warm CheckClaim", [0.7, 0.72, 0.74], bound=at_least(0.85))


def report(*figures: Measured, **facts: Any) -> Report:
    known = {
        "taken_at": datetime(2026, 3, 10, 14, 30, tzinfo=UTC),
        "seconds": 61.5,
        "quick": False,
        "load": "h2load",
        "machine": this_machine(),
    }
    return Report(figures=figures, **{**known, **facts})


def test_a_line_tells_its_value_the_middle_half_of_its_rounds_its_bound_and_whether_it_holds() -> None:
    assert table([ECHO]) == [
        ("P1", "warm CheckClaim", "0.900 ×", "0.850 × … 0.950 ×", "≥ 0.850 ×", "holds"),
    ]


@pytest.mark.parametrize(
    ("unit", "value", "bound", "told"),
    [
        (Unit.TIMES, 123.4, at_least(100), ("123 ×", "≥ 100 ×")),
        (Unit.SHARE, 0.084, at_most(0.1), ("+8.4%", "≤ +10.0%")),
        (Unit.MILLISECONDS, 3.456, at_most(5), ("3.46 ms", "≤ 5.00 ms")),
        (Unit.BYTES, 660_400_000.0, at_most(1e9), ("660 MB", "≤ 1,000 MB")),
        (Unit.CALLS, 1.0, exactly(1), ("1", "= 1")),
        (Unit.SECONDS, 1.234, at_most(2), ("1.23 s", "≤ 2.00 s")),
    ],
)
def test_values_are_told_in_their_units(unit: Unit, value: float, bound: Any, told: tuple[str, str]) -> None:
    [row] = table([Measured(figure="P6", what="it", unit=unit, value=value, bound=bound)])

    assert (row[2], row[4], row[5]) == (*told, "holds")


def test_what_was_not_measured_says_so_in_the_table_and_why_below_it() -> None:
    line = Measured(figure="P3", what="Redis-only hit", detail="not measured: no redis-server on the path")

    assert table([line]) == [("P3", "Redis-only hit", "", "", "", "not measured")]
    assert details([line]) == ["P3  Redis-only hit: not measured: no redis-server on the path"]


def test_a_run_is_the_same_after_it_was_written_and_read() -> None:
    run = report(ECHO, Measured(figure="P3", what="Redis-only hit", detail="not measured: no Redis"))

    assert from_json(to_json(run)) == run


@pytest.mark.parametrize("written", [b"", b"[]", b'{"figures": []}', b"P1 0.9"])
def test_what_is_no_run_is_not_read_as_one(written: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reader says
        from_json(written)


def test_a_comparison_shows_by_how_much_each_ratio_changed_and_where_the_verdict_did() -> None:
    assert changes(report(SLOWER), report(ECHO)) == [
        ("P1", "warm CheckClaim", "0.900 ×", "0.720 ×", "-20.0%", "holds → does not hold"),
    ]
    assert changes(report(ECHO), report(ECHO))[0][-2:] == ("+0.0%", "holds")


def test_a_cost_changes_by_points() -> None:
    def cost(value: float) -> Report:
        return report(Measured(figure="P7", what="records", unit=Unit.SHARE, value=value, bound=at_most(0.1)))

    assert changes(cost(0.09), cost(0.06))[0][2:5] == ("+6.0%", "+9.0%", "+3.0 points")


def test_lines_of_one_run_only_are_shown_without_a_change() -> None:
    gone = Measured(figure="P1", what="exec to first answer", unit=Unit.SECONDS, value=1.5)

    assert changes(report(ECHO), report(gone)) == [
        ("P1", "warm CheckClaim", "", "0.900 ×", "", "holds"),
        ("P1", "exec to first answer", "1.50 s", "", "", "for information"),
    ]


def test_a_run_of_one_figure_is_compared_with_that_figure_only() -> None:
    start = Measured(figure="P9", what="exec to ready", unit=Unit.SECONDS, value=1.5)

    assert [row[0] for row in changes(report(ECHO), report(SLOWER, start))] == ["P1"]


def test_a_reader_is_told_where_two_runs_are_not_alike() -> None:
    other = msgspec.structs.replace(this_machine(), processor="another", cores=64)

    remarks = " ".join(remarks_on(report(ECHO), report(ECHO, machine=other, quick=True, load="Python clients")))

    assert "2026-03-10 14:30 UTC" in remarks
    assert "different machines" in remarks
    assert "quick" in remarks
    assert "by Python clients then, by h2load now" in remarks
    assert len(remarks_on(report(ECHO), report(ECHO))) == 1


def test_a_run_is_reached_unless_a_figure_fails() -> None:
    unmeasured = Measured(figure="P3", what="Redis-only hit", bound=at_most(2))

    assert are_reached([ECHO, unmeasured])
    assert not are_reached([ECHO, SLOWER])
