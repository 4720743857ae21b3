"""What somebody does about a deadline: give it to somebody, put it off, start to renew."""

from datetime import timedelta

import pytest

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.enrollments import DeadlineFilter, Enrollment, EnrollmentChange, EnrollmentStatus
from gate.credentialing.model.tasks import TaskStatus
from gate.credentialing.model.workflows import WorkflowType
from gate.errors import InvalidInput, NotFound
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def enrolled(office: Office, *, due_in: int = 10, coordinator: str = "") -> Enrollment:
    payer = await office.payer_with(WorkflowType.ONLINE_PORTAL, portal_url="https://portal.example")
    return await office.enrollment(
        await office.provider(),
        payer,
        status=EnrollmentStatus.ENROLLED,
        recert_due_on=TODAY + timedelta(days=due_in),
        coordinator=coordinator,
    )


async def shown(office: Office, **wanted: object) -> list[str]:
    filtered = DeadlineFilter(**wanted)  # type: ignore[arg-type]  # by name
    page = await office.read(office.enrollments.deadlines, wanted=filtered)
    return [each.enrollment.id for each in page.items]


async def test_deadlines_are_given_to_somebody_all_or_none(office: Office) -> None:
    one, other = await enrolled(office), await enrolled(office)

    await office.do(office.deadlines.assign, [one.id], "ann", office.by)
    assert (await shown(office, coordinator="ann"), len(await shown(office))) == ([one.id], 2)
    with pytest.raises(NotFound):
        await office.do(office.deadlines.assign, [other.id, one.id[::-1]], "ann", office.by)
    assert await shown(office, coordinator="ann") == [one.id]
    with pytest.raises(InvalidInput):
        await office.do(office.deadlines.assign, [one.id], "a\nb", office.by)


async def test_a_deadline_that_is_put_off_comes_back_by_itself(office: Office) -> None:
    one = await enrolled(office)
    await office.do(office.deadlines.snooze, [one.id], TODAY + timedelta(days=2), office.by)

    assert (await shown(office), await shown(office, is_snoozed=True)) == ([], [one.id])
    office.later(2)
    assert (await shown(office), await shown(office, is_snoozed=True)) == ([one.id], [])


async def test_a_deadline_is_back_at_once_when_its_day_changes_or_somebody_says_so(office: Office) -> None:
    one = await enrolled(office)
    await office.do(office.deadlines.snooze, [one.id], TODAY + timedelta(days=2), office.by)
    change = EnrollmentChange(recert_due_on=TODAY + timedelta(days=5))
    await office.do(office.enrollments.update, one.id, change, office.by)
    assert await shown(office) == [one.id]

    await office.do(office.deadlines.snooze, [one.id], TODAY + timedelta(days=2), office.by)
    await office.do(office.deadlines.snooze, [one.id], None, office.by)
    assert await shown(office) == [one.id]
    with pytest.raises(InvalidInput):
        await office.do(office.deadlines.snooze, [one.id], TODAY, office.by)


async def test_starting_to_renew_begins_the_application_and_its_tasks_where_there_is_none(office: Office) -> None:
    one = await enrolled(office)

    started = await office.do(office.deadlines.start_reverification, one.id, office.by)

    (progress,) = (await office.dashboard(await office.read(office.providers.get, one.provider_id))).payers
    assert (started.application_id, started.tasks_created) == (progress.application_id, progress.total_tasks) != ("", 0)
    assert not started.was_under_way


async def test_starting_to_renew_an_approved_application_opens_one_task_once(office: Office) -> None:
    one = await enrolled(office, coordinator="ann")
    provider = await office.read(office.providers.get, one.provider_id)
    payer = await office.read(office.payers.get, one.payer_id)
    made = await office.choose(provider, payer)
    application = (await office.read(office.applications.get, made.details[0].application_id)).application
    await office.move(application, ApplicationStatus.APPROVED)
    await office.change_tasks(*await office.tasks_of(provider), task_status=TaskStatus.COMPLETED)

    first = await office.do(office.deadlines.start_reverification, one.id, office.by)
    again = await office.do(office.deadlines.start_reverification, one.id, office.by)

    assert (first.tasks_created, first.was_under_way) == (1, False)
    assert (again.tasks_created, again.was_under_way) == (0, True)
    task = (await office.tasks_of(provider))[-1]
    assert (task.title, task.assigned_to) == ("Re-verify the enrollment with Molina", "ann")
    assert (task.due_date, task.portal_url) == (TODAY + timedelta(days=10), "https://portal.example")
    await office.change_tasks(task, task_status=TaskStatus.COMPLETED)
    assert (await office.do(office.deadlines.start_reverification, one.id, office.by)).tasks_created == 1


async def test_another_tenant_s_deadlines_are_not_there(office: Office) -> None:
    one, others = await enrolled(office), office.of_others()

    with pytest.raises(NotFound):
        await others.do(others.deadlines.assign, [one.id], "ann", others.by)
    with pytest.raises(NotFound):
        await others.do(others.deadlines.snooze, [one.id], None, others.by)
    with pytest.raises(NotFound):
        await others.do(others.deadlines.start_reverification, one.id, others.by)
    assert await shown(others) == []
