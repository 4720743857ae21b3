import csv
import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from gate.claimfiles.asked import asked
from gate.claimfiles.checks import checks_of
from gate.claimfiles.model import ClaimKind, ClaimProblem, FileClaim, FileClaimLine, NpiSource
from gate.claimfiles.result_files import ResultFormat, open_results
from gate.claimfiles.results import CheckAnswer, CheckFailure, ClaimFailure, ClaimResult, Result, result_of
from gate.claimfiles.summary import ERROR, Summary, Tally

DAY = date(2026, 3, 10)
LATER = date(2026, 3, 12)
PASS = CheckAnswer(code="PASS", action="CONTINUE", would_action="CONTINUE", decision_id="d1", warnings=("FUTURE_DOS",))
EXPIRED = CheckAnswer(
    code="ENROLLMENT_EXPIRED",
    action="CONTINUE",
    would_action="PEND_REVIEW",
    decision_id="d2",
    warnings=("DATA_CONFLICT",),
)
UNAVAILABLE = CheckAnswer(code="SOURCE_UNAVAILABLE", action="PEND_REVIEW", would_action="PEND_REVIEW", decision_id="d3")


def claim(*days: date, claim_id: str = "A1", **changes: object) -> FileClaim:
    lines = tuple(
        FileClaimLine(line_number=number, service_date=day, service_end_date=day) for number, day in enumerate(days, 1)
    )
    base = FileClaim(
        claim_id=claim_id,
        claim_key="K|1",
        kind=ClaimKind.PROFESSIONAL,
        position=1,
        rendering_npi="1234567893",
        billing_npi="1999996666",
        state="TX",
        service_date=DAY,
        service_end_date=LATER,
        charge_cents=1000,
        lines=lines,
    )
    return msgspec.structs.replace(base, **changes)


def result(found: FileClaim, *answers: CheckAnswer | CheckFailure) -> Result:
    units = checks_of(found)
    assert len(units) == len(answers)
    return result_of(asked(found, units), answers)


def test_a_claims_answer_is_written_with_what_was_asked() -> None:
    found = result(claim(), PASS)

    assert isinstance(found, ClaimResult)
    assert (found.claim_id, found.claim_key, found.rendering_npi, found.billing_npi) == (
        "A1",
        "K|1",
        "1234567893",
        "1999996666",
    )
    assert (found.service_date, found.service_end_date, found.charge_cents) == (DAY, LATER, 1000)
    assert (found.code, found.decision_id, found.lines) == ("PASS", "d1", ())


def test_d26_two_lines_one_covered_one_not_the_claims_answer_is_the_worst_lines() -> None:
    found = result(claim(DAY, LATER), PASS, EXPIRED)

    assert isinstance(found, ClaimResult)
    assert (found.code, found.decision_id, found.would_action) == ("ENROLLMENT_EXPIRED", "d2", "PEND_REVIEW")
    assert found.warnings == ("FUTURE_DOS", "DATA_CONFLICT")
    assert [(line.line_number, line.code, line.service_date) for line in found.lines] == [
        (1, "PASS", DAY),
        (2, "ENROLLMENT_EXPIRED", LATER),
    ]


def test_the_action_is_the_strictest_of_any_line() -> None:
    found = result(claim(DAY, LATER), UNAVAILABLE, EXPIRED)

    assert isinstance(found, ClaimResult)
    assert (found.code, found.action) == ("ENROLLMENT_EXPIRED", "PEND_REVIEW")


def test_an_unanswered_line_does_not_hide_behind_one_that_passes() -> None:
    found = result(claim(DAY, LATER), PASS, UNAVAILABLE)

    assert isinstance(found, ClaimResult)
    assert found.code == "SOURCE_UNAVAILABLE"


def test_a_line_the_gate_refuses_makes_the_claim_a_failure() -> None:
    found = result(claim(DAY, LATER), PASS, CheckFailure("rendering_npi: not an NPI"))

    assert isinstance(found, ClaimFailure)
    assert (found.claim_id, found.error) == ("A1", "line 2: rendering_npi: not an NPI")


def test_a_blocked_claim_is_a_failure_with_what_is_known_of_it() -> None:
    found = result(claim(state="ZZ", problems=(ClaimProblem("N402", "no such state"),)))

    assert isinstance(found, ClaimFailure)
    assert (found.state, found.service_date, found.error) == ("ZZ", DAY, "N402: no such state")


def test_v5_a_line_answered_by_the_billing_provider_names_that_provider() -> None:
    found = result(claim(DAY, LATER, rendering_npi="1999996666", rendering_source=NpiSource.BILLING), PASS, PASS)

    assert isinstance(found, ClaimResult)
    assert {line.rendering_npi for line in found.lines} == {"1999996666"}


RESULTS = (
    result(claim(), PASS),
    result(claim(DAY, LATER, claim_id='=HYPERLINK("x")', state="NM"), PASS, EXPIRED),
    result(claim(claim_id="A,3\n", charge_cents=None, problems=(ClaimProblem("N402", "no state"),), state="")),
)


def test_jsonl_is_one_object_a_claim(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with open_results(path, ResultFormat.JSONL) as writer:
        writer.write(RESULTS[:2])
        writer.write(RESULTS[2:])

    first, second, third = map(json.loads, path.read_text().splitlines())
    assert list(first) == [
        *("claim_id", "claim_key", "rendering_npi", "billing_npi", "state", "service_date", "service_end_date"),
        *("charge_cents", "code", "detail", "warnings", "action", "would_action", "source", "freshness"),
        *("decision_id", "reason", "lines"),
    ]
    assert (first["service_date"], first["warnings"], first["lines"]) == ("2026-03-10", ["FUTURE_DOS"], [])
    assert [line["line_number"] for line in second["lines"]] == [1, 2]
    assert (third["claim_id"], third["error"]) == ("A,3\n", "N402: no state")
    assert "code" not in third


def test_i6_csv_is_one_row_a_claim_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with open_results(path, ResultFormat.CSV) as writer:
        writer.write(RESULTS)

    first, second, third = csv.DictReader(io.StringIO(path.read_text(), newline=""))
    assert (first["claim_id"], first["code"], first["service_end_date"], first["error"]) == (
        "A1",
        "PASS",
        "2026-03-12",
        "",
    )
    assert second["claim_id"] == '\'=HYPERLINK("x")'
    assert second["warnings"] == "FUTURE_DOS DATA_CONFLICT"
    assert [line["code"] for line in json.loads(second["lines"])] == ["PASS", "ENROLLMENT_EXPIRED"]
    assert (third["claim_id"], third["code"], third["error"], third["charge_cents"]) == (
        "A,3\n",
        "",
        "N402: no state",
        "",
    )


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_i6_every_beginning_of_a_formula_is_neutralised(tmp_path: Path, beginning: str) -> None:
    with open_results(tmp_path / "out.csv", ResultFormat.CSV) as writer:
        writer.write([result(claim(claim_id=f"{beginning}1"), PASS)])

    with (tmp_path / "out.csv").open(newline="") as stream:
        assert [row["claim_id"] for row in csv.DictReader(stream)] == [f"'{beginning}1"]


@pytest.mark.parametrize("form", ResultFormat)
def test_nothing_half_written_is_left_when_reading_fails(tmp_path: Path, form: ResultFormat) -> None:
    path = tmp_path / "out"
    path.write_text("yesterday's results")

    def results() -> Iterator[Result]:
        yield from RESULTS
        assert path.read_text() == "yesterday's results"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_results(path, form) as writer:
        writer.write(results())
    assert path.read_text() == "yesterday's results"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_link_is_written_through_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "link").symlink_to("real")
    with open_results(tmp_path / "link", ResultFormat.JSONL) as writer:
        writer.write(RESULTS[:1])

    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "real").read_text())["claim_id"] == "A1"


def test_a_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_text()))
    reader.start()
    with open_results(pipe, ResultFormat.JSONL) as writer:
        writer.write(RESULTS[:1])
    reader.join()

    assert json.loads(seen[0])["claim_id"] == "A1"
    assert pipe.is_fifo()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_results(tmp_path / "absent" / "out", ResultFormat.CSV):
        pass


def test_standard_output_is_written_to_and_left_open(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with open_results("-", ResultFormat.JSONL) as writer:
        writer.write(RESULTS[:1])

    assert not sys.stdout.closed
    assert json.loads(capfdbinary.readouterr().out)["claim_id"] == "A1"


def test_the_summary_counts_claims_and_money_by_code_state_and_action() -> None:
    summary = Summary()
    for each in RESULTS:
        summary.add(each)

    assert summary.total == Tally(3, 2000)
    assert summary.by_code == {"PASS": Tally(1, 1000), "ENROLLMENT_EXPIRED": Tally(1, 1000), ERROR: Tally(1, 0)}
    assert summary.by_state == {"TX": Tally(1, 1000), "NM": Tally(1, 1000), "--": Tally(1, 0)}
    assert summary.by_state_and_code[("NM", "ENROLLMENT_EXPIRED")] == Tally(1, 1000)
    assert summary.by_action == {"CONTINUE": Tally(2, 2000)}
    assert summary.by_would_action == {"CONTINUE": Tally(1, 1000), "PEND_REVIEW": Tally(1, 1000)}
    assert summary.errors == 1
