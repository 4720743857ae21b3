from datetime import date

import pytest

from gate.audit.model import AuditAction
from gate.checks.profile import Gap, ProviderQuestion, gaps_between, read_event
from sources.records import EnrollmentRecord
from tests.decision.building import NPI, segment
from tests.ledger.builders import ADA, NOON


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


def test_u2_the_audit_log_keeps_who_read_which_provider_s_file_and_of_which_day() -> None:
    event = read_event(ProviderQuestion(npi=NPI, states=["tx", "CA"], as_of=date(2026, 3, 1)), ADA, NOON)

    assert (event.action, event.object, event.actor, event.at) == (
        AuditAction.PROVIDER_READ,
        f"provider/{NPI}",
        ADA,
        NOON,
    )
    assert event.details == {"states": "TX CA", "as_of": "2026-03-01"}
