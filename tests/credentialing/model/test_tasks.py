"""Laws of tasks: their completion, their progress, their days."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.credentialing.model.payers import Payer, PayerType, SupervisionLevel
from gate.credentialing.model.tasks import (
    Assignment,
    Task,
    TaskChange,
    TaskStatus,
    changed,
    is_overdue,
    planned,
    progress,
    task_of,
)
from gate.credentialing.model.workflows import TaskTemplate, Workflow, WorkflowType, steps_for
from gate.errors import InvalidInput

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
NEW = task_of(
    TaskTemplate(title="Write"),
    Assignment(provider_id="p", payer_id="q", portal_url=""),
    task_id="t",
    order=1,
    due=TODAY,
    now=NOW,
)
PAYER = Payer(
    id="q",
    name="Molina",
    payer_type=PayerType.MEDICAID,
    state="UT",
    requires_individual_contract=False,
    allows_supervised=False,
    requires_attending=False,
    supervision_level=SupervisionLevel.NONE,
    current_census=0,
    census_counted_on=None,
    created_at=NOW,
)
STATUSES = st.sampled_from(TaskStatus)
TEMPLATES = st.lists(
    st.builds(TaskTemplate, title=st.just("x"), order=st.integers(0, 9), estimated_days=st.integers(0, 365)), max_size=9
)


def workflow(kind: WorkflowType, *templates: TaskTemplate) -> Workflow:
    return Workflow(
        payer_id="q",
        workflow_type=kind,
        portal_url="",
        portal_instructions="",
        excel_template_url="",
        excel_submission_email="",
        credentialing_contact_name="",
        credentialing_contact_email="",
        typical_approval_days=None,
        task_templates=templates,
        updated_at=NOW,
    )


def to(task: Task, status: TaskStatus, day: date = TODAY) -> Task:
    return changed(task, TaskChange(task_status=status), day)


@given(st.lists(STATUSES, max_size=8))
def test_m7_a_task_has_a_day_of_completion_exactly_while_it_is_completed(statuses: list[TaskStatus]) -> None:
    task = NEW
    for day, status in enumerate(statuses):
        before, task = task, to(task, status, TODAY + timedelta(days=day))
        assert (task.completed_date is not None) == (status is TaskStatus.COMPLETED)
        if before.task_status is status:
            assert task.completed_date == before.completed_date


@given(st.lists(STATUSES, max_size=20))
def test_m8_what_does_not_apply_is_not_counted(statuses: list[TaskStatus]) -> None:
    tasks = [to(NEW, status) for status in statuses]
    counted = [status for status in statuses if status is not TaskStatus.NOT_APPLICABLE]
    found = progress(tasks)

    assert (found.total, found.completed) == (len(counted), counted.count(TaskStatus.COMPLETED))
    assert (found.percentage == 100) == (bool(counted) and set(counted) == {TaskStatus.COMPLETED})
    assert 0 <= found.percentage <= 100


def test_three_of_four_are_three_quarters() -> None:
    tasks = [to(NEW, TaskStatus.COMPLETED)] * 3 + [NEW, to(NEW, TaskStatus.NOT_APPLICABLE)]

    assert progress(tasks).percentage == 75


@given(TEMPLATES)
def test_m4_a_payer_s_own_templates_are_exactly_what_is_done_in_their_order(templates: list[TaskTemplate]) -> None:
    steps = steps_for(PAYER, workflow(WorkflowType.EXCEL_SUBMISSION, *templates))

    if templates:
        assert list(steps) == sorted(templates, key=lambda template: template.order)
    else:
        assert len(steps) == 4


@given(TEMPLATES)
def test_each_step_is_due_when_those_before_it_took_as_long_as_estimated(templates: list[TaskTemplate]) -> None:
    days = [due for _, due in planned(templates, TODAY)]

    assert days == sorted(days)
    assert all(day >= TODAY for day in days)
    if templates:
        assert days[-1] == TODAY + timedelta(days=sum(template.estimated_days for template in templates))


@pytest.mark.parametrize(
    ("kind", "titles"),
    [
        (WorkflowType.INSTANT_NETWORK, ["Notify payer of provider addition"]),
        (
            WorkflowType.EXCEL_SUBMISSION,
            [
                "Download Excel roster template",
                "Add provider to template",
                "Submit roster to payer",
                "Confirm receipt",
            ],
        ),
        (
            WorkflowType.ONLINE_PORTAL,
            [
                "Obtain portal credentials",
                "Submit provider application",
                "Record application ID",
                "Follow up on status",
            ],
        ),
    ],
)
def test_m1_m2_m3_each_type_has_its_steps_in_their_order(kind: WorkflowType, titles: list[str]) -> None:
    assert [step.title for step in steps_for(PAYER, workflow(kind))] == titles


def test_without_a_workflow_an_individual_contract_makes_the_difference() -> None:
    assert len(steps_for(PAYER, None)) == 1
    assert len(steps_for(msgspec.structs.replace(PAYER, requires_individual_contract=True), None)) == 4


@given(STATUSES, st.integers(-30, 30))
def test_only_what_is_left_to_do_is_overdue(status: TaskStatus, days: int) -> None:
    task = to(NEW, status)

    late = status not in {TaskStatus.COMPLETED, TaskStatus.NOT_APPLICABLE} and days > 0
    assert is_overdue(task, TODAY + timedelta(days=days)) == late


def test_a_document_s_address_is_of_the_web() -> None:
    with pytest.raises(InvalidInput, match="uploaded_document_url"):
        changed(NEW, TaskChange(uploaded_document_url="file:///etc/passwd"), TODAY)
