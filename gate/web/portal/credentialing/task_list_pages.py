"""Tasks of all providers: one list, narrowed and changed together."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import PayerFilter
from gate.errors import InvalidInput
from gate.page_tokens import LARGEST_PAGE
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.bulk import returning, wish_in
from gate.web.portal.credentialing.fields import Fields, Form, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, Key, Login, Token
from gate.web.portal.credentialing.task_form import change_of_many_in, ticked
from gate.web.portal.credentialing.views.addresses import exported
from gate.web.portal.credentialing.views.task_board import TASK_STATUSES
from gate.web.portal.credentialing.views.task_list import (
    DUES,
    NO_MATCH,
    NOTHING_YET,
    STATUSES,
    TASKS,
    TaskWish,
    row_of,
    saved_views,
)
from gate.web.portal.credentialing.views.whose import WHOSE, choices_with


def wished(status: Key = "", who: Login = "", due: Key = "", payer: Key = "") -> TaskWish:
    """A dependency: what is wanted of the list."""
    return TaskWish(status=status, who=who, due=due, payer=payer)


def task_list_pages(office: Office) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    async def shown(
        request: Request,
        visit: Visit,
        wish: TaskWish,
        *,
        token: str = "",
        notice: str = "",
        refusal: Form | None = None,
    ) -> Response:
        async with office.reading(visit) as unit:
            page = await office.desk.tasks.list(unit, wish.wanted(visit.principal.subject), PageRequest(token=token))
            payers = await office.desk.payers.list(unit, PayerFilter(), PageRequest(LARGEST_PAGE))
            today = await office.desk.payers.today(unit)
        return office.pages.answer(
            request,
            "credentialing/task_list.html",
            status=HTTPStatus.OK if refusal is None else HTTPStatus.BAD_REQUEST,
            lines=[row_of(task, today) for task in page.items],
            empty=NOTHING_YET if wish == TaskWish() and not token else NO_MATCH,
            wish=wish,
            views=saved_views(wish),
            statuses=STATUSES,
            whose=choices_with(wish.who, WHOSE),
            dues=DUES,
            payers=(("", "All payers"), *((payer.id, payer.name) for payer in payers.items)),
            settable=TASK_STATUSES,
            login=visit.principal.subject,
            today=today,
            back=returning(wish.kept()),
            export=exported(TASKS, **wish.kept()),
            first=wish.at() if token else "",
            following=wish.at(page=page.next_page_token) if page.next_page_token else "",
            may_manage=may_manage(visit),
            notice=notice,
            refusal=refusal,
        )

    @router.get(TASKS)
    async def tasks(
        request: Request, visit: Viewer, wish: Annotated[TaskWish, Depends(wished)], token: Token = "", done: Done = ""
    ) -> Response:
        return await shown(request, visit, wish, token=token, notice=notice_of(done))

    @router.post(TASKS)
    async def change_several(request: Request, visit: Manager) -> Response:
        wish = wish_in(visit.form, TaskWish)
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                change = change_of_many_in(visit.form, fields)
                await office.desk.tasks.update(unit, ticked(visit.form, "row-"), change, visit.actor())
        except InvalidInput as error:
            return await shown(request, visit, wish, refusal=refused(visit.form, error))
        return RedirectResponse(wish.at(done="tasks-changed"), HTTPStatus.SEE_OTHER)

    return router
