"""Scheduled work: what there is, how it went, and having it done at once.

Jobs are the deployment's. What a run counted is of all organisations: pages show how it went and not what it did.
"""

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.errors import PreconditionFailed
from gate.jobs.desk import PAGE, JobDesk
from gate.web.operating import Operator, Watcher, may_operate, moment
from gate.web.portal.pages import Pages
from gate.web.portal.system.words import NEVER_RAN, badge_of, in_words, notice_of

JOBS = "/system/jobs"


def job_pages(pages: Pages, desk: JobDesk) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(JOBS)
    async def overview(request: Request, visit: Watcher, done: Annotated[str, Query()] = "") -> Response:
        views = await desk.overview()
        return pages.answer(
            request,
            "system/jobs.html",
            jobs=[(view, NEVER_RAN if view.last_run is None else badge_of(view.last_run.state)) for view in views],
            in_words=in_words,
            can_run=may_operate(visit),
            notice=notice_of(done),
        )

    @router.get("/system/jobs/{job}")
    async def history(
        request: Request,
        visit: Watcher,
        job: str,
        before: Annotated[str, Query()] = "",
        done: Annotated[str, Query()] = "",
    ) -> Response:
        runs = await desk.history(job, before=moment(before))
        last = runs[-1].scheduled_for if len(runs) == PAGE else None
        return pages.answer(
            request,
            "system/job.html",
            job=desk.job(job),
            schedule=str(desk.job(job).schedule),
            runs=[(run, badge_of(run.state), in_words(run.duration)) for run in runs],
            can_run=may_operate(visit),
            notice=notice_of(done),
            first=f"{JOBS}/{job}" if before else "",
            following=f"{JOBS}/{job}?before={last.isoformat().replace('+00:00', 'Z')}" if last is not None else "",
        )

    @router.post("/system/jobs/{job}/run")
    async def run(visit: Operator, job: str) -> Response:
        with suppress(PreconditionFailed):  # it is under way, which is what was wanted
            await desk.order(job, visit.actor())
        return RedirectResponse(f"{JOBS}/{job}?done=ordered", HTTPStatus.SEE_OTHER)

    return router
