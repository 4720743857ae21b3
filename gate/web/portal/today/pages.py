"""The home page: the three next things with what does them, how long the lists are, how the night went."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database
from gate.today import acts
from gate.today.acts import TodayActs
from gate.today.model import MatterKind
from gate.today.service import NEEDS, Part, TodayService
from gate.web.door import Visit, signed_in
from gate.web.health import Health
from gate.web.paths import HOME
from gate.web.portal.condition import condition_of
from gate.web.portal.credentialing.queries import Done
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.modes import mode_lines
from gate.web.portal.pages import Pages
from gate.web.portal.today.views import (
    OVERVIEW,
    SNOOZES,
    TODAY,
    UNAVAILABLE,
    alert_figures,
    figures_of,
    headline_of,
    job_line,
    line_of,
    notice_of,
)
from gate.web.refusals import refusal_of

_Member = Annotated[Visit, Depends(signed_in())]


def today_pages(pages: Pages, health: Health, database: Database, service: TodayService, doing: TodayActs) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(HOME)
    async def home(visit: _Member) -> Response:
        works_on_records = visit.principal.permissions >= NEEDS[Part.CREDENTIALING]
        return RedirectResponse(TODAY if works_on_records else OVERVIEW, HTTPStatus.SEE_OTHER)

    async def shown(
        request: Request, visit: Visit, *, done: str = "", error: InvalidInput | PreconditionFailed | None = None
    ) -> Response:
        day = await service.of(visit.principal, visit.actor())
        return pages.answer(
            request,
            "today.html",
            status=HTTPStatus.OK if error is None else refusal_of(error).status,
            as_of=day.as_of,
            condition=condition_of(await health.report()),
            unavailable=[UNAVAILABLE[part] for part in Part if part in day.unavailable],
            sees_matters=not day.hidden >= {Part.CREDENTIALING, Part.ALERTS},
            sees_nothing=day.hidden >= frozenset(Part),
            headline=headline_of(day.next, may_lack=day.may_lack_matters),
            lines=[line_of(each, visit.principal.subject, visit.principal.permissions) for each in day.next.matters],
            groups=[
                *(figures_of(day.workload) if day.workload is not None else ()),
                *([alert_figures(day.alerts)] if day.alerts is not None else ()),
            ],
            modes=None if day.modes is None else mode_lines(day.modes.config, day.modes.changes),
            jobs=None if day.jobs is None else [job_line(each) for each in day.jobs],
            snoozes=SNOOZES,
            notice=notice_of(done),
            problem="" if error is None else str(error),
        )

    @router.get(TODAY)
    async def today(request: Request, visit: _Member, done: Done = "") -> Response:
        return await shown(request, visit, done=done)

    @router.post(f"{TODAY}/take")
    async def take(request: Request, visit: _Member) -> Response:
        kind = _kind_in(visit)
        try:
            async with database.writing(visit.principal.tenant) as unit:
                await doing.take(unit, kind, visit.form.get("id", ""), visit.actor())
        except PreconditionFailed as error:
            return await shown(request, visit, error=error)
        return _back("taken")

    @router.post(f"{TODAY}/snooze")
    async def snooze(request: Request, visit: _Member) -> Response:
        kind, days = _kind_in(visit), visit.form.get("days", "")
        try:
            async with database.writing(visit.principal.tenant) as unit:
                chosen = int(days) if days in dict(SNOOZES) else 0
                await doing.snooze(unit, kind, visit.form.get("id", ""), chosen, visit.actor())
        except (InvalidInput, PreconditionFailed) as error:
            return await shown(request, visit, error=error)
        return _back("snoozed")

    return router


def _kind_in(visit: Visit) -> MatterKind:
    """What they want to do something about, and may."""
    try:
        kind = MatterKind(visit.form.get("kind", ""))
    except ValueError:
        raise InvalidInput(FieldViolation("kind", "is none")) from None
    for permission in sorted(acts.NEEDS[kind]):
        visit.principal.require(permission)
    return kind


def _back(done: str) -> Response:
    return RedirectResponse(address(TODAY, done=done), HTTPStatus.SEE_OTHER)
