"""Enrollments that have to be renewed: listed, given to somebody, put off, and their renewal started."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.paging import PageRequest
from gate.errors import InvalidInput
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.bulk import as_filtered, returning
from gate.web.portal.credentialing.bulk_acts import act_on_ticked
from gate.web.portal.credentialing.fields import Form, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, Key, Login, Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.enrollments import (
    DEADLINES,
    LIST,
    NOTHING_DUE,
    NOTHING_PUT_OFF,
    DeadlineWish,
    deadline_line,
    page_of,
)
from gate.web.portal.credentialing.views.roster import board_of
from gate.web.portal.credentialing.views.whose import EVERYBODY_OR_ME, choices_with


def wished(who: Login = "", snoozed: Key = "") -> DeadlineWish:
    """A dependency: what is wanted of the list."""
    return DeadlineWish(who=who, snoozed=snoozed)


def deadline_pages(office: Office) -> APIRouter:
    """The list, and what is done to several of them at once."""
    router = APIRouter(include_in_schema=False)

    async def shown(
        request: Request,
        visit: Visit,
        wish: DeadlineWish,
        *,
        token: str = "",
        notice: str = "",
        refusal: Form | None = None,
    ) -> Response:
        wanted = wish.wanted(visit.principal.subject)
        async with office.reading(visit) as unit:
            page = await office.desk.enrollments.deadlines(unit, PageRequest(token=token), wanted)
            preferences = await office.desk.payers.preferences(unit)
            today = await office.desk.payers.today(unit)
        return office.pages.answer(
            request,
            "credentialing/deadlines.html",
            status=HTTPStatus.OK if refusal is None else HTTPStatus.BAD_REQUEST,
            lines=[deadline_line(deadline) for deadline in page.items],
            empty=NOTHING_PUT_OFF if wanted.is_snoozed else NOTHING_DUE,
            wish=wish,
            whose=choices_with(wish.who, EVERYBODY_OR_ME),
            login=visit.principal.subject,
            lead_days=preferences.recred_alert_lead_days,
            today=today,
            back=returning(wish.kept()),
            export=exported(DEADLINES, **wish.kept()),
            put_off=address(DEADLINES, who=wish.who, snoozed="1"),
            not_put_off=address(DEADLINES, who=wish.who),
            may_manage=may_manage(visit),
            notice=notice,
            refusal=refusal,
            first=address(DEADLINES, **wish.kept()) if token else "",
            following=address(DEADLINES, **wish.kept(), page=page.next_page_token) if page.next_page_token else "",
        )

    @router.get(DEADLINES)
    async def deadlines(
        request: Request,
        visit: Viewer,
        wish: Annotated[DeadlineWish, Depends(wished)],
        token: Token = "",
        done: Done = "",
    ) -> Response:
        return await shown(request, visit, wish, token=token, notice=notice_of(done))

    @router.post(DEADLINES)
    async def act(request: Request, visit: Manager) -> Response:
        wish = as_filtered(DeadlineWish, visit.form)
        try:
            action = await act_on_ticked(office, visit, office.desk.deadlines)
        except InvalidInput as error:
            return await shown(request, visit, wish, refusal=refused(visit.form, error))
        back = address(DEADLINES, **wish.kept(), done=f"{action.done}-deadlines")
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)

    return router


def reverification_pages(office: Office) -> APIRouter:
    """How the renewal of one enrollment is started."""
    router = APIRouter(include_in_schema=False)
    one = f"{LIST}/enrollments/{{enrollment_id}}/reverify"

    @router.get(one)
    async def asked(request: Request, visit: Manager, enrollment_id: str) -> Response:
        async with office.reading(visit) as unit:
            listed = await office.desk.enrollments.get(unit, enrollment_id)
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Start Re-verification",
            consequence="An application and its tasks are begun where there are none, else one task to renew it. "
            "The enrollment stays as it is.",
            subject=f"{listed.provider_name} with {listed.payer_name}",
            action=f"{page_of(enrollment_id)}/reverify",
            back=DEADLINES,
            verb="Start",
            is_harmless=True,
        )

    @router.post(one)
    async def start(visit: Manager, enrollment_id: str) -> Response:
        async with office.writing(visit) as unit:
            listed = await office.desk.enrollments.get(unit, enrollment_id)
            started = await office.desk.deadlines.start_reverification(unit, enrollment_id, visit.actor())
        done = "reverification-under-way" if started.was_under_way else "reverification-started"
        board = address(board_of(listed.enrollment.provider_id), tab="tasks", done=done)
        return RedirectResponse(board, HTTPStatus.SEE_OTHER)

    return router
