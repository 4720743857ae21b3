"""Choosing payers, the tasks this makes, and the dashboard: rows M1 to M8."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.contracts import ContractChange
from gate.credentialing.model.paging import PageRequest, page_of
from gate.credentialing.model.providers import ProviderChange
from gate.credentialing.model.selection import EVERY_PAYER, PayerSort, PayerStanding, SelectionFilter
from gate.credentialing.model.tasks import TaskFilter, TaskStatus
from gate.credentialing.model.workflows import TaskTemplate, WorkflowType
from gate.errors import InvalidInput, NotFound
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

S = ApplicationStatus


async def test_m6_three_payers_of_three_types_are_three_applications_and_nine_tasks(office: Office) -> None:
    doe = await office.provider()
    chosen = [await office.payer_with(kind, kind.value) for kind in WorkflowType]

    made = await office.choose(doe, *chosen)

    assert (made.applications_created, made.tasks_created) == (3, 9)
    assert [(each.payer_name, each.task_count) for each in made.details] == [
        ("instant_network", 1),
        ("online_portal", 4),
        ("excel_submission", 4),
    ]
    shown = await office.dashboard(doe)
    assert [row.payer_name for row in shown.payers] == sorted(payer.name for payer in chosen)
    assert {row.application_id for row in shown.payers} == {each.application_id for each in made.details}


async def test_m4_a_payer_s_own_templates_become_tasks_with_days_and_the_portal_s_address(office: Office) -> None:
    doe = await office.provider()
    molina = await office.payer_with(
        WorkflowType.ONLINE_PORTAL,
        portal_url="https://portal.example.org",
        task_templates=(
            TaskTemplate(title="Submit", order=2, estimated_days=2),
            TaskTemplate(title="Update CAQH profile", order=1, estimated_days=1, description="keep it current"),
            TaskTemplate(title="Follow up", order=9, estimated_days=30),
        ),
    )
    await office.choose(doe, molina)

    tasks = await office.tasks_of(doe)

    assert [(task.title, task.task_order) for task in tasks] == [
        ("Update CAQH profile", 1),
        ("Submit", 2),
        ("Follow up", 3),
    ]
    assert [task.due_date for task in tasks] == [TODAY + timedelta(days=days) for days in (1, 3, 33)]
    assert {task.portal_url for task in tasks} == {"https://portal.example.org"}


async def test_m5_choosing_a_payer_again_repeats_nothing_and_says_so(office: Office) -> None:
    doe, molina, regence = await office.provider(), await office.payer("Molina"), await office.payer("Regence")
    first = await office.choose(doe, molina)
    again = await office.choose(doe, molina, molina, regence)

    assert (again.applications_created, again.tasks_created) == (1, 1)
    assert [(each.payer_name, each.already_credentialing, each.task_count) for each in again.details] == [
        ("Molina", True, 0),
        ("Regence", False, 1),
    ]
    assert again.details[0].application_id == first.details[0].application_id


async def test_m5_two_who_choose_at_once_make_one_of_each(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer_with(WorkflowType.ONLINE_PORTAL)

    made = await asyncio.gather(*(office.choose(doe, molina) for _ in range(4)))

    assert sum(each.applications_created for each in made) == 1
    assert len(await office.tasks_of(doe)) == 4


async def test_an_application_begun_by_hand_gets_its_tasks(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    await office.application(doe, molina)

    made = await office.choose(doe, molina)

    assert (made.applications_created, made.tasks_created) == (0, 1)


async def test_of_a_choice_with_an_unknown_payer_nothing_is_begun(office: Office) -> None:
    others = office.of_others()
    doe, molina, theirs = await office.provider(), await office.payer(), await others.payer()

    with pytest.raises(NotFound):
        await office.choose(doe, molina, theirs)
    with pytest.raises(NotFound):
        await others.choose(doe, theirs)
    with pytest.raises(InvalidInput):
        await office.choose(doe)
    assert (await office.dashboard(doe)).payers == []


async def test_the_table_counts_contracts_that_stand_and_providers_who_take_patients(office: Office) -> None:
    molina = await office.payer("Molina", current_census=15, requires_attending=True)
    await office.payer("Regence")
    kept, resting, gone, left = [await office.provider() for _ in range(4)]
    for provider in (kept, resting, gone, left):
        await office.application(provider, molina, S.APPROVED)
    await office.do(office.providers.update, resting.id, ProviderChange(is_bookable=False), office.by)
    await office.do(office.providers.archive, gone.id, office.by)
    (contract,) = await office.contracts_of(left)
    await office.do(office.contracts.update, contract.id, ContractChange(end_date=TODAY), office.by)
    office.later(1)

    table = await office.selectable()

    row = table["Molina"]
    assert (row.total_contracts, row.bookable_providers, row.current_census) == (3, 1, 15)
    assert (table["Regence"].total_contracts, table["Regence"].bookable_providers) == (0, 0)
    assert (row.already_contracted, row.already_credentialing, row.is_recommended) == (False, False, False)


async def test_with_a_provider_the_table_says_how_the_two_stand(office: Office) -> None:
    names = ("Contracted", "Denied", "In progress", "New")
    made = {name: await office.payer(name, requires_attending=name == "New") for name in names}
    doe, roe = await office.provider(is_attending=True), await office.provider()
    await office.application(doe, made["Contracted"], S.APPROVED)
    await office.choose(doe, made["In progress"])
    denied = await office.application(doe, made["Denied"])
    await office.move(denied, S.DENIED, denial_reason="panel closed")

    table = await office.selectable(doe)

    assert {name for name, row in table.items() if row.already_contracted} == {"Contracted"}
    assert {name for name, row in table.items() if row.already_credentialing} == {"In progress"}
    assert {name for name, row in table.items() if row.is_recommended} == {"New"}
    assert not any(row.already_contracted or row.is_recommended for row in (await office.selectable(roe)).values())
    with pytest.raises(NotFound):
        await office.of_others().selectable(doe)


async def test_m7_completing_a_task_sets_its_day_and_taking_it_back_clears_it(office: Office) -> None:
    doe = await office.provider()
    await office.choose(doe, await office.payer())
    (task,) = await office.tasks_of(doe)

    (done,) = await office.change_tasks(task, task_status=TaskStatus.COMPLETED, notes="sent", application_id="APP-1")
    assert (done.completed_date, done.notes, done.application_id) == (TODAY, "sent", "APP-1")
    (again,) = await office.change_tasks(task, task_status=TaskStatus.PENDING)
    assert (again.completed_date, again.notes) == (None, "sent")


async def test_many_tasks_are_changed_together_or_not_at_all(office: Office) -> None:
    doe = await office.provider()
    await office.choose(doe, await office.payer_with(WorkflowType.ONLINE_PORTAL))
    tasks = await office.tasks_of(doe)
    others = office.of_others()
    roe = await others.provider()
    await others.choose(roe, await others.payer())
    theirs = await others.tasks_of(roe)

    with pytest.raises(NotFound):
        await office.change_tasks(*tasks, *theirs, task_status=TaskStatus.COMPLETED)
    assert (await office.dashboard(doe)).overall_stats.completed_tasks == 0
    changed = await office.change_tasks(*tasks, task_status=TaskStatus.COMPLETED, assigned_to="ann")
    assert {task.assigned_to for task in changed} == {"ann"}
    shown = await office.dashboard(doe)
    assert (shown.payers[0].completion_percentage, shown.overall_stats.completed_tasks) == (100, 4)
    assert [task.task_status for task in await others.tasks_of(roe)] == [TaskStatus.PENDING]


async def test_a_removed_task_is_counted_and_made_no_more(office: Office) -> None:
    doe, portal = await office.provider(), await office.payer_with(WorkflowType.ONLINE_PORTAL)
    await office.choose(doe, portal)
    first, *rest = await office.tasks_of(doe)

    await office.do(office.tasks.archive, first.id, office.by)

    assert [task.id for task in await office.tasks_of(doe)] == [task.id for task in rest]
    assert (await office.choose(doe, portal)).tasks_created == 0
    for act in (
        office.read(office.tasks.get, first.id),
        office.change_tasks(first, notes="x"),
        office.of_others().read(office.tasks.get, rest[0].id),
    ):
        with pytest.raises(NotFound):
            await act


async def test_m8_the_dashboard_adds_up(office: Office) -> None:
    doe = await office.provider()
    chosen = [await office.payer_with(WorkflowType.ONLINE_PORTAL, f"Payer {number}") for number in range(3)]
    made = await office.choose(doe, *chosen)
    first, second, third, _ = (await office.dashboard(doe)).payers[0].tasks
    await office.change_tasks(first, second, task_status=TaskStatus.COMPLETED)
    await office.change_tasks(third, task_status=TaskStatus.NOT_APPLICABLE)
    for detail, status in zip(made.details, (S.SUBMITTED, S.APPROVED), strict=False):
        application = (await office.read(office.applications.get, detail.application_id)).application
        await office.move(application, status)
    office.later(100)

    shown = await office.dashboard(doe)

    row = shown.payers[0]
    assert (row.completed_tasks, row.total_tasks, row.completion_percentage, row.overdue_tasks) == (2, 3, 66, 1)
    stats = shown.overall_stats
    assert (stats.total_payers, stats.total_tasks, stats.completed_tasks) == (3, 11, 2)
    assert (stats.in_progress_payers, stats.approved_payers, stats.pending_approval) == (1, 1, 1)
    assert shown.provider == doe


async def test_tasks_are_listed_by_their_day_for_whom_they_are(office: Office) -> None:
    doe = await office.provider()
    await office.choose(doe, await office.payer_with(WorkflowType.EXCEL_SUBMISSION))
    tasks = await office.tasks_of(doe)
    await office.change_tasks(*tasks[:3], assigned_to="bob")
    await office.change_tasks(tasks[0], due_date=TODAY + timedelta(days=90))
    wanted = TaskFilter(assigned_to="bob")

    first = await office.read(office.tasks.list, wanted, PageRequest(2))
    second = await office.read(office.tasks.list, wanted, PageRequest(2, first.next_page_token))

    assert [task.id for task in (*first.items, *second.items)] == [tasks[1].id, tasks[2].id, tasks[0].id]
    assert not second.next_page_token


ORDERED: list[tuple[dict[str, Any], list[str]]] = [
    ({"sort": PayerSort.NAME}, ["Aetna", "Cigna", "Humana", "Molina", "Optum"]),
    ({"sort": PayerSort.NAME, "is_descending": True}, ["Optum", "Molina", "Humana", "Cigna", "Aetna"]),
    ({"sort": PayerSort.CONTRACTS, "is_descending": True}, ["Cigna", "Aetna", "Humana", "Molina", "Optum"]),
    ({"sort": PayerSort.BOOKABLE}, ["Humana", "Molina", "Optum", "Aetna", "Cigna"]),
    ({"sort": PayerSort.CENSUS}, ["Cigna", "Optum", "Humana", "Aetna", "Molina"]),
    ({"sort": PayerSort.CENSUS, "is_descending": True}, ["Molina", "Aetna", "Humana", "Cigna", "Optum"]),
    ({"sort": PayerSort.RECOMMENDED}, ["Humana", "Aetna", "Cigna", "Molina", "Optum"]),
    ({"search": " Na "}, ["Aetna", "Cigna", "Humana", "Molina"]),
    ({"search": "%"}, []),
    ({"workflow_type": WorkflowType.EXCEL_SUBMISSION}, ["Optum"]),
    ({"workflow_type": WorkflowType.ONLINE_PORTAL}, ["Humana"]),
    ({"standing": PayerStanding.CONTRACTED}, ["Aetna"]),
    ({"standing": PayerStanding.IN_PROGRESS}, ["Molina"]),
    ({"standing": PayerStanding.NOT_STARTED}, ["Cigna", "Humana", "Optum"]),
    ({"standing": PayerStanding.RECOMMENDED}, ["Aetna", "Humana"]),
    ({"standing": PayerStanding.NOT_STARTED, "search": "g", "sort": PayerSort.CENSUS}, ["Cigna"]),
]


async def payers_of_a_practice(office: Office) -> str:
    """For a provider: one contracted, one in progress, two recommended. The provider's id."""
    doe, roe, resting = [await office.provider(is_attending=not number) for number in range(3)]
    await office.do(office.providers.update, resting.id, ProviderChange(is_bookable=False), office.by)
    aetna = await office.payer("Aetna", current_census=5, requires_attending=True)
    cigna = await office.payer("Cigna")
    molina = await office.payer("molina".title(), current_census=9)
    await office.payer("Humana", current_census=3, requires_attending=True, requires_individual_contract=True)
    await office.payer_with(WorkflowType.EXCEL_SUBMISSION, "Optum")
    for provider, payer in ((doe, aetna), (roe, cigna), (resting, cigna)):
        await office.application(provider, payer, S.APPROVED)
    await office.application(doe, molina)
    return doe.id


async def test_payers_are_sorted_and_narrowed_and_pages_follow_one_another_without_a_gap(office: Office) -> None:
    doe = await payers_of_a_practice(office)

    for fields, names in ORDERED:
        wanted = SelectionFilter(provider_id=doe, **fields)
        page = await office.read(office.selection.statistics, wanted, PageRequest(2))
        found = [row.name for row in page.items]
        while page.next_page_token:
            page = await office.read(office.selection.statistics, wanted, PageRequest(2, page.next_page_token))
            found += [row.name for row in page.items]
        assert found == names, fields


async def test_a_page_of_payers_is_good_for_the_order_it_was_given_for(office: Office) -> None:
    doe = await payers_of_a_practice(office)
    by_census = SelectionFilter(sort=PayerSort.CENSUS)
    first = await office.read(office.selection.statistics, by_census, PageRequest(2))

    for other in (EVERY_PAYER, SelectionFilter(sort=PayerSort.CENSUS, provider_id=doe)):
        with pytest.raises(InvalidInput):
            await office.read(office.selection.statistics, other, PageRequest(2, first.next_page_token))
    forged = page_of([None, None], PageRequest(1), by_census, lambda _: ("much", "aetna", doe)).next_page_token
    with pytest.raises(InvalidInput):
        await office.read(office.selection.statistics, by_census, PageRequest(2, forged))
