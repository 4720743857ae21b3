"""How much there is to do: the counts are as long as the lists, and what comes first comes first."""

from datetime import date, timedelta

import msgspec
import pytest

from gate.credentialing.model.applications import ApplicationChange, ApplicationFilter, ApplicationStatus
from gate.credentialing.model.credentials import (
    Credential,
    CredentialDraft,
    CredentialKind,
    ExpiringFilter,
    RenewalDraft,
    RenewalFilter,
)
from gate.credentialing.model.enrollments import Enrollment, EnrollmentChange, EnrollmentStatus
from gate.credentialing.model.tasks import TaskFilter, TaskStatus
from gate.credentialing.model.workflows import WorkflowType
from gate.credentialing.model.workload import Foremost, Workload
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT = 3


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


async def credential(office: Office, days: int | None, coordinator: str = "") -> Credential:
    draft = CredentialDraft(
        provider_id=(await office.provider()).id,
        kind=CredentialKind.LICENSE,
        number=f"L{days}",
        expires_on=None if days is None else day(days),
        coordinator=coordinator,
    )
    return await office.do(office.credentials.create, draft, office.by)


async def enrolled(office: Office, days: int, coordinator: str = "", payer: str = "Molina") -> Enrollment:
    return await office.enrollment(
        await office.provider(),
        await office.payer(payer),
        status=EnrollmentStatus.ENROLLED,
        recert_due_on=day(days),
        coordinator=coordinator,
    )


async def counted(office: Office) -> Workload:
    """By the lists themselves, which are what the counts lead to."""

    async def expiring(within_days: int) -> list[Credential]:
        page = await office.read(office.credentials.expiring, ExpiringFilter(within_days=within_days))
        return [listed.credential for listed in page.items]

    deadlines = (await office.read(office.enrollments.deadlines)).items
    late = await office.read(office.tasks.list, TaskFilter(is_overdue=True))
    by_status = {
        status: len((await office.read(office.applications.list, ApplicationFilter(application_status=status))).items)
        for status in (ApplicationStatus.SUBMITTED, ApplicationStatus.UNDER_REVIEW)
    }
    return Workload(
        expired=sum(each.expires_on is not None and each.expires_on < office.today for each in await expiring(0)),
        expiring_30=len(await expiring(30)),
        expiring_60=len(await expiring(60)),
        expiring_90=len(await expiring(90)),
        deadlines=len(deadlines),
        overdue_deadlines=sum(each.days_remaining < 0 for each in deadlines),
        overdue_tasks=len(late.items),
        submitted_applications=by_status[ApplicationStatus.SUBMITTED],
        under_review_applications=by_status[ApplicationStatus.UNDER_REVIEW],
        overdue_applications=len(await office.overdue()),
        waiting_renewals=len((await office.read(office.renewals.list, RenewalFilter())).items),
    )


async def counts(office: Office) -> Workload:
    """What is kept, which has to be as long as the lists are."""
    kept = await office.read(office.workload.counts)
    assert kept == await counted(office)
    return kept


async def foremost(office: Office, login: str = "ann") -> Foremost:
    return await office.read(office.workload.foremost, login, LIMIT)


async def test_nothing_is_counted_where_there_is_nothing(office: Office) -> None:
    assert set(msgspec.structs.asdict(await counts(office)).values()) == {0}


async def test_what_expires_is_counted_as_the_inbox_lists_it(office: Office) -> None:
    one, *_ = [await credential(office, days) for days in (-1, 0, 30, 31, 60, 90, 91, None)]
    found = await counts(office)
    assert (found.expired, found.expiring_30, found.expiring_60, found.expiring_90) == (1, 3, 5, 6)

    await office.do(office.credentials.snooze, [one.id], day(7), office.by)
    assert (await counts(office)).expiring_90 == 5
    office.later(7)
    assert (await counts(office)).expired == 2

    await office.do(office.credentials.archive, one.id, office.by)
    assert (await counts(office)).expired == 1


async def test_deadlines_are_counted_as_their_list_shows_them(office: Office) -> None:
    one, other, *_ = [await enrolled(office, days) for days in (-3, 10, 90, 91)]
    assert ((await counts(office)).deadlines, (await counts(office)).overdue_deadlines) == (3, 1)

    await office.do(office.deadlines.snooze, [one.id, other.id], day(2), office.by)
    assert ((await counts(office)).deadlines, (await counts(office)).overdue_deadlines) == (1, 0)
    office.later(2)
    assert ((await counts(office)).deadlines, (await counts(office)).overdue_deadlines) == (4, 1)

    await office.do(office.enrollments.update, one.id, EnrollmentChange(recert_due_on=day(500)), office.by)
    await office.do(office.enrollments.update, other.id, EnrollmentChange(status=EnrollmentStatus.INACTIVE), office.by)
    assert (await counts(office)).deadlines == 2


async def test_tasks_and_applications_are_counted_while_something_is_left_to_do(office: Office) -> None:
    provider = await office.provider()
    payer = await office.payer_with(WorkflowType.ONLINE_PORTAL, typical_approval_days=30)
    made = await office.choose(provider, payer)
    application = (await office.read(office.applications.get, made.details[0].application_id)).application
    application = await office.move(application, ApplicationStatus.SUBMITTED)
    tasks = await office.tasks_of(provider)
    assert (await counts(office)).submitted_applications == 1

    office.later(40)
    found = await counts(office)
    assert found.overdue_tasks > 1
    assert found.overdue_applications == 1

    await office.change_tasks(tasks[0], task_status=TaskStatus.COMPLETED)
    assert (await counts(office)).overdue_tasks == found.overdue_tasks - 1
    await office.change_tasks(tasks[0], task_status=TaskStatus.BLOCKED)
    await office.move(application, ApplicationStatus.UNDER_REVIEW)
    assert (await counts(office)).overdue_tasks == found.overdue_tasks
    await office.do(office.applications.archive, application.id, office.by)
    assert set(msgspec.structs.asdict(await counts(office)).values()) == {0}


async def test_a_renewal_is_counted_until_its_review(office: Office) -> None:
    one = await credential(office, 10)
    draft = RenewalDraft(expires_on=day(400), document_reference="new.pdf")
    renewal = await office.do(office.renewals.submit, one.id, draft, office.by)
    assert (await counts(office)).waiting_renewals == 1

    await office.do(office.renewals.approve, renewal.id, office.by)
    found = await counts(office)
    assert (found.waiting_renewals, found.expiring_30) == (0, 0)


async def test_the_first_are_somebody_s_own_and_nobody_s_and_no_one_else_s(office: Office) -> None:
    await enrolled(office, -9, "bob")
    own, nobodys = await enrolled(office, 5, "ann", "Aetna"), await enrolled(office, 4)
    mine, free = await credential(office, 3, "ann"), await credential(office, 2)
    await credential(office, -40, "bob")

    found = await foremost(office)

    assert {each.enrollment.id: each.days_remaining for each in found.deadlines} == {own.id: 5, nobodys.id: 4}
    assert {each.enrollment.id: each.payer_name for each in found.deadlines}[own.id] == "Aetna"
    assert {each.credential.id: each.provider_name for each in found.credentials} == dict.fromkeys(
        (mine.id, free.id), "Jane Doe"
    )
    assert len((await foremost(office, "bob")).deadlines) == 2
    assert [each.enrollment.id for each in (await foremost(office, "a\nb")).deadlines] == [nobodys.id]


async def test_the_first_are_the_most_pressing_and_not_those_that_are_put_off(office: Office) -> None:
    made = {days: await enrolled(office, days) for days in (9, -5, 3, 200, 1)}
    await office.do(office.deadlines.snooze, [made[-5].id], day(2), office.by)

    assert [each.days_remaining for each in (await foremost(office)).deadlines] == [1, 3, 9]
    office.later(2)
    assert [each.days_remaining for each in (await foremost(office)).deadlines] == [-7, -1, 1]


async def test_overdue_applications_and_open_tasks_come_with_names(office: Office) -> None:
    provider = await office.provider("Roe")
    payer = await office.payer_with(WorkflowType.ONLINE_PORTAL, "Aetna", typical_approval_days=30)
    made = await office.choose(provider, payer)
    application = (await office.read(office.applications.get, made.details[0].application_id)).application
    assert (await foremost(office)).applications == []
    tasks = (await foremost(office)).tasks
    assert {(each.payer_name, each.provider_name) for each in tasks} == {("Aetna", "Jane Roe")}
    assert len(tasks) == LIMIT

    await office.move(application, ApplicationStatus.SUBMITTED)
    office.later(500)
    (late,) = (await foremost(office)).applications
    assert (late.payer_name, late.provider_name, late.is_overdue) == ("Aetna", "Jane Roe", True)
    taken = ApplicationChange(assigned_to="bob")
    await office.do(office.applications.update, application.id, taken, office.by)
    assert (await foremost(office)).applications == []


async def test_nothing_of_another_tenant_is_counted_or_comes_first(office: Office) -> None:
    await credential(office, 2)
    await enrolled(office, -2)
    others = office.of_others()

    assert set(msgspec.structs.asdict(await counts(others)).values()) == {0}
    found = await foremost(others)
    assert (found.deadlines, found.credentials, found.tasks) == ([], [], [])
