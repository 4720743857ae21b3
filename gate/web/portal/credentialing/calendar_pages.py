"""One's own calendar: its secret address, shown once; and the feed behind it, for programs that sign in nowhere."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.accounts.calendar_addresses import CalendarAddresses
from gate.auth.permissions import Permission, permissions_of
from gate.errors import NotFound
from gate.web.door import Visit, client_of
from gate.web.portal.credentialing.admission import Viewer
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.enrollments import DEADLINES, LIST

CALENDAR: Final = f"{LIST}/calendar"
_FEED: Final = "/calendar"
_NEEDED: Final = {Permission.PRACTICE_ADMIN, Permission.CREDENTIALING_VIEW}
_NOT_KEPT: Final = {"cache-control": "no-store", "x-robots-tag": "noindex"}


def calendar_pages(office: Office, calendars: CalendarAddresses, base_url: str) -> APIRouter:
    """Where somebody makes the address of their calendar, and takes it back."""
    router = APIRouter(include_in_schema=False)

    async def shown(request: Request, visit: Visit, secret: str = "") -> Response:
        response = office.pages.answer(
            request,
            "credentialing/calendar.html",
            kept=await calendars.of(visit.person, visit.principal.tenant),
            feed=f"{base_url or str(request.base_url)}".rstrip("/") + f"{_FEED}/{secret}.ics" if secret else "",
            back=DEADLINES,
            own=CALENDAR,
        )
        response.headers["cache-control"] = "no-store"
        return response

    @router.get(CALENDAR)
    async def calendar(request: Request, visit: Viewer) -> Response:
        return await shown(request, visit)

    @router.post(CALENDAR)
    async def issue(request: Request, visit: Viewer) -> Response:
        # Answered here and now: an address that a redirect leads to would hold the secret.
        issued = await calendars.issue(visit.person, visit.actor())
        return await shown(request, visit, issued.secret)

    @router.post(f"{CALENDAR}/revoke")
    async def revoke(visit: Viewer) -> Response:
        await calendars.revoke(visit.person, visit.actor())
        return RedirectResponse(address(DEADLINES, done="calendar-revoked"), HTTPStatus.SEE_OTHER)

    return router


def calendar_feed(office: Office, calendars: CalendarAddresses) -> APIRouter:
    """What the secret address answers."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{_FEED}/{{secret}}.ics")
    async def feed(request: Request, secret: str) -> Response:
        subscriber = await calendars.recognized(secret, client_of(request))
        if not permissions_of(subscriber.roles).issuperset(_NEEDED):
            raise NotFound("there is no such calendar")
        async with office.database.reading(subscriber.tenant) as unit:
            text = await office.desk.reports.calendar(unit, subscriber.account.login)
        return Response(text, media_type="text/calendar", headers=_NOT_KEPT)

    return router
