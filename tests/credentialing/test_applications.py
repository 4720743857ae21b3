"""Applications through their statuses, and what an approval brings: rows M9 to M15."""

import asyncio
from datetime import date, timedelta

import pytest

from gate.credentialing.model.applications import ApplicationDraft, ApplicationFilter, ApplicationStatus
from gate.credentialing.model.contracts import ContractChange, ContractDraft
from gate.credentialing.model.enrollments import EnrollmentFilter, EnrollmentStatus
from gate.credentialing.model.workflows import WorkflowDraft, WorkflowType
from gate.errors import Conflict, InvalidInput, NotFound
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

S = ApplicationStatus
PORTAL = WorkflowType.ONLINE_PORTAL


async def test_a_provider_applies_to_a_payer_once(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    await office.application(doe, molina)

    with pytest.raises(Conflict):
        await office.application(doe, molina)


async def test_the_history_says_who_did_what_when(office: Office) -> None:
    application = await office.application(await office.provider(), await office.payer(), S.IN_PROGRESS)
    office.later(12)
    await office.move(application, S.SUBMITTED)

    detail = await office.read(office.applications.get, application.id)

    told = [(event.ordinal, event.from_status, event.to_status, event.days_in_from) for event in detail.history]
    assert told == [
        (1, None, S.NOT_STARTED, None),
        (2, S.NOT_STARTED, S.IN_PROGRESS, 0),
        (3, S.IN_PROGRESS, S.SUBMITTED, 12),
    ]
    assert {event.by for event in detail.history} == {"ann"}
    assert detail.history[2].at == office.now


async def test_m10_an_approval_makes_the_contract_and_the_log_names_the_application(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    application = await office.application(doe, molina, S.SUBMITTED)
    await office.move(application, S.APPROVED, effective_date=date(2025, 12, 1))

    (contract,) = await office.contracts_of(doe)

    assert (contract.payer_id, contract.effective_date) == (molina.id, date(2025, 12, 1))
    assert contract.application_id == application.id
    assert application.id in contract.notes
    about_contract = [
        details
        for (action, kind), details in zip(await office.audited(), await office.audit_details(), strict=True)
        if (action, kind) == ("credentialing.created", "contract")
    ]
    assert len(about_contract) == 1
    assert f"application {application.id} was approved" in about_contract[0]


async def test_m11_without_an_effective_date_the_day_of_approval_stands_in_and_says_so(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    approved = await office.move(await office.application(doe, molina), S.APPROVED)

    (contract,) = await office.contracts_of(doe)

    assert (approved.effective_date, approved.is_effective_date_assumed) == (TODAY, True)
    assert contract.effective_date == TODAY


async def test_m12_approved_twice_and_toggled_is_one_contract(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    application = await office.application(doe, molina)
    for status in (S.APPROVED, S.APPROVED, S.UNDER_REVIEW, S.APPROVED, S.ON_HOLD, S.APPROVED):
        application = await office.move(application, status)

    assert len(await office.contracts_of(doe)) == 1


async def test_m12_approvals_at_the_same_moment_are_one_contract(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    application = await office.application(doe, molina)

    await asyncio.gather(*(office.move(application, S.APPROVED) for _ in range(4)))

    assert len(await office.contracts_of(doe)) == 1
    detail = await office.read(office.applications.get, application.id)
    assert [event.to_status for event in detail.history] == [S.NOT_STARTED, S.APPROVED]


@pytest.mark.parametrize(
    ("ended", "effective"),
    [(None, date(2020, 1, 1)), (date(2030, 1, 1), date(2020, 1, 1)), (date(2021, 1, 1), date(2026, 4, 1))],
)
async def test_m13_a_contract_that_is_there_is_linked_and_one_that_ended_begins_anew(
    office: Office, ended: date | None, effective: date
) -> None:
    doe, molina = await office.provider(), await office.payer()
    draft = ContractDraft(provider_id=doe.id, payer_id=molina.id, effective_date=date(2020, 1, 1), end_date=ended)
    before = await office.do(office.contracts.create, draft, office.by)
    application = await office.application(doe, molina)

    await office.move(application, S.APPROVED, effective_date=date(2026, 4, 1))

    (contract,) = await office.contracts_of(doe)
    assert (contract.id, contract.application_id) == (before.id, application.id)
    assert contract.effective_date == effective


async def test_an_approval_shows_on_enrollments_and_on_deadlines(office: Office) -> None:
    doe, molina = await office.provider(taxonomies=("2084P0800X",)), await office.payer()
    application = await office.application(doe, molina, S.SUBMITTED)

    await office.move(application, S.APPROVED, recert_due_on=TODAY + timedelta(days=60))

    (listed,) = (await office.read(office.enrollments.list, EnrollmentFilter(provider_id=doe.id))).items
    made = listed.enrollment
    assert (made.status, made.npi, made.taxonomy_code) == (EnrollmentStatus.ENROLLED, doe.npi, "2084P0800X")
    assert (made.submitted_date, made.approved_date, made.effective_date) == (TODAY, TODAY, TODAY)
    deadlines = (await office.read(office.enrollments.deadlines)).items
    assert [deadline.enrollment.id for deadline in deadlines] == [made.id]


async def test_an_approval_completes_the_enrollment_that_was_pending_and_adds_none_to_one_that_stands(
    office: Office,
) -> None:
    doe, molina = await office.provider(), await office.payer()
    pending = await office.enrollment(doe, molina, billing_npi="1234567893")
    application = await office.application(doe, molina)
    for status in (S.APPROVED, S.ON_HOLD, S.APPROVED):
        await office.move(application, status)

    (listed,) = (await office.read(office.enrollments.list, EnrollmentFilter())).items
    assert (listed.enrollment.id, listed.enrollment.status) == (pending.id, EnrollmentStatus.ENROLLED)
    assert listed.enrollment.billing_npi == "1234567893"


async def test_m14_a_denial_says_why_and_whether_to_apply_again(office: Office) -> None:
    application = await office.application(await office.provider(), await office.payer(), S.SUBMITTED)
    with pytest.raises(InvalidInput, match="denial_reason"):
        await office.move(application, S.DENIED)

    await office.move(application, S.DENIED, denial_reason="panel closed", reapplication_eligible=True)

    kept = (await office.read(office.applications.get, application.id)).application
    assert (kept.denial_reason, kept.reapplication_eligible) == ("panel closed", True)


async def test_m15_an_application_is_overdue_from_the_day_after_the_typical_time(office: Office) -> None:
    molina = await office.payer_with(PORTAL, typical_approval_days=30)
    application = await office.application(await office.provider(), molina, S.SUBMITTED)
    undecided = await office.application(await office.provider(), await office.payer(), S.SUBMITTED)

    office.later(30)
    assert await office.overdue() == []
    office.later(1)
    assert await office.overdue() == [application.id]
    listed = (await office.read(office.applications.list, ApplicationFilter())).items
    assert {each.application.id: each.is_overdue for each in listed} == {application.id: True, undecided.id: False}
    await office.move(application, S.APPROVED)
    assert await office.overdue() == []


async def test_m15_what_is_typical_for_a_payer_may_change_while_it_has_applications(office: Office) -> None:
    molina = await office.payer()
    applications = [await office.application(await office.provider(), molina, S.SUBMITTED) for _ in range(2)]
    office.later(20)
    assert await office.overdue() == []

    for days, overdue in ((10, {each.id for each in applications}), (20, set()), (19, {a.id for a in applications})):
        draft = WorkflowDraft(workflow_type=PORTAL, typical_approval_days=days)
        await office.do(office.payers.put_workflow, molina.id, draft, office.by)
        assert set(await office.overdue()) == overdue
    await office.do(office.payers.drop_workflow, molina.id, office.by)
    assert await office.overdue() == []


async def test_applications_are_found_by_status_provider_and_payer(office: Office) -> None:
    doe, roe = await office.provider("Doe"), await office.provider("Roe")
    molina, regence = await office.payer("Molina"), await office.payer("Regence")
    first = await office.application(doe, molina, S.SUBMITTED)
    second = await office.application(roe, molina)
    third = await office.application(doe, regence)

    async def found(**wanted: object) -> list[str]:
        page = await office.read(office.applications.list, ApplicationFilter(**wanted))  # type: ignore[arg-type]  # by name
        return [listed.application.id for listed in page.items]

    assert await found() == [third.id, second.id, first.id]
    assert await found(application_status=S.SUBMITTED) == [first.id]
    assert await found(provider_id=doe.id) == [third.id, first.id]
    assert await found(payer_id=molina.id, application_status=S.NOT_STARTED) == [second.id]


async def test_an_archived_application_takes_its_tasks_along_and_begins_anew(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    await office.choose(doe, molina)
    (row,) = (await office.dashboard(doe)).payers

    await office.do(office.applications.archive, row.application_id, office.by)
    assert (await office.dashboard(doe)).payers == []
    again = await office.choose(doe, molina)

    assert (again.applications_created, again.tasks_created) == (1, 1)
    assert again.details[0].application_id == row.application_id
    detail = await office.read(office.applications.get, row.application_id)
    assert [event.ordinal for event in detail.history] == [1, 2]


async def test_what_is_another_tenant_s_is_not_there(office: Office) -> None:
    others = office.of_others()
    doe, molina = await office.provider(), await office.payer()
    application = await office.application(doe, molina, S.APPROVED)
    (contract,) = await office.contracts_of(doe)

    for act in (
        others.read(others.applications.get, application.id),
        others.move(application, S.DENIED),
        others.do(others.applications.archive, application.id, others.by),
        others.do(others.applications.create, ApplicationDraft(provider_id=doe.id, payer_id=molina.id), others.by),
        others.do(others.contracts.update, contract.id, ContractChange(notes="x"), others.by),
    ):
        with pytest.raises(NotFound):
            await act
    assert await others.contracts_of(doe) == []
    assert await others.audited() == []


async def test_a_contract_does_not_end_before_it_begins(office: Office) -> None:
    doe = await office.provider()
    await office.application(doe, await office.payer(), S.APPROVED)
    (contract,) = await office.contracts_of(doe)

    change = ContractChange(end_date=TODAY - timedelta(days=1))
    with pytest.raises(InvalidInput, match="end_date"):
        await office.do(office.contracts.update, contract.id, change, office.by)
    ended = await office.do(office.contracts.update, contract.id, ContractChange(end_date=TODAY), office.by)
    assert ended.is_in_force(TODAY)
    assert not ended.is_in_force(TODAY + timedelta(days=1))
