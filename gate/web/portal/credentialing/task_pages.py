"""Tasks on a provider's page: one changed, several changed together, one removed."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.errors import InvalidInput, NotFound
from gate.web.portal.credentialing.admission import Manager
from gate.web.portal.credentialing.board import Board, Refused, View
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, must_be_as_seen, refused
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.task_form import change_in, change_of_many_in, ticked
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.roster import BOARD, board_of
from gate.web.portal.credentialing.views.task_board import shown_of

_TASKS = f"{BOARD}/{{provider_id}}/tasks"
_TASK = f"{_TASKS}/{{task_id}}"


def task_pages(office: Office, board: Board) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    def seen_again(provider_id: str, done: str) -> Response:
        return RedirectResponse(address(board_of(provider_id), tab="tasks", done=done), HTTPStatus.SEE_OTHER)

    @router.post(_TASKS)
    async def change_several(request: Request, visit: Manager, provider_id: str) -> Response:
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                change = change_of_many_in(visit.form, fields)
                await office.desk.tasks.update(unit, ticked(visit.form), change, visit.actor())
        except InvalidInput as error:
            refusal = Refused("tasks", refused(visit.form, error))
            return await board.shown(request, visit, provider_id, View(tab="tasks", refusal=refusal))
        return seen_again(provider_id, "tasks-changed")

    @router.post(_TASK)
    async def change_one(request: Request, visit: Manager, provider_id: str, task_id: str) -> Response:
        try:
            async with office.writing(visit) as unit:
                task = await office.desk.tasks.get(unit, task_id, to_change=True)
                must_be_as_seen(visit.form, shown_of(task, visit.form))
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                change = change_in(visit.form, fields)
                await office.desk.tasks.update(unit, [task_id], change, visit.actor())
        except (InvalidInput, ChangedMeanwhile) as error:
            refusal = Refused(task_id, refused(visit.form, error))
            return await board.shown(request, visit, provider_id, View(tab="tasks", refusal=refusal))
        return seen_again(provider_id, "task-changed")

    @router.get(f"{_TASK}/archive")
    async def asked(request: Request, visit: Manager, provider_id: str, task_id: str) -> Response:
        async with office.reading(visit) as unit:
            task = await office.desk.tasks.get(unit, task_id)
        if task.provider_id != provider_id:
            raise NotFound("there is no such task")
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Remove Task",
            consequence="The task is counted no more. Generating tasks again does not bring it back.",
            subject=task.title,
            action=f"{board_of(provider_id)}/tasks/{task.id}/archive",
            back=address(board_of(provider_id), tab="tasks"),
            verb="Remove",
        )

    @router.post(f"{_TASK}/archive")
    async def archive(visit: Manager, provider_id: str, task_id: str) -> Response:
        async with office.writing(visit) as unit:
            await office.desk.tasks.archive(unit, task_id, visit.actor())
        return seen_again(provider_id, "task-archived")

    return router
