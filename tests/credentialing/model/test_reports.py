"""Percentiles out of histograms, and the library of workflows."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.library import LIBRARY
from gate.credentialing.model.reports import duration, percentile, pipeline
from gate.credentialing.model.workflows import Workflow, accepted
from tests.credentialing.model.test_tasks import NOW

STAYS = st.lists(st.integers(0, 400), min_size=1, max_size=60)


def histogram(days: list[int]) -> dict[int, int]:
    return {each: days.count(each) for each in days}


@given(STAYS, st.integers(1, 100))
def test_a_percentile_is_a_stay_within_which_so_many_ended_and_no_shorter_one(days: list[int], share: int) -> None:
    found = percentile(histogram(days), share)

    assert found in days
    assert 100 * sum(each <= found for each in days) >= share * len(days)
    assert 100 * sum(each < found for each in days) < share * len(days)


@given(STAYS)
def test_a_duration_is_that_of_every_single_stay(days: list[int]) -> None:
    found = duration(ApplicationStatus.SUBMITTED, histogram(days))

    assert found.stays == len(days)
    assert found.average_days == pytest.approx(fmean(days), abs=0.051)
    assert found.median_days <= found.ninetieth_percentile_days <= max(days)


def test_a_pipeline_shows_every_status_and_adds_up() -> None:
    found = pipeline({ApplicationStatus.SUBMITTED: 3, ApplicationStatus.DENIED: 1}, overdue=2)

    assert [each.application_status for each in found.statuses] == list(ApplicationStatus)
    assert (found.total, found.overdue, sum(each.applications for each in found.statuses)) == (4, 2, 4)


def test_every_workflow_of_the_library_can_be_stored_as_it_is() -> None:
    assert len({template.id for template in LIBRARY}) == len(LIBRARY)
    for template in LIBRARY:
        draft = template.workflow
        fields = {name: getattr(draft, name) for name in draft.__struct_fields__}
        kept = accepted(Workflow(**fields, payer_id="p", updated_at=NOW))
        assert [step.order for step in kept.task_templates] == list(range(1, len(kept.task_templates) + 1))
