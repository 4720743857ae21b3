"""Deadlines that come near: the list, one alert with its history, and what people do about it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.alerts.model.alerts import Alert, AlertStatus
from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.model.pages import AlertFilter
from gate.alerts.service.office import AlertOffice
from gate.auth.permissions import Permission
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit, signed_in
from gate.web.portal.alerts.views import (
    ALERTS,
    KIND_TITLES,
    KINDS,
    STATUSES,
    URGENCIES,
    change_lines,
    facts_of,
    line_of,
    notice_of,
)
from gate.web.portal.credentialing.days import day_in
from gate.web.portal.credentialing.queries import Done, Key, Login, Token
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.pages import Pages
from gate.web.refusals import refusal_of

_Viewer = Annotated[Visit, Depends(signed_in(Permission.ALERTS_VIEW))]
_Manager = Annotated[Visit, Depends(signed_in(Permission.ALERTS_MANAGE))]
_ONE = f"{ALERTS}/{{alert_id}}"
_Act = Callable[[AlertOffice, UnitOfWork, str, Visit], Awaitable[Alert]]


class Wish(msgspec.Struct, frozen=True):
    """Which alerts are wanted, as the address says."""

    kind: str = ""
    urgency: str = ""
    status: str = ""
    who: str = ""
    escalated: str = ""

    def filter(self, login: str) -> AlertFilter:
        """The same, as the service takes it.

        Raises:
            InvalidInput: a part is none.
        """
        try:
            return AlertFilter(
                kind=AlertKind(self.kind) if self.kind else None,
                urgency=Urgency(self.urgency) if self.urgency else None,
                status=AlertStatus(self.status) if self.status else None,
                assigned_to=login if self.who == "me" else self.who,
                escalated=bool(self.escalated),
            )
        except ValueError:
            raise InvalidInput(FieldViolation("filter", "is none that this page has")) from None


def wish_in(kind: Key = "", urgency: Key = "", status: Key = "", who: Login = "", escalated: Key = "") -> Wish:
    """A dependency: what the address says."""
    return Wish(kind, urgency, status, who, escalated)


def alert_pages(pages: Pages, database: Database, office: AlertOffice) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)
    _list_page(router, pages, database, office)
    _one_page(router, pages, database, office)
    return router


def _list_page(router: APIRouter, pages: Pages, database: Database, office: AlertOffice) -> None:
    desk = office.desk

    @router.get(ALERTS)
    async def listed(
        request: Request,
        visit: _Viewer,
        wish: Annotated[Wish, Depends(wish_in)],
        page: Token = "",
        done: Done = "",
    ) -> Response:
        wanted = msgspec.structs.asdict(wish)
        async with database.reading(visit.principal.tenant) as unit:
            found = await desk.list(unit, wish.filter(visit.principal.subject), visit.actor(), token=page)
            mutes = await office.notifications.mutes(unit)
        now = office.clock()
        return pages.answer(
            request,
            "alerts/alerts.html",
            lines=[line_of(alert, now) for alert in found.items],
            as_of=now,
            wish=wish,
            kinds=KINDS,
            urgencies=URGENCIES,
            statuses=STATUSES,
            own=[KIND_TITLES[mute.kind] for mute in mutes if mute.person == visit.principal.subject],
            everybodys=[KIND_TITLES[mute.kind] for mute in mutes if not mute.person],
            may_manage=_may_manage(visit),
            notice=notice_of(done),
            first=address(ALERTS, **wanted) if page else "",
            following=address(ALERTS, **wanted, page=found.next_page_token) if found.next_page_token else "",
        )

    @router.post(f"{ALERTS}/mutes")
    async def mute(visit: _Viewer) -> Response:
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
        return _to(ALERTS, "muted" if is_muted else "unmuted")


def _one_page(router: APIRouter, pages: Pages, database: Database, office: AlertOffice) -> None:
    async def shown(
        request: Request,
        visit: Visit,
        alert_id: str,
        done: str = "",
        error: InvalidInput | PreconditionFailed | None = None,
    ) -> Response:
        async with database.reading(visit.principal.tenant) as unit:
            file = await office.desk.get(unit, alert_id)
        return pages.answer(
            request,
            "alerts/alert.html",
            status=HTTPStatus.OK if error is None else refusal_of(error).status,
            line=line_of(file.alert, office.clock()),
            is_current=file.alert.is_current,
            why=file.why,
            facts=facts_of(file.alert),
            history=change_lines(file.history),
            login=visit.principal.subject,
            may_manage=_may_manage(visit),
            notice=notice_of(done),
            problem="" if error is None else str(error),
            entered=visit.form,
        )

    def doing(done: str, act: _Act) -> Callable[..., Awaitable[Response]]:
        async def handled(request: Request, visit: _Manager, alert_id: str) -> Response:
            try:
                async with database.writing(visit.principal.tenant) as unit:
                    await act(office, unit, alert_id, visit)
            except (InvalidInput, PreconditionFailed) as error:
                return await shown(request, visit, alert_id, error=error)
            return _to(f"{ALERTS}/{alert_id}", done)

        return handled

    @router.get(_ONE)
    async def one(request: Request, visit: _Viewer, alert_id: str, done: Done = "") -> Response:
        return await shown(request, visit, alert_id, done)

    for path, done, act in (
        ("acknowledge", "acknowledged", _acknowledge),
        ("assign", "assigned", _assign),
        ("snooze", "snoozed", _snooze),
        ("notes", "noted", _note),
    ):
        router.add_api_route(f"{_ONE}/{path}", doing(done, act), methods=["POST"])


async def _acknowledge(office: AlertOffice, unit: UnitOfWork, alert_id: str, visit: Visit) -> Alert:
    return await office.desk.acknowledge(unit, alert_id, visit.form.get("note", ""), visit.actor())


async def _assign(office: AlertOffice, unit: UnitOfWork, alert_id: str, visit: Visit) -> Alert:
    return await office.desk.assign(unit, alert_id, visit.form.get("assigned_to", ""), visit.actor())


async def _snooze(office: AlertOffice, unit: UnitOfWork, alert_id: str, visit: Visit) -> Alert:
    until = _until(visit.form.get("until", ""), office.clock())
    return await office.desk.snooze(unit, alert_id, until, visit.form.get("note", ""), visit.actor())


async def _note(office: AlertOffice, unit: UnitOfWork, alert_id: str, visit: Visit) -> Alert:
    return await office.desk.add_note(unit, alert_id, visit.form.get("note", ""), visit.actor())


def _until(typed: str, now: datetime) -> datetime:
    """The beginning of the day that somebody named."""
    try:
        day = day_in(typed, now.date())
    except (ValueError, OverflowError):
        day = None
    if day is None:
        raise InvalidInput(FieldViolation("until", "is a day like 2026-03-10, 3/10/26 or +14"))
    return datetime.combine(day, time.min, UTC)


def _may_manage(visit: Visit) -> bool:
    return Permission.ALERTS_MANAGE in visit.principal.permissions


def _to(path: str, done: str) -> Response:
    return RedirectResponse(address(path, done=done), HTTPStatus.SEE_OTHER)
