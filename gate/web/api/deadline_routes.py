"""`/api/admin/credentialing-deadlines`: enrollments that have to be renewed, and what somebody does about it."""

from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from gate.credentialing.model.enrollments import Deadline, DeadlineFilter, Reverification
from gate.web.api.admitted import AdminApi, Manager, Paged, Viewer
from gate.web.api.bodies import Changed, answer, page_answer, reads


class DeadlineAssignment(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whose deadlines they are from now on."""

    enrollment_ids: tuple[str, ...]
    coordinator: str
    """A login; empty: nobody's."""


class DeadlineSnooze(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which deadlines are put off, and until when."""

    enrollment_ids: tuple[str, ...]
    until: date | None = None
    """None: they are back at once."""


def deadline_routes(api: AdminApi) -> APIRouter:
    """The routes."""
    router, desk, described = APIRouter(prefix="/api/admin", tags=["enrollments"]), api.desk, api.described

    @router.get("/credentialing-deadlines", openapi_extra=described.operation(lists=Deadline))
    async def list_deadlines(
        visit: Viewer,
        page: Paged,
        coordinator: Annotated[str, Query()] = "",
        snoozed: Annotated[bool, Query(description="Those that are put off, in place of those that are not")] = False,
    ) -> Response:
        """Enrollments to be renewed within the organisation's lead days, overdue ones first."""
        wanted = DeadlineFilter(coordinator=coordinator, is_snoozed=snoozed)
        async with api.reading(visit) as unit:
            return page_answer(await desk.enrollments.deadlines(unit, page, wanted))

    @router.post(
        "/credentialing-deadlines/assign", openapi_extra=described.operation(gives=Changed, takes=DeadlineAssignment)
    )
    async def assign_deadlines(
        visit: Manager, wanted: Annotated[DeadlineAssignment, Depends(reads(DeadlineAssignment))]
    ) -> Response:
        """Give deadlines to somebody; all of them or none."""
        async with api.writing(visit) as unit:
            await desk.deadlines.assign(unit, wanted.enrollment_ids, wanted.coordinator, visit.actor())
        return answer(Changed(wanted.enrollment_ids))

    @router.post(
        "/credentialing-deadlines/snooze", openapi_extra=described.operation(gives=Changed, takes=DeadlineSnooze)
    )
    async def snooze_deadlines(
        visit: Manager, wanted: Annotated[DeadlineSnooze, Depends(reads(DeadlineSnooze))]
    ) -> Response:
        """Have the deadlines pass over enrollments until a day, on which they are back."""
        async with api.writing(visit) as unit:
            await desk.deadlines.snooze(unit, wanted.enrollment_ids, wanted.until, visit.actor())
        return answer(Changed(wanted.enrollment_ids))

    @router.post("/enrollments/{enrollment_id}/reverification", openapi_extra=described.operation(gives=Reverification))
    async def start_reverification(visit: Manager, enrollment_id: str) -> Response:
        """Open what it takes to renew an enrollment: an application and tasks where there is none, else one task."""
        async with api.writing(visit) as unit:
            return answer(await desk.deadlines.start_reverification(unit, enrollment_id, visit.actor()))

    return router
