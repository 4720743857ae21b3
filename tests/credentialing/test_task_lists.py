"""Tasks of all providers in one list: by one statement, with names, in the order of their days."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.tasks import Task, TaskFilter, TaskStatus
from gate.credentialing.model.workflows import WorkflowType
from gate.credentialing.repository import tasks as repository
from gate.persistence.unit_of_work import UnitOfWork
from tests.credentialing.office import TODAY, Office

NOBODY = "0192e0a0-0000-7000-8000-000000000000"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def work(office: Office) -> list[Task]:
    """Eight tasks of two providers with two payers."""
    for last_name, payer_name in (("Doe", "Molina"), ("Roe", "Regence")):
        payer = await office.payer_with(WorkflowType.ONLINE_PORTAL, payer_name)
        await office.choose(await office.provider(last_name), payer)
    return list((await office.read(office.tasks.list, TaskFilter())).items)


async def found(office: Office, **wanted: Any) -> set[str]:
    return {task.id for task in (await office.read(office.tasks.list, TaskFilter(**wanted))).items}


async def test_tasks_of_all_providers_come_with_names_the_earliest_first_in_pages(office: Office) -> None:
    await work(office)
    first = await office.read(office.tasks.list, TaskFilter(), PageRequest(5))
    rest = await office.read(office.tasks.list, TaskFilter(), PageRequest(5, first.next_page_token))

    listed = [*first.items, *rest.items]
    assert {(task.provider_name, task.payer_name) for task in listed} == {
        ("Jane Doe", "Molina"),
        ("Jane Roe", "Regence"),
    }
    assert [(task.due_date, task.id) for task in listed] == sorted((task.due_date, task.id) for task in listed)
    assert (len(first.items), len(rest.items), rest.next_page_token) == (5, 3, "")


async def test_each_part_of_the_filter_holds_and_all_together(office: Office) -> None:
    one, two, three, four, *others = await work(office)
    await office.change_tasks(one, due_date=TODAY - timedelta(days=1), assigned_to="ann")
    await office.change_tasks(two, due_date=TODAY - timedelta(days=1), task_status=TaskStatus.COMPLETED)
    await office.change_tasks(three, due_date=None)
    await office.change_tasks(four, task_status=TaskStatus.NOT_APPLICABLE, assigned_to="ann")
    dated = {one.id, two.id, four.id, *(task.id for task in others)}

    assert await found(office) == dated
    assert await found(office, is_open=True) == dated - {two.id, four.id}
    assert await found(office, is_overdue=True) == {one.id}
    assert await found(office, is_undated=True) == {three.id}
    assert await found(office, assigned_to="ann") == {one.id, four.id}
    assert await found(office, assigned_to="ann", is_open=True) == {one.id}
    assert await found(office, is_unassigned=True) == dated - {one.id, four.id}
    assert await found(office, task_status=TaskStatus.COMPLETED) == {two.id}
    assert await found(office, payer_id=one.payer_id) | await found(office, payer_id=others[-1].payer_id) <= dated
    assert await found(office, payer_id="nonsense") == await found(office, assigned_to="a\nb") == set()
    assert await found(office.of_others()) == set()


async def test_tasks_without_a_day_go_on_page_by_page_too(office: Office) -> None:
    every = await work(office)
    await office.change_tasks(*every, due_date=None)
    wanted, seen, token = TaskFilter(is_undated=True), list[str](), ""
    while True:
        page = await office.read(office.tasks.list, wanted, PageRequest(3, token))
        seen += [task.id for task in page.items]
        if not (token := page.next_page_token):
            break

    assert seen == sorted(task.id for task in every)


@contextmanager
def statements(unit: UnitOfWork) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database meanwhile."""
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    engine = unit.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (TaskFilter(is_open=True), "ix_credentialing_tasks_open_due"),
        (TaskFilter(is_open=True, assigned_to="ann"), "ix_credentialing_tasks_open_assigned"),
        (
            TaskFilter(is_open=True, payer_id=NOBODY),
            "ix_credentialing_tasks_open_payer",
        ),
        (
            TaskFilter(task_status=TaskStatus.PENDING, payer_id=NOBODY),
            "ix_credentialing_tasks_tenant_payer_status",
        ),
    ],
    ids=["to do", "mine", "of a payer", "of a payer at a status"],
)
async def test_a_page_of_tasks_is_one_statement_that_reads_an_index_in_its_order(
    office: Office, wanted: TaskFilter, index: str
) -> None:
    await work(office)
    async with office.database.reading(office.tenant) as unit:
        is_sqlite = unit.session.get_bind().dialect.name == "sqlite"
        with statements(unit) as sent:
            await repository.listed(unit, wanted, today=TODAY, after=None, limit=51)
        ((statement, parameters),) = sent
        if not is_sqlite:
            # Of a few rows PostgreSQL reads all, whatever there is: what counts is that the index would do.
            await unit.session.execute(text("SET LOCAL enable_seqscan = off"))
            await unit.session.execute(text("SET LOCAL enable_sort = off"))
            await unit.session.execute(text("SET LOCAL enable_bitmapscan = off"))
        connection = await unit.session.connection()
        explained = ("EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN ") + statement
        plan = "\n".join(str(row) for row in (await connection.exec_driver_sql(explained, parameters)).all())

    # Which of several that do it is best, PostgreSQL reckons by numbers of rows that a test has not.
    assert (index if is_sqlite else "Index Scan using ix_credentialing_tasks_") in plan
    assert "USE TEMP B-TREE" not in plan
