"""`/api/admin/credentialing-tasks`: tasks, one at a time or many at once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from gate.credentialing.model.tasks import BulkTaskChange, ListedTask, Task, TaskChange, TaskFilter, TaskStatus
from gate.web.api.admitted import AdminApi, Manager, OfPayer, Paged, Viewer
from gate.web.api.bodies import Removed, answer, page_answer, reads


def wanted_tasks(  # noqa: PLR0913 - one parameter for each of the query
    *,
    assigned_to: Annotated[str, Query(alias="assignedTo")] = "",
    status: TaskStatus | None = None,
    payer_id: OfPayer = "",
    is_open: Annotated[bool, Query(alias="open", description="With which something is left to do")] = False,
    overdue: Annotated[bool, Query(description="That should have been done by now")] = False,
    unassigned: Annotated[bool, Query(description="That are nobody's")] = False,
    undated: Annotated[bool, Query(description="Without a day, in place of those that have one")] = False,
) -> TaskFilter:
    """A dependency: which tasks are wanted."""
    return TaskFilter(
        assigned_to=assigned_to,
        task_status=status,
        payer_id=payer_id,
        is_open=is_open,
        is_overdue=overdue,
        is_unassigned=unassigned,
        is_undated=undated,
    )


def task_routes(api: AdminApi) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api/admin/credentialing-tasks", tags=["tasks"])
    desk, described = api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=ListedTask))
    async def list_tasks(visit: Viewer, page: Paged, wanted: Annotated[TaskFilter, Depends(wanted_tasks)]) -> Response:
        """Tasks of all providers that have a day, the earliest first; or those without one."""
        async with api.reading(visit) as unit:
            return page_answer(await desk.tasks.list(unit, wanted, page))

    @router.patch("", openapi_extra=described.operation(gives=list[Task], takes=BulkTaskChange))
    async def update_tasks(
        visit: Manager, wanted: Annotated[BulkTaskChange, Depends(reads(BulkTaskChange))]
    ) -> Response:
        """Change what is named of many tasks; of all or of none."""
        async with api.writing(visit) as unit:
            return answer(await desk.tasks.update(unit, wanted.task_ids, wanted.change, visit.actor()))

    @router.get("/{task_id}", openapi_extra=described.operation(gives=Task))
    async def get_task(visit: Viewer, task_id: str) -> Response:
        """One task."""
        async with api.reading(visit) as unit:
            return answer(await desk.tasks.get(unit, task_id))

    @router.patch("/{task_id}", openapi_extra=described.operation(gives=Task, takes=TaskChange))
    async def update_task(
        visit: Manager, task_id: str, change: Annotated[TaskChange, Depends(reads(TaskChange))]
    ) -> Response:
        """Change what is named."""
        async with api.writing(visit) as unit:
            (task,) = await desk.tasks.update(unit, [task_id], change, visit.actor())
        return answer(task)

    @router.delete("/{task_id}", openapi_extra=described.operation(gives=Removed))
    async def archive_task(visit: Manager, task_id: str) -> Response:
        """Archive a task."""
        async with api.writing(visit) as unit:
            await desk.tasks.archive(unit, task_id, visit.actor())
        return answer(Removed(task_id))

    return router
