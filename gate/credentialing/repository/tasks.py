"""How tasks are stored and found."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, tuple_

from gate.credentialing.model.fields import is_line
from gate.credentialing.model.tasks import Task, TaskFilter
from gate.credentialing.repository import rows
from gate.credentialing.tables import IS_TO_DO, TaskTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, tasks: Sequence[Task]) -> None:
    """Store new tasks."""
    if tasks:
        await rows.add_all(unit, TaskTable, [rows.values_of(task, archived_at=None) for task in tasks])


async def find_all(unit: UnitOfWork, ids: Iterable[str]) -> Sequence[Task]:
    """Those of the tasks that are there. Nobody else changes them until the unit ends."""
    query = rows.present(unit, TaskTable, Task).where(TaskTable.id.in_(set(ids)))
    # In one order everywhere: writers must not wait in a circle.
    return await rows.all_of(unit, query.order_by(TaskTable.id).with_for_update(), Task)


async def find(unit: UnitOfWork, task_id: str) -> Task | None:
    """The task of that id."""
    return await rows.find(unit, TaskTable, Task, task_id)


async def put(unit: UnitOfWork, task: Task) -> None:
    """Replace what is stored of a task."""
    await rows.change(unit, TaskTable, task.id, **rows.values_of(task))


async def archive(unit: UnitOfWork, ids: Sequence[str], at: datetime) -> None:
    """Have lists pass over the tasks from now on."""
    await rows.change_all(unit, TaskTable, ids, archived_at=at)


async def of_provider(unit: UnitOfWork, provider_id: str, payer_id: str = "") -> Sequence[Task]:
    """One provider's tasks, of all payers or of one, in their order."""
    query = rows.present(unit, TaskTable, Task).where(TaskTable.provider_id == provider_id)
    if payer_id:
        query = query.where(TaskTable.payer_id == payer_id)
    return await rows.all_of(unit, query.order_by(TaskTable.payer_id, TaskTable.task_order, TaskTable.id), Task)


async def payers_with_tasks(unit: UnitOfWork, provider_id: str) -> set[str]:
    """The payers for whom the provider has tasks."""
    query = select(TaskTable.payer_id).where(
        TaskTable.tenant == unit.tenant, TaskTable.provider_id == provider_id, TaskTable.archived_at.is_(None)
    )
    return set(await unit.session.scalars(query.distinct()))


async def listed(unit: UnitOfWork, wanted: TaskFilter, after: tuple[date, str] | None, limit: int) -> Sequence[Task]:
    """Tasks that have a day, the earliest first."""
    if not is_line(wanted.assigned_to):
        return []
    query = rows.present(unit, TaskTable, Task).where(TaskTable.due_date.is_not(None))
    if wanted.assigned_to:
        query = query.where(TaskTable.assigned_to == wanted.assigned_to)
    if wanted.task_status is not None:
        query = query.where(TaskTable.task_status == wanted.task_status.value)
    if after is not None:
        query = query.where(tuple_(TaskTable.due_date, TaskTable.id) > tuple_(*after))
    return await rows.all_of(unit, _by_day(query).limit(limit), Task)


async def to_do(unit: UnitOfWork, assigned_to: str, limit: int) -> Sequence[Task]:
    """What somebody has to do, the earliest first."""
    if not is_line(assigned_to):
        return []
    query = rows.present(unit, TaskTable, Task).where(
        TaskTable.assigned_to == assigned_to,
        TaskTable.due_date.is_not(None),
        IS_TO_DO,
    )
    return await rows.all_of(unit, _by_day(query).limit(limit), Task)


def _by_day(query: Select[Any]) -> Select[Any]:
    return query.order_by(TaskTable.due_date, TaskTable.id)
