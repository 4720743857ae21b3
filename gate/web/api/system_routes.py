"""`/api/jobs`, `/api/dead-letters` and `/api/webhooks`: the running of the service, for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from gate.credentialing.model.paging import Page
from gate.delivery.endpoints import EndpointWithSecret, WebhookEndpoints
from gate.delivery.model import Endpoint
from gate.jobs.desk import PAGE, JobDesk, JobView
from gate.jobs.model import Run, RunState
from gate.outbox.dead_letters import DeadLetters
from gate.outbox.letter import DeadLetter
from gate.persistence.unit_of_work import Database
from gate.web.api.bodies import Removed, answer, page_answer, reads
from gate.web.api.described import Descriptions
from gate.web.operating import OperatingCaller, WatchingCaller, moment


class JobRun(msgspec.Struct, frozen=True):
    """A run as programs of an organisation see it: what it counted is of all organisations, and not told."""

    scheduled_for: datetime
    is_ordered: bool
    state: RunState
    started_at: datetime | None
    finished_at: datetime | None
    error: str


class JobStanding(msgspec.Struct, frozen=True):
    """One job and where it stands."""

    name: str
    title: str
    schedule: str
    next_due: datetime
    succeeded_at: datetime | None
    last_run: JobRun | None


class Ordered(msgspec.Struct, frozen=True):
    """A job that is about to be run."""

    job: str


class Discard(msgspec.Struct, frozen=True):
    """Why a message is not sent at all."""

    reason: str


class NewEndpoint(msgspec.Struct, frozen=True):
    """Where to tell what. No topics: everything."""

    url: str
    topics: Sequence[str] = ()
    description: str = ""


def job_routes(desk: JobDesk, described: Descriptions) -> APIRouter:
    """Of jobs."""
    router = APIRouter(prefix="/api/jobs", tags=["jobs"])

    @router.get("", openapi_extra=described.operation(lists=JobStanding))
    async def list_jobs(_visit: WatchingCaller) -> Response:
        """Every job, with its last run and when it is due next."""
        return page_answer(Page([_standing(view) for view in await desk.overview()], ""))

    @router.get("/{job}/runs", openapi_extra=described.operation(lists=JobRun))
    async def list_runs(_visit: WatchingCaller, job: str, before: Annotated[str, Query()] = "") -> Response:
        """The job's runs, newest first; the next page is `before` the last of these."""
        runs = await desk.history(job, before=moment(before))
        following = runs[-1].scheduled_for.isoformat().replace("+00:00", "Z") if len(runs) == PAGE else ""
        return page_answer(Page([_run(run) for run in runs], following))

    @router.post("/{job}/runs", openapi_extra=described.operation(gives=Ordered))
    async def order_run(visit: OperatingCaller, job: str) -> Response:
        """Have the job run once, as soon as a process that runs jobs looks."""
        await desk.order(job, visit.actor())
        return answer(Ordered(job))

    return router


def dead_letter_routes(database: Database, letters: DeadLetters, described: Descriptions) -> APIRouter:
    """Of messages that were given up."""
    router = APIRouter(prefix="/api/dead-letters", tags=["deliveries"])

    @router.get("", openapi_extra=described.operation(lists=DeadLetter))
    async def list_dead_letters(visit: WatchingCaller, before: Annotated[str, Query()] = "") -> Response:
        """Messages that are not tried any more, newest first; the next page is `before` the last of these."""
        async with database.reading(visit.principal.tenant) as unit:
            page = await letters.listed(unit, before=before)
        return page_answer(Page(page.letters, page.next_before))

    @router.post("/{letter_id}/send-again", openapi_extra=described.operation(gives=Removed))
    async def send_again(visit: OperatingCaller, letter_id: str) -> Response:
        """Try it once more, as if it were new."""
        async with database.writing(visit.principal.tenant) as unit:
            await letters.send_again(unit, letter_id, visit.actor())
        return answer(Removed(letter_id))

    @router.post("/{letter_id}/discard", openapi_extra=described.operation(gives=Removed, takes=Discard))
    async def discard(
        visit: OperatingCaller, letter_id: str, wanted: Annotated[Discard, Depends(reads(Discard))]
    ) -> Response:
        """Never send it."""
        async with database.writing(visit.principal.tenant) as unit:
            await letters.discard(unit, letter_id, wanted.reason, visit.actor())
        return answer(Removed(letter_id))

    return router


def webhook_routes(database: Database, endpoints: WebhookEndpoints, described: Descriptions) -> APIRouter:
    """Of webhook endpoints."""
    router = APIRouter(prefix="/api/webhooks", tags=["deliveries"])

    @router.get("", openapi_extra=described.operation(lists=Endpoint))
    async def list_endpoints(visit: WatchingCaller) -> Response:
        """All of them, oldest first, without their secrets."""
        async with database.reading(visit.principal.tenant) as unit:
            return page_answer(Page(await endpoints.listed(unit), ""))

    @router.post("", openapi_extra=described.operation(gives=EndpointWithSecret, takes=NewEndpoint))
    async def create_endpoint(
        visit: OperatingCaller, wanted: Annotated[NewEndpoint, Depends(reads(NewEndpoint))]
    ) -> Response:
        """Have programs told there; the secret is answered this once."""
        async with database.writing(visit.principal.tenant) as unit:
            made = await endpoints.create(unit, wanted.url, wanted.topics, wanted.description, visit.actor())
        return answer(made)

    @router.post("/{endpoint_id}/secret", openapi_extra=described.operation(gives=EndpointWithSecret))
    async def replace_secret(visit: OperatingCaller, endpoint_id: str) -> Response:
        """Another secret; the one before signs for a while, too."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await endpoints.replace_secret(unit, endpoint_id, visit.actor()))

    @router.post("/{endpoint_id}/enable", openapi_extra=described.operation(gives=Endpoint))
    async def enable(visit: OperatingCaller, endpoint_id: str) -> Response:
        """Tell it again."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await endpoints.enable(unit, endpoint_id, visit.actor()))

    @router.post("/{endpoint_id}/disable", openapi_extra=described.operation(gives=Endpoint))
    async def disable(visit: OperatingCaller, endpoint_id: str) -> Response:
        """Tell it nothing for now."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await endpoints.disable(unit, endpoint_id, visit.actor()))

    @router.delete("/{endpoint_id}", openapi_extra=described.operation(gives=Removed))
    async def remove(visit: OperatingCaller, endpoint_id: str) -> Response:
        """Forget it."""
        async with database.writing(visit.principal.tenant) as unit:
            await endpoints.remove(unit, endpoint_id, visit.actor())
        return answer(Removed(endpoint_id))

    return router


def _standing(view: JobView) -> JobStanding:
    last = None if view.last_run is None else _run(view.last_run)
    return JobStanding(view.name, view.title, view.schedule, view.next_due, view.succeeded_at, last)


def _run(run: Run) -> JobRun:
    return JobRun(run.scheduled_for, run.is_ordered, run.state, run.started_at, run.finished_at, run.error)
