"""Keeps tasks. Runs within the caller's unit of work and never commits."""

from collections.abc import Sequence

from gate.audit.model import Actor
from gate.credentialing.model.fields import is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest, day_in_token, page_of, position_in
from gate.credentialing.model.tasks import MOST_AT_ONCE, ListedTask, Task, TaskChange, TaskFilter, changed, listed
from gate.credentialing.repository import tasks
from gate.credentialing.service.finding import known, missing
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import Change, ChangeLog
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import UnitOfWork


class TaskService:
    """The tasks of one tenant: the unit's."""

    def __init__(self, log: ChangeLog, payer_service: PayerService) -> None:
        self._log = log
        self._payers = payer_service

    async def get(self, unit: UnitOfWork, task_id: str, *, to_change: bool = False) -> Task:
        """One task. `to_change`: nobody else changes it until the unit ends.

        Raises:
            NotFound: the tenant has none of that id.
        """
        found = await tasks.find(unit, known("task", task_id), to_change=to_change)
        if found is None:
            raise missing("task")
        return found

    async def update(self, unit: UnitOfWork, task_ids: Sequence[str], change: TaskChange, by: Actor) -> list[Task]:
        """Change what is named of one task or several, in the order named; all of them or none.

        Raises:
            InvalidInput: naming every field that does not fit; no task, or too many at once.
            NotFound: the tenant has none of one of the ids.
        """
        if not 1 <= len(task_ids) <= MOST_AT_ONCE:
            raise InvalidInput(FieldViolation("task_ids", f"must name between 1 and {MOST_AT_ONCE} tasks"))
        wanted = list(dict.fromkeys(task_ids))
        found = {task.id: task for task in await tasks.find_all(unit, filter(is_id, wanted))}
        if len(found) < len(wanted):
            raise missing("task")
        today = await self._payers.today(unit)
        after = [changed(found[task_id], change, today) for task_id in wanted]
        for task in after:
            await tasks.put(unit, task)
        changes = [Change(object=f"task/{task.id}", before=found[task.id], after=task) for task in after]
        await self._log.record(unit, by, *changes)
        return after

    async def archive(self, unit: UnitOfWork, task_id: str, by: Actor) -> None:
        """Have lists pass over the task.

        Raises:
            NotFound: the tenant has none of that id.
        """
        task = await self.get(unit, task_id)
        await tasks.archive(unit, [task.id], self._log.clock())
        await self._log.record(unit, by, Change(object=f"task/{task.id}", before=task))

    async def list(self, unit: UnitOfWork, wanted: TaskFilter, request: PageRequest = FIRST) -> Page[ListedTask]:
        """Tasks that have a day, the earliest first; or those without one, in the order in which they began.

        Raises:
            InvalidInput: the page is none.
        """
        position = position_in(request, wanted, parts=2)
        after = (day_in_token(position[0]) if position[0] else None, position[1]) if position is not None else None
        limit = request.limit() + 1
        if wanted.payer_id and not is_id(wanted.payer_id):
            return Page((), "")
        today = await self._payers.today(unit)
        found = await tasks.listed(unit, wanted, today=today, after=after, limit=limit)
        items = [listed(each.task, each.payer_name, each.provider_name, today) for each in found]
        return page_of(items, request, wanted, lambda task: (str(task.due_date or ""), task.id))
