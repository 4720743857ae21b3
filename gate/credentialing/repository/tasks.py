"""How tasks are stored and found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select, tuple_

from gate.credentialing.model.fields import is_line
from gate.credentialing.model.tasks import Task, TaskFilter
from gate.credentialing.repository import rows
from gate.credentialing.tables import IS_LEFT_TO_DO, PayerTable, ProviderTable, TaskTable
from gate.persistence.unit_of_work import UnitOfWork


class NamedTask(NamedTuple):
    """A task, and whom it is about."""

    task: Task
    payer_name: str
    provider_name: str


async def add(unit: UnitOfWork, tasks: Sequence[Task]) -> None:
    """Store new tasks."""
    if tasks:
        await rows.add_all(unit, TaskTable, [rows.values_of(task, archived_at=None) for task in tasks])


async def find_all(unit: UnitOfWork, ids: Iterable[str]) -> Sequence[Task]:
    """Those of the tasks that are there. Nobody else changes them until the unit ends."""
    query = rows.present(unit, TaskTable, Task).where(TaskTable.id.in_(set(ids)))
    # In one order everywhere: writers must not wait in a circle.
    return await rows.all_of(unit, query.order_by(TaskTable.id).with_for_update(), Task)


async def find(unit: UnitOfWork, task_id: str, *, to_change: bool = False) -> Task | None:
    """The task of that id."""
    return await rows.find(unit, TaskTable, Task, task_id, to_change=to_change)


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


async def listed(
    unit: UnitOfWork, wanted: TaskFilter, *, today: date, after: tuple[date | None, str] | None, limit: int
) -> Sequence[NamedTask]:
    """Tasks that have a day, the earliest first, or those without one; from the one after `after`. One statement."""
    if not is_line(wanted.assigned_to):
        return []
    names = (PayerTable.name.label("payer_name"), ProviderTable.first_name, ProviderTable.last_name)
    query = (
        rows.present(unit, TaskTable, Task)
        .add_columns(*names)
        .join(PayerTable, (PayerTable.tenant == TaskTable.tenant) & (PayerTable.id == TaskTable.payer_id))
        .join(ProviderTable, (ProviderTable.tenant == TaskTable.tenant) & (ProviderTable.id == TaskTable.provider_id))
    )
    query = _on_its_day(_filtered(query, wanted, today), wanted, after)
    found: Iterable[Mapping[str, Any]] = (await unit.session.execute(query.limit(limit))).mappings()  # type: ignore[assignment]  # its keys are of every kind, and ours are names
    return [
        NamedTask(rows.record_in(row, Task), row["payer_name"], f"{row['first_name']} {row['last_name']}")
        for row in found
    ]


async def to_do(unit: UnitOfWork, assigned_to: str, limit: int) -> Sequence[Task]:
    """What somebody has to do, the earliest first."""
    if not is_line(assigned_to):
        return []
    query = rows.present(unit, TaskTable, Task).where(
        TaskTable.assigned_to == assigned_to,
        TaskTable.due_date.is_not(None),
        IS_LEFT_TO_DO,
    )
    return await rows.all_of(unit, _by_day(query).limit(limit), Task)


def _filtered(query: Select[Any], wanted: TaskFilter, today: date) -> Select[Any]:
    if wanted.assigned_to or wanted.is_unassigned:
        query = query.where(TaskTable.assigned_to == ("" if wanted.is_unassigned else wanted.assigned_to))
    if wanted.task_status is not None:
        query = query.where(TaskTable.task_status == wanted.task_status.value)
    if wanted.payer_id:
        query = query.where(TaskTable.payer_id == wanted.payer_id)
    if wanted.is_open or wanted.is_overdue:
        query = query.where(IS_LEFT_TO_DO)
    return query.where(TaskTable.due_date < today) if wanted.is_overdue else query


def _on_its_day(query: Select[Any], wanted: TaskFilter, after: tuple[date | None, str] | None) -> Select[Any]:
    if wanted.is_undated:
        query = query.where(TaskTable.due_date.is_(None))
        return (query if after is None else query.where(TaskTable.id > after[1])).order_by(TaskTable.id)
    query = query.where(TaskTable.due_date.is_not(None))
    return _by_day(query if after is None else query.where(tuple_(TaskTable.due_date, TaskTable.id) > tuple_(*after)))


def _by_day(query: Select[Any]) -> Select[Any]:
    return query.order_by(TaskTable.due_date, TaskTable.id)
