"""The pipeline, how long applications stay where, the calendar, and contracts against Medicaid enrollment."""

from datetime import date, timedelta

import icalendar
import pytest

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.contracts import ContractChange
from gate.credentialing.model.enrollments import EnrollmentStatus
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import PayerType
from gate.credentialing.model.reconciliation import MismatchKind, Standing
from gate.credentialing.model.tasks import TaskStatus
from gate.credentialing.model.workflows import TaskTemplate, WorkflowType
from gate.errors import InvalidInput
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

S, K = ApplicationStatus, MismatchKind
MEDICAID = {"payer_type": PayerType.MEDICAID, "state": "UT"}


async def test_the_pipeline_counts_what_is_not_archived_by_status(office: Office) -> None:
    molina = await office.payer_with(WorkflowType.ONLINE_PORTAL, typical_approval_days=5)
    for status in (S.SUBMITTED, S.SUBMITTED, S.UNDER_REVIEW, S.APPROVED):
        await office.application(await office.provider(), molina, S.SUBMITTED, status)
    gone = await office.application(await office.provider(), molina, S.SUBMITTED)
    await office.do(office.applications.archive, gone.id, office.by)
    office.later(6)

    summary = await office.read(office.reports.pipeline)

    counted = {each.application_status: each.applications for each in summary.statuses if each.applications}
    assert counted == {S.SUBMITTED: 2, S.UNDER_REVIEW: 1, S.APPROVED: 1}
    assert (summary.total, summary.overdue) == (4, 3)


async def test_how_long_applications_stand_where_is_told_by_payer_and_status(office: Office) -> None:
    molina, regence = await office.payer("Molina"), await office.payer("Regence")
    for days in (10, 20, 60):
        application = await office.application(await office.provider(), molina, S.SUBMITTED)
        office.later(days)
        await office.move(application, S.APPROVED)

    first, second = (await office.read(office.reports.durations)).items

    assert (first.payer_name, second.payer_name, second.statuses) == ("Molina", "Regence", [])
    submitted = next(each for each in first.statuses if each.application_status is S.SUBMITTED)
    assert (submitted.stays, submitted.average_days) == (3, 30.0)
    assert (submitted.median_days, submitted.ninetieth_percentile_days) == (20, 60)
    assert regence.id == second.payer_id
    page = await office.read(office.reports.durations, PageRequest(1))
    assert ([each.payer_name for each in page.items], bool(page.next_page_token)) == (["Molina"], True)
    assert (await office.of_others().read(office.of_others().reports.durations)).items == []


async def test_a_coordinator_s_calendar_holds_what_is_left_to_do_on_its_day(office: Office) -> None:
    doe, portal = await office.provider("Doe"), await office.payer_with(WorkflowType.ONLINE_PORTAL, "Molina, Utah")
    await office.choose(doe, portal)
    done, mine, other, undated = await office.tasks_of(doe)
    await office.change_tasks(done, mine, undated, assigned_to="ann")
    await office.change_tasks(done, task_status=TaskStatus.COMPLETED)
    await office.change_tasks(undated, due_date=None)
    await office.change_tasks(other, assigned_to="bob")
    standing = {"status": EnrollmentStatus.ENROLLED, "recert_due_on": TODAY + timedelta(days=9)}
    renewal = await office.enrollment(doe, portal, coordinator="ann", **standing)
    await office.enrollment(doe, portal, coordinator="bob", **standing)

    feed = icalendar.Calendar.from_ical(await office.read(office.reports.calendar, "ann"))

    events = {str(event["uid"]): event for event in feed.walk("VEVENT")}
    assert events.keys() == {f"task-{mine.id}@enrollment-gate", f"enrollment-{renewal.id}@enrollment-gate"}
    event = events[f"task-{mine.id}@enrollment-gate"]
    assert (event.decoded("dtstart"), str(event["summary"])) == (
        mine.due_date,
        "Submit provider application: Molina, Utah, Jane Doe",
    )
    deadline = events[f"enrollment-{renewal.id}@enrollment-gate"]
    assert deadline.decoded("dtstart") == TODAY + timedelta(days=9)
    others = office.of_others()
    assert "VEVENT" not in await others.read(others.reports.calendar, "ann")
    assert "VEVENT" not in await office.read(office.reports.calendar, "")
    for nobody in ("no\0body", "a\r\nATTENDEE:b", "a" * 201):
        with pytest.raises(InvalidInput, match="coordinator"):
            await office.read(office.reports.calendar, nobody)


async def test_what_somebody_wrote_adds_nothing_else_to_a_calendar(office: Office) -> None:
    step = TaskTemplate(title="Call; ask, wait", description="first line\r\nEND:VEVENT\nsecond", estimated_days=1)
    payer = await office.payer_with(WorkflowType.ONLINE_PORTAL, "Payer:\\;,", task_templates=(step,))
    doe = await office.provider()
    await office.choose(doe, payer)
    await office.change_tasks(*await office.tasks_of(doe), assigned_to="ann;CN=x:y,z")

    feed = icalendar.Calendar.from_ical(await office.read(office.reports.calendar, "ann;CN=x:y,z"))

    (event,) = feed.walk("VEVENT")
    assert str(event["summary"]) == "Call; ask, wait: Payer:\\;,, Jane Doe"
    assert str(event["description"]).splitlines() == ["first line", "END:VEVENT", "second"]


@pytest.mark.parametrize(
    ("standing", "taxonomies", "kinds"),
    [
        (Standing.ENROLLED, ("2084P0800X",), []),
        (Standing.ENROLLED, (), []),
        (Standing.ENROLLED, ("207Q00000X",), [K.TAXONOMY_MISMATCH]),
        (Standing.NOT_ENROLLED, (), [K.CONTRACTED_NOT_ENROLLED]),
        (Standing.UNKNOWN, (), [K.NOT_VERIFIED]),
    ],
)
async def test_a_contract_is_held_against_what_the_state_said(
    office: Office, standing: Standing, taxonomies: tuple[str, ...], kinds: list[MismatchKind]
) -> None:
    doe = await office.provider(taxonomies=("2084P0800X",))
    await office.application(doe, await office.payer("Molina", **MEDICAID), S.APPROVED)
    office.heard(doe, "UT", standing, *taxonomies)

    assert await office.found() == [(kind, "UT", "Molina") for kind in kinds]


async def test_who_is_enrolled_where_no_medicaid_payer_has_them_is_told(office: Office) -> None:
    doe = await office.provider(states=("UT", "TX"))
    await office.application(doe, await office.payer("Aetna", state="UT"), S.APPROVED)
    office.heard(doe, "UT", Standing.ENROLLED)
    office.heard(doe, "TX", Standing.NOT_ENROLLED)

    assert await office.found() == [(K.ENROLLED_NOT_CONTRACTED, "UT", "")]


async def test_only_contracts_in_force_and_fresh_knowledge_count(office: Office) -> None:
    doe = await office.provider()
    await office.application(doe, await office.payer("Molina", **MEDICAID), S.APPROVED)
    office.heard(doe, "UT", Standing.NOT_ENROLLED, days_ago=31)
    assert await office.found() == [(K.NOT_VERIFIED, "UT", "Molina")]

    (contract,) = await office.contracts_of(doe)
    change = ContractChange(effective_date=date(2020, 1, 1), end_date=date(2025, 12, 31))
    await office.do(office.contracts.update, contract.id, change, office.by)
    assert await office.found() == []


async def test_who_looked_is_in_the_audit_log_and_other_tenants_see_nothing(office: Office) -> None:
    doe = await office.provider()
    await office.application(doe, await office.payer(**MEDICAID), S.APPROVED)
    others = office.of_others()

    assert await others.found() == []
    assert len(await office.found()) == 1
    assert (await office.audited())[-1] == ("credentialing.reconciled", "credentialing_reconciliation")
    assert '"found":1' in (await office.audit_details())[-1]
