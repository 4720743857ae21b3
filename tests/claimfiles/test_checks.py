from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.claimfiles.checks import checks_of, severity, worst
from gate.claimfiles.model import ClaimKind, ClaimProblem, FileClaim, FileClaimLine, NpiSource
from gate.decision.model import DecisionCode

DAYS = [date(2026, 3, day) for day in (8, 10, 12)]


def claim(
    *lines: FileClaimLine, kind: ClaimKind = ClaimKind.PROFESSIONAL, source: NpiSource = NpiSource.RENDERING
) -> FileClaim:
    return FileClaim(
        claim_id="A1",
        claim_key="1",
        kind=kind,
        position=1,
        rendering_npi="1234567893",
        rendering_source=source,
        billing_npi="1999996666",
        state="TX",
        service_date=DAYS[0],
        service_end_date=DAYS[2],
        taxonomy_code="207Q00000X",
        charge_cents=1000,
        lines=lines,
    )


def line(
    number: int, day: date | None = None, npi: str = "", state: str = "", cents: int | None = 100
) -> FileClaimLine:
    return FileClaimLine(
        line_number=number, rendering_npi=npi, state=state, service_date=day, service_end_date=day, charge_cents=cents
    )


def test_a_claim_without_differing_lines_is_one_question() -> None:
    (unit,) = checks_of(claim())

    assert (unit.line_number, unit.line_numbers, unit.charge_cents) == (0, (), 1000)
    assert (unit.service_date, unit.service_end_date) == (DAYS[0], DAYS[2])


def test_a_single_day_has_no_end() -> None:
    (unit,) = checks_of(claim(line(1, DAYS[1]), line(2, DAYS[1])))

    assert (unit.service_date, unit.service_end_date) == (DAYS[1], None)


def test_v5_the_billing_provider_is_asked_about_by_leaving_the_rendering_npi_out() -> None:
    (unit,) = checks_of(claim(source=NpiSource.BILLING))

    assert (unit.rendering_npi, unit.billing_npi) == ("", "1999996666")


def test_b1_d26_lines_on_different_days_are_different_questions_and_the_gap_between_is_none() -> None:
    units = checks_of(claim(line(1, DAYS[0]), line(2, DAYS[2]), line(3, DAYS[0])))

    assert [(unit.line_number, unit.line_numbers, unit.service_date, unit.service_end_date) for unit in units] == [
        (1, (1, 3), DAYS[0], None),
        (2, (2,), DAYS[2], None),
    ]


def test_v6_a_line_with_its_own_provider_is_asked_about_beside_the_claim() -> None:
    units = checks_of(claim(line(1), line(2, npi="1588667638", cents=250)))

    assert [(unit.line_number, unit.rendering_npi, unit.charge_cents) for unit in units] == [
        (0, "1234567893", 750),
        (2, "1588667638", 250),
    ]


def test_v6_a_claims_provider_who_rendered_no_line_is_not_asked_about() -> None:
    units = checks_of(claim(line(1, npi="1588667638"), line(2, npi="1588667638")))

    assert [(unit.rendering_npi, unit.line_numbers) for unit in units] == [("1588667638", (1, 2))]


def test_a_claims_taxonomy_says_nothing_about_another_provider_of_a_line() -> None:
    units = checks_of(claim(line(1), line(2, npi="1588667638"), line(3, npi="1234567893", state="NM")))

    assert [unit.taxonomy_code for unit in units] == ["207Q00000X", "", "207Q00000X"]


@pytest.mark.parametrize("kind", [ClaimKind.INSTITUTIONAL, ClaimKind.ROW])
def test_a_statement_or_a_row_is_asked_about_even_when_every_line_differs(kind: ClaimKind) -> None:
    assert [unit.line_number for unit in checks_of(claim(line(1, DAYS[1]), line(2, DAYS[2]), kind=kind))] == [0, 1, 2]


def test_a_blocked_claim_raises_no_question() -> None:
    blocked = FileClaim(
        claim_id="A1",
        claim_key="1",
        kind=ClaimKind.ROW,
        position=1,
        service_date=DAYS[0],
        service_end_date=DAYS[0],
        problems=(ClaimProblem("row 1", "no state"),),
    )

    assert checks_of(blocked) == ()


lines = st.lists(
    st.builds(
        line,
        st.integers(1, 99),
        st.sampled_from([None, *DAYS]),
        st.sampled_from(["", "1234567893", "1588667638"]),
        st.sampled_from(["", "TX", "NM"]),
        st.integers(0, 100),
    ),
    max_size=9,
    unique_by=lambda each: each.line_number,
)


@given(lines, st.sampled_from(ClaimKind))
def test_every_line_is_answered_once_and_no_money_is_counted_twice(
    given_lines: list[FileClaimLine], kind: ClaimKind
) -> None:
    units = checks_of(claim(*given_lines, kind=kind))

    answered = [number for unit in units for number in unit.line_numbers]
    assert len(answered) == len(set(answered))
    assert units
    assert all((unit.line_number == 0) == (unit.line_numbers == ()) for unit in units)
    assert set(answered) <= {each.line_number for each in given_lines}
    if units[0].line_number:
        assert set(answered) == {each.line_number for each in given_lines}
    assert sum(unit.charge_cents for unit in units) <= 1000


@given(lines, st.sampled_from(ClaimKind))
def test_the_order_of_lines_changes_no_question(given_lines: list[FileClaimLine], kind: ClaimKind) -> None:
    def questions(these: list[FileClaimLine]) -> set[object]:
        return {
            (unit.rendering_npi, unit.state, unit.service_date, unit.service_end_date, frozenset(unit.line_numbers))
            for unit in checks_of(claim(*these, kind=kind))
        }

    assert questions(given_lines) == questions(given_lines[::-1])


def test_d26_a_proven_negative_is_worse_than_no_answer_and_that_is_worse_than_a_pass() -> None:
    assert sorted(DecisionCode, key=severity) == [
        "PASS",
        "SOURCE_UNAVAILABLE",
        "ENROLLMENT_EXPIRED",
        "ENROLLMENT_INACTIVE",
        "ENROLLMENT_NOT_FOUND",
    ]


def test_a_code_of_a_later_release_is_never_hidden_by_a_pass() -> None:
    assert worst(["PASS", "SOMETHING_NEW", "ENROLLMENT_NOT_FOUND"]) == "SOMETHING_NEW"


@given(st.lists(st.sampled_from(DecisionCode), min_size=1))
def test_d26_only_passes_make_a_pass(codes: list[DecisionCode]) -> None:
    assert (worst(codes) == "PASS") == (set(codes) == {DecisionCode.PASS})
