"""`gate bench`, as far as nothing has to be measured; `tests/bench` measures."""

from tests.cli.shell import Shell


def test_a_figure_that_does_not_exist_is_refused_before_anything_starts(lonely: Shell) -> None:
    assert lonely.gate("bench", "P1", "P12").complaint == (
        "there is no figure P12, only P1, P2, P3, P4, P5, P6, P7, P8, P9, growth"
    )


def test_a_file_that_is_no_run_is_refused_before_anything_starts(lonely: Shell) -> None:
    (lonely.folder / "notes.json").write_text('{"P1": 0.9}')

    assert lonely.gate("bench", "--compare", "notes.json").complaint == (
        "notes.json: no run that `gate bench --json` wrote"
    )
