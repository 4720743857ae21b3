"""Deadlines that come near: the list, what is done to several of them at once, and kinds nobody wants to hear of."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.alerts.model.acts import Handled
from gate.alerts.model.kinds import AlertKind
from gate.alerts.service.office import AlertOffice
from gate.auth.permissions import Permission
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit
from gate.web.portal.alerts.admission import Manager, Viewer, may_manage
from gate.web.portal.alerts.bulk_form import BulkWish, LeftAlone, carried, done_to, left_alone, said_in, wish_in
from gate.web.portal.alerts.views import (
    ALERTS,
    KIND_TITLES,
    KINDS,
    STATUSES,
    URGENCIES,
    line_of,
    notice_of,
)
from gate.web.portal.alerts.wish import Wish
from gate.web.portal.credentialing.fields import Fields, Form, refused
from gate.web.portal.credentialing.queries import Done, Key, Login, Token
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.whose import EVERYBODY_OR_ME, choices_with
from gate.web.portal.pages import Pages


def wished(kind: Key = "", urgency: Key = "", status: Key = "", who: Login = "", escalated: Key = "") -> Wish:
    """A dependency: what the address says."""
    return Wish(kind, urgency, status, who, escalated)


def alert_list(pages: Pages, database: Database, office: AlertOffice) -> APIRouter:
    """Its routes."""
    router = APIRouter(include_in_schema=False)

    async def shown(  # noqa: PLR0913 - what was done before, in its parts
        request: Request,
        visit: Visit,
        wish: Wish,
        *,
        token: str = "",
        notice: str = "",
        left: Sequence[LeftAlone] = (),
        refusal: Form | None = None,
    ) -> Response:
        login = visit.principal.subject
        async with database.reading(visit.principal.tenant) as unit:
            found = await office.desk.list(unit, wish.filter(login), visit.actor(), token=token)
            mutes = await office.notifications.mutes(unit)
        now = office.clock()
        return pages.answer(
            request,
            "alerts/alerts.html",
            status=HTTPStatus.OK if refusal is None else HTTPStatus.BAD_REQUEST,
            lines=[line_of(alert, now) for alert in found.items],
            as_of=now,
            wish=wish,
            kinds=KINDS,
            urgencies=URGENCIES,
            statuses=STATUSES,
            whose=choices_with(wish.who, EVERYBODY_OR_ME),
            own=[KIND_TITLES[mute.kind] for mute in mutes if mute.person == login],
            everybodys=[KIND_TITLES[mute.kind] for mute in mutes if not mute.person],
            login=login,
            may_manage=may_manage(visit),
            notice=notice,
            left=left,
            refusal=refusal,
            first=wish.at() if token else "",
            following=wish.at(page=found.next_page_token) if found.next_page_token else "",
        )

    @router.get(ALERTS)
    async def listed(
        request: Request, visit: Viewer, wish: Annotated[Wish, Depends(wished)], page: Token = "", done: Done = ""
    ) -> Response:
        return await shown(request, visit, wish, token=page, notice=notice_of(done) or said_in(done))

    @router.post(ALERTS)
    async def handle_several(request: Request, visit: Manager) -> Response:
        list_wish = Wish.returning(visit.form)
        try:
            wanted = wish_in(visit.form, Fields(visit.form, office.clock().date()))
            async with database.writing(visit.principal.tenant) as unit:
                handled = await _handled(office, unit, wanted, visit)
        except InvalidInput as error:
            return await shown(request, visit, list_wish, refusal=refused(visit.form, error))
        if left := left_alone(handled):
            return await shown(request, visit, list_wish, notice=done_to(handled, wanted), left=left)
        return RedirectResponse(list_wish.at(done=carried(wanted)), HTTPStatus.SEE_OTHER)

    @router.post(f"{ALERTS}/mutes")
    async def mute(visit: Viewer) -> Response:
        try:
            kind = AlertKind(visit.form.get("kind", ""))
        except ValueError:
            raise InvalidInput(FieldViolation("kind", "is none")) from None
        for_all, is_muted = visit.form.get("whose") == "all", visit.form.get("muted") == "yes"
        if for_all:
            visit.principal.require(Permission.ALERTS_MANAGE)
        act = office.notifications.mute if is_muted else office.notifications.unmute
        async with database.writing(visit.principal.tenant) as unit:
            await act(unit, kind, visit.actor(), for_all=for_all)
        return RedirectResponse(address(ALERTS, done="muted" if is_muted else "unmuted"), HTTPStatus.SEE_OTHER)

    return router


async def _handled(office: AlertOffice, unit: UnitOfWork, wanted: BulkWish, visit: Visit) -> Sequence[Handled]:
    """All that is wanted, in one transaction; what refuses one act refuses each."""
    desk, by = office.desk, visit.actor()
    handled: Sequence[Handled] = ()
    if wanted.assign_to is not None:
        handled = await desk.assign_several(unit, wanted.ids, wanted.assign_to, by)
    if wanted.is_acknowledged:
        handled = await desk.acknowledge_several(unit, wanted.ids, wanted.note, by)
    if wanted.until is not None:
        handled = await desk.snooze_several(unit, wanted.ids, wanted.until, wanted.note, by)
    return handled
