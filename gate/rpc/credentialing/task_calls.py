"""Calls about tasks."""

from gate.auth.permissions import Permission
from gate.credentialing.model.tasks import TaskChange, TaskFilter
from gate.rpc.credentialing.calls import DeskCalls, page_in
from gate.rpc.credentialing.codec import change_in, message_of, messages_of, record_in
from gate.rpc.door import Call, unary
from gate.v1 import credentialing_pb2 as pb


class TaskCalls(DeskCalls):
    """Tasks, one at a time or many at once."""

    @unary(Permission.CREDENTIALING_VIEW)
    async def GetTask(  # noqa: N802 - the contract's name
        self, request: pb.GetTaskRequest, call: Call
    ) -> pb.GetTaskResponse:
        """One task."""
        async with self._reading(call) as unit:
            found = await self._desk.tasks.get(unit, request.task_id)
        return pb.GetTaskResponse(task=message_of(found, pb.CredentialingTask()))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def UpdateTasks(  # noqa: N802 - the contract's name
        self, request: pb.UpdateTasksRequest, call: Call
    ) -> pb.UpdateTasksResponse:
        """Changes what the mask names, of all tasks or of none."""
        change = change_in(request.task, request.update_mask, TaskChange, "task")
        ids = tuple(request.task_ids)
        async with self._writing(call) as unit:
            kept = await self._desk.tasks.update(unit, ids, change, call.actor())
        return pb.UpdateTasksResponse(tasks=messages_of(kept, pb.CredentialingTask))

    @unary(Permission.CREDENTIALING_MANAGE)
    async def ArchiveTask(  # noqa: N802 - the contract's name
        self, request: pb.ArchiveTaskRequest, call: Call
    ) -> pb.ArchiveTaskResponse:
        """Lists pass over the task from now on."""
        async with self._writing(call) as unit:
            await self._desk.tasks.archive(unit, request.task_id, call.actor())
        return pb.ArchiveTaskResponse()

    @unary(Permission.CREDENTIALING_VIEW)
    async def ListTasks(  # noqa: N802 - the contract's name
        self, request: pb.ListTasksRequest, call: Call
    ) -> pb.ListTasksResponse:
        """In pages."""
        wanted = record_in(request, TaskFilter, "request")
        async with self._reading(call) as unit:
            found = await self._desk.tasks.list(unit, wanted, page_in(request))
        return pb.ListTasksResponse(
            tasks=messages_of(found.items, pb.CredentialingTask), next_page_token=found.next_page_token
        )
