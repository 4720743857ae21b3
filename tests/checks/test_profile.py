from datetime import date

import pytest

from gate.checks.profile import Gap, gaps_between
from sources.records import EnrollmentRecord
from tests.decision.building import segment


@pytest.mark.parametrize(
    ("records", "gaps"),
    [
        pytest.param([], [], id="nothing known"),
        pytest.param([segment()], [], id="one open period"),
        pytest.param([segment(end="2025-06-30"), segment(effective="2025-07-01")], [], id="S2 adjoining periods"),
        pytest.param(
            [segment(effective="2025-09-01"), segment(end="2025-06-30")],
            [Gap(date(2025, 7, 1), date(2025, 8, 31))],
            id="S1 a gap, whatever the order",
        ),
        pytest.param(
            [
                segment(end="2025-06-30"),
                segment("PENDING", "2025-07-01", "2025-08-31"),
                segment(effective="2025-09-01"),
            ],
            [Gap(date(2025, 7, 1), date(2025, 8, 31))],
            id="an application fills no gap",
        ),
        pytest.param(
            [
                segment(end="2026-12-31"),
                segment(effective="2025-03-01", end="2025-03-31"),
                segment(effective="2027-01-01"),
            ],
            [],
            id="a period within another opens none",
        ),
        pytest.param([segment(end="9999-12-31"), segment(effective="2026-01-01")], [], id="an end at the end of time"),
    ],
)
def test_gaps_are_the_days_between_periods_of_enrollment(records: list[EnrollmentRecord], gaps: list[Gap]) -> None:
    assert list(gaps_between(records)) == gaps
