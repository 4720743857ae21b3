import importlib.util
import io
from datetime import date, timedelta
from pathlib import Path

import pytest

from gate.claimfiles.model import StateSource
from gate.claimfiles.reading import open_claim_file
from gate.demo.claim_file import DemoCase, write_demo_claims

TODAY = date(2026, 10, 1)
STATES = ("TX", "CA", "FL", "NY")
NPIS = ("1234567893", "1588667638", "1679576722", "1245319599")


def cases(count: int) -> list[DemoCase]:
    """As many cases as asked for, one after the other in the four states, every third over several days."""
    found = []
    for index in range(count):
        first = date(2026, 1, 1) + timedelta(days=index)
        found.append(
            DemoCase(
                npi=NPIS[index % 3],
                state=STATES[index % 4],
                service_date=first,
                service_end_date=None if index % 3 else first + timedelta(days=2),
                taxonomy_code="" if index % 5 == 0 else "207Q00000X",
                charge_cents=1 + index * 137,
                note="" if index % 2 else " lapsed – *before* the day: ~",
            )
        )
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 7, 200])
def test_what_is_written_is_what_is_read(tmp_path: Path, count: int) -> None:
    given = cases(count)
    path = tmp_path / "demo.837"

    assert write_demo_claims(path, given, TODAY) == count

    with open_claim_file(path) as claim_file:
        read = list(claim_file)
    assert claim_file.problems.count == 0
    assert [
        (
            claim.rendering_npi,
            claim.state,
            claim.service_date,
            claim.service_end_date,
            claim.taxonomy_code,
            claim.charge_cents,
        )
        for claim in read
    ] == [
        (
            case.npi,
            case.state,
            case.service_date,
            case.service_end_date or case.service_date,
            case.taxonomy_code,
            case.charge_cents,
        )
        for state in STATES
        for case in given
        if case.state == state
    ]
    assert not any(claim.problems or claim.lines for claim in read)
    assert len({claim.claim_id for claim in read}) == count


def test_the_file_is_as_varied_as_real_ones(tmp_path: Path) -> None:
    path = tmp_path / "demo.837"
    write_demo_claims(path, cases(200), TODAY)
    with open_claim_file(path) as claim_file:
        read = list(claim_file)

    assert len({claim.billing_npi for claim in read}) == 8
    assert {claim.state_source for claim in read} == {StateSource.BILLING, StateSource.FACILITY}
    assert len({claim.claim_key.rpartition("|")[0] for claim in read}) == 4


@pytest.mark.parametrize("most", [1, 7, 20, 50])
def test_a_state_of_many_claims_gets_several_transactions_with_the_same_claims(tmp_path: Path, most: int) -> None:
    whole, divided = tmp_path / "whole.837", tmp_path / "divided.837"
    write_demo_claims(whole, cases(80), TODAY)

    assert write_demo_claims(divided, cases(80), TODAY, most) == 80

    with open_claim_file(whole) as one, open_claim_file(divided) as several:
        asked = [(claim.claim_id, claim.rendering_npi, claim.state, claim.service_date) for claim in one]
        read = list(several)
    assert [(claim.claim_id, claim.rendering_npi, claim.state, claim.service_date) for claim in read] == asked
    assert several.problems.count == 0
    assert len({claim.claim_key.rpartition("|")[0] for claim in read}) == 4 * -(-20 // most)


def test_no_cases_make_a_file_without_transactions(tmp_path: Path) -> None:
    assert write_demo_claims(tmp_path / "demo.837", [], TODAY) == 0


@pytest.mark.skipif(
    importlib.util.find_spec("pyx12") is None, reason="pyx12, a validator of X12 files, is not installed"
)
def test_an_independent_validator_accepts_the_file(tmp_path: Path) -> None:
    import pyx12.params
    import pyx12.x12n_document

    path = tmp_path / "demo.837"
    write_demo_claims(path, cases(200), TODAY)
    acknowledgment = io.StringIO()

    assert pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), acknowledgment, None, None)
    assert "AK9*A*4*4*4" in acknowledgment.getvalue()
