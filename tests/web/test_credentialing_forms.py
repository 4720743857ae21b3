"""What people type into the forms of credentialing, and what is made of it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.enrollments import EnrollmentStatus
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.tasks import TaskChange, TaskStatus
from gate.credentialing.model.workflows import TaskTemplate
from gate.errors import Conflict, FieldViolation, InvalidInput
from gate.web.portal.credentialing import application_form, enrollment_form, payer_form, provider_form, task_form
from gate.web.portal.credentialing.days import day_in, days_in_words
from gate.web.portal.credentialing.fields import Fields, refused
from gate.web.portal.credentialing.views.payers import rows_in
from tests.web.credentialing_records import a_provider

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("", None),
        ("  ", None),
        ("2026-03-10", TODAY),
        ("3/10/26", TODAY),
        ("03/10/2026", TODAY),
        ("t", TODAY),
        ("Today", TODAY),
        ("+30", TODAY + timedelta(days=30)),
        ("-1", TODAY - timedelta(days=1)),
        ("2/29/24", date(2024, 2, 29)),
    ],
)
def test_days_are_read_as_people_type_them(typed: str, day: date | None) -> None:
    assert day_in(typed, TODAY) == day


@pytest.mark.parametrize("typed", ["2026-02-30", "13/1/26", "soon", "+", "10.3.2026", "٣/١٠/٢٦", "1/1/126"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"day|month|format|range|iso"):
        day_in(typed, TODAY)


@given(st.dates())
def test_every_day_is_read_back_as_it_is_shown(day: date) -> None:
    assert day_in(day.isoformat(), TODAY) == day


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_day_or_an_objection(typed: str) -> None:
    fields = Fields({"due_date": typed}, TODAY)

    day = fields.day("due_date")

    if day is None and typed.strip():
        with pytest.raises(InvalidInput):
            fields.settle()
    else:
        fields.settle()


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "1 day"), (14, "14 days"), (-1, "1 day overdue"), (-30, "30 days overdue")],
)
def test_r30_days_are_told_in_words(days: int, words: str) -> None:
    assert days_in_words(days) == words


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    typed = {"status": "gone", "effective_date": "soon", "recert_due_on": "later", "payer_id": "", "provider": ""}
    fields = Fields(typed, TODAY)

    with pytest.raises(InvalidInput) as refusal:
        enrollment_form.draft_in(fields, enrollment_form.the_one_meant(fields, []))

    assert refused(typed, refusal.value).errors.keys() == {
        "provider",
        "payer_id",
        "status",
        "effective_date",
        "recert_due_on",
    }


def test_a_new_enrollment_is_what_its_form_says() -> None:
    doe = a_provider("Doe")
    typed = {"provider": doe.npi, "payer_id": "p-1", "status": "enrolled", "recert_due_on": "+90", "notes": "a\r\nb "}
    fields = Fields(typed, TODAY)

    draft = enrollment_form.draft_in(fields, enrollment_form.the_one_meant(fields, [doe]))

    assert (draft.provider_id, draft.payer_id, draft.status) == (doe.id, "p-1", EnrollmentStatus.ENROLLED)
    assert (draft.recert_due_on, draft.effective_date, draft.notes) == (TODAY + timedelta(days=90), None, "a\nb")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([], "no provider on the roster"),
        ([a_provider("Doe", npi="1234567893"), a_provider("Doering")], "fits several: Jane Doe (1234567893)"),
        ([a_provider(f"Doe{number}") for number in range(5)], "and others"),
    ],
)
def test_a_name_that_fits_none_or_several_names_the_choice(found: list[Provider], words: str) -> None:
    fields = Fields({"provider": "doe"}, TODAY)

    assert enrollment_form.the_one_meant(fields, found) is None
    with pytest.raises(InvalidInput) as refusal:
        fields.settle()
    assert words in str(refusal.value)


def test_boxes_that_are_not_ticked_are_not_sent_and_mean_no() -> None:
    fields = Fields({"first_name": " Jane ", "taxonomies": "2084P0800X, 207Q00000X", "is_attending": "on"}, TODAY)

    draft = provider_form.draft_in(fields)

    assert (draft.first_name, draft.taxonomies) == ("Jane", ("2084P0800X", "207Q00000X"))
    assert (draft.is_attending, draft.is_supervising, draft.is_bookable) == (True, False, False)
    assert provider_form.change_in(fields).is_bookable is False


def test_of_one_task_changes_what_its_form_holds() -> None:
    typed = {"notes": "", "due_date": ""}

    assert task_form.change_in(typed, Fields(typed, TODAY)) == TaskChange(notes="", due_date=None)


def test_of_many_tasks_changes_only_what_was_filled_in() -> None:
    typed = {"task_status": "completed", "assigned_to": " ", "due_date": "", "task-7": "on", "task-8": "on"}

    change = task_form.change_of_many_in(typed, Fields(typed, TODAY))

    assert change == TaskChange(task_status=TaskStatus.COMPLETED)
    assert task_form.ticked(typed) == ["7", "8"]
    empty = {"task_status": "", "task-7": "on"}
    with pytest.raises(InvalidInput):
        task_form.change_of_many_in(empty, Fields(empty, TODAY))


def test_an_application_without_an_effective_date_leaves_it_to_the_day_of_approval() -> None:
    fields = Fields({"application_status": "approved", "effective_date": ""}, TODAY)

    change = application_form.change_in(fields, ApplicationStatus.SUBMITTED)

    assert change.effective_date is UNSET
    assert change.reapplication_eligible is False


def test_the_steps_of_a_workflow_are_those_that_have_a_title_in_the_order_of_their_rows() -> None:
    typed = {
        "workflow_type": "online_portal",
        "typical_approval_days": "30",
        "step-1-title": "Update CAQH profile",
        "step-1-days": "1",
        "step-2-title": " ",
        "step-2-description": "left over",
        "step-10-title": "Follow up",
        "step-10-days": "",
    }

    draft = payer_form.workflow_in(typed, Fields(typed, TODAY))

    assert draft.typical_approval_days == 30
    assert draft.task_templates == (
        TaskTemplate(title="Update CAQH profile", order=1, estimated_days=1),
        TaskTemplate(title="Follow up", order=2),
    )
    assert rows_in(typed) == list(range(1, 14)), "three spare rows below the last"


@pytest.mark.parametrize("typed", ["-1", "1.5", "many", "1" * 10, "٣"])
def test_what_is_no_number_is_refused_by_its_field(typed: str) -> None:
    fields = Fields({"name": "Molina", "current_census": typed}, TODAY)

    with pytest.raises(InvalidInput, match="current_census"):
        payer_form.draft_in(fields)


def test_objections_to_an_item_stand_beside_the_field_that_holds_the_list() -> None:
    typed = {"states": "UT XX YY"}

    form = refused(
        typed, InvalidInput(FieldViolation("states[1]", "is no state"), FieldViolation("states[2]", "nor is"))
    )

    assert (form.value("states"), form.error("states"), form.trouble) == ("UT XX YY", "is no state", "")
    assert refused(typed, Conflict("another has it")).trouble == "another has it"
