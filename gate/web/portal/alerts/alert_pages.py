"""One alert with its history, and what people do about it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.alerts.model.alerts import Alert
from gate.alerts.service.office import AlertOffice
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit
from gate.web.portal.alerts.admission import Manager, Viewer, may_manage
from gate.web.portal.alerts.views import ALERTS, change_lines, facts_of, line_of, notice_of
from gate.web.portal.credentialing.days import day_in
from gate.web.portal.credentialing.queries import Done
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.pages import Pages
from gate.web.refusals import refusal_of

_ONE = f"{ALERTS}/{{alert_id}}"
_Act = Callable[[AlertOffice, UnitOfWork, str, Visit], Awaitable[Alert]]


def alert_page(pages: Pages, database: Database, office: AlertOffice) -> APIRouter:
    """Its routes."""
    router = APIRouter(include_in_schema=False)

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
            may_manage=may_manage(visit),
            notice=notice_of(done),
            problem="" if error is None else str(error),
            entered=visit.form,
        )

    def doing(done: str, act: _Act) -> Callable[..., Awaitable[Response]]:
        async def handled(request: Request, visit: Manager, alert_id: str) -> Response:
            try:
                async with database.writing(visit.principal.tenant) as unit:
                    await act(office, unit, alert_id, visit)
            except (InvalidInput, PreconditionFailed) as error:
                return await shown(request, visit, alert_id, error=error)
            return _to(f"{ALERTS}/{alert_id}", done)

        return handled

    @router.get(_ONE)
    async def one(request: Request, visit: Viewer, alert_id: str, done: Done = "") -> Response:
        return await shown(request, visit, alert_id, done)

    for path, done, act in (
        ("acknowledge", "acknowledged", _acknowledge),
        ("assign", "assigned", _assign),
        ("snooze", "snoozed", _snooze),
        ("notes", "noted", _note),
    ):
        router.add_api_route(f"{_ONE}/{path}", doing(done, act), methods=["POST"])
    return router


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


def _to(path: str, done: str) -> Response:
    return RedirectResponse(address(path, done=done), HTTPStatus.SEE_OTHER)
