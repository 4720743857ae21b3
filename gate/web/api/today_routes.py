"""`/api/today`: what the caller has to do, how long the lists are, and how the night went."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response

from gate.alerts.model.pages import AlertCounts
from gate.credentialing.model.workload import Workload
from gate.decision.model import GateMode
from gate.jobs.desk import LastRun
from gate.jobs.model import RunState
from gate.today.model import Matter, MatterKind
from gate.today.service import Modes, Part, Today, TodayService
from gate.web.api.bodies import answer
from gate.web.api.described import Descriptions
from gate.web.door import Visit, caller
from gate.web.portal.modes import mode_lines


class NextThing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: MatterKind
    id: str
    """Of the record of that kind, by which it is opened, assigned and snoozed."""
    detail: str
    """Which kind of alert or of credential."""
    about: str
    whom: str
    state: str
    pressure: str
    """``past_due``, ``due_today``, ``waiting`` or ``coming``."""
    due_on: date | None
    days: int | None
    """Until that day; negative: since."""
    assigned_to: str


class StateMode(msgspec.Struct, frozen=True, kw_only=True):
    """In which mode a state is, or one line of business in it that differs."""

    state: str
    line_of_business: str
    mode: GateMode
    since: datetime | None
    """None: it never was switched."""


class JobResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a job's last run ended; None: it never did."""

    name: str
    state: RunState | None
    finished_at: datetime | None


class TodayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's day. A part that is null is named in `hidden` or in `unavailable`."""

    tenant: str
    as_of: datetime
    next: Sequence[NextThing]
    """Three at most, the most pressing first, of the parts that could be read."""
    credentialing: Workload | None
    alerts: AlertCounts | None
    modes: Sequence[StateMode] | None
    jobs: Sequence[JobResult] | None
    hidden: Sequence[Part]
    """What the caller may not see."""
    unavailable: Sequence[Part]
    """What cannot be read at present: not the same as nothing to do."""


def today_routes(service: TodayService, described: Descriptions) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api", tags=["today"])

    @router.get("/today", openapi_extra=described.operation(gives=TodayAnswer))
    async def get_today(visit: Annotated[Visit, Depends(caller())]) -> Response:
        """What comes first of what is the caller's or nobody's; each part for who may see its lists."""
        return answer(_answer_of(await service.of(visit.principal, visit.actor())))

    return router


def _answer_of(day: Today) -> TodayAnswer:
    return TodayAnswer(
        tenant=day.tenant,
        as_of=day.as_of,
        next=[_next_thing(matter) for matter in day.next.matters],
        credentialing=day.workload,
        alerts=day.alerts,
        modes=None if day.modes is None else _state_modes(day.modes),
        jobs=None if day.jobs is None else [_job_result(each) for each in day.jobs],
        hidden=sorted(day.hidden),
        unavailable=sorted(day.unavailable),
    )


def _next_thing(matter: Matter) -> NextThing:
    return NextThing(
        kind=matter.kind,
        id=matter.id,
        detail=matter.detail,
        about=matter.about,
        whom=matter.whom,
        state=matter.state,
        pressure=matter.pressure.name.lower(),
        due_on=matter.due_on,
        days=matter.days,
        assigned_to=matter.assigned_to,
    )


def _state_modes(modes: Modes) -> list[StateMode]:
    return [
        StateMode(state=line.state, line_of_business=line.line_of_business, mode=line.mode, since=line.since)
        for line in mode_lines(modes.config, modes.changes)
    ]


def _job_result(last: LastRun) -> JobResult:
    run = last.run
    return JobResult(
        name=last.name, state=None if run is None else run.state, finished_at=None if run is None else run.finished_at
    )
