"""`/api/alerts`: deadlines that come near, and what people do about them."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from gate.alerts.model.acts import Handled
from gate.alerts.model.alerts import Alert, AlertStatus, ToldChange
from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.model.pages import AlertCounts, AlertFile, AlertFilter
from gate.alerts.model.preferences import Mute, NotificationPreferences, PreferencesChange
from gate.alerts.service.office import AlertOffice
from gate.alerts.service.scanning import ScanResult
from gate.auth.permissions import Permission
from gate.credentialing.model.paging import Page
from gate.persistence.unit_of_work import Database
from gate.web.api.admitted import Paged
from gate.web.api.alert_bodies import (
    Acknowledgement,
    Assignment,
    MuteOrder,
    Note,
    OwnStyle,
    SeveralAcknowledged,
    SeveralAssigned,
    SeveralSnoozed,
    Snooze,
)
from gate.web.api.bodies import answer, page_answer, reads
from gate.web.api.described import Descriptions
from gate.web.door import Visit, caller

_Viewer = Annotated[Visit, Depends(caller(Permission.ALERTS_VIEW))]
_Manager = Annotated[Visit, Depends(caller(Permission.ALERTS_MANAGE))]
_CHANGES_AT_ONCE = 200


class AlertApi(msgspec.Struct, frozen=True):
    """What the routes work with."""

    database: Database
    office: AlertOffice
    described: Descriptions


def alert_routes(api: AlertApi) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", tags=["alerts"])
    _looking(router, api)
    _handling(router, api)
    _handling_several(router, api)
    _settling(router, api)
    return router


def _looking(router: APIRouter, api: AlertApi) -> None:
    desk, described, database = api.office.desk, api.described, api.database

    @router.get("/alerts", openapi_extra=described.operation(lists=Alert))
    async def list_alerts(  # noqa: PLR0913, PLR0917 - each is a filter of the address
        visit: _Viewer,
        page: Paged,
        kind: AlertKind | None = None,
        status: AlertStatus | None = None,
        urgency: Urgency | None = None,
        state: Annotated[str, Query()] = "",
        npi: Annotated[str, Query()] = "",
        assigned_to: Annotated[str, Query(alias="assignedTo")] = "",
        escalated: Annotated[bool, Query()] = False,
        muted: Annotated[bool, Query()] = False,
    ) -> Response:
        """The most overdue first; without a status, those that say something about today."""
        wanted = AlertFilter(
            kind=kind,
            status=status,
            urgency=urgency,
            state=state,
            npi=npi,
            assigned_to=assigned_to,
            escalated=escalated,
            muted=muted,
        )
        async with database.reading(visit.principal.tenant) as unit:
            found = await desk.list(unit, wanted, visit.actor(), size=page.size, token=page.token)
        return page_answer(Page(found.items, found.next_page_token))

    @router.get("/alerts/{alert_id}", openapi_extra=described.operation(gives=AlertFile))
    async def get_alert(visit: _Viewer, alert_id: str) -> Response:
        """One, with its history."""
        async with database.reading(visit.principal.tenant) as unit:
            return answer(await desk.get(unit, alert_id))

    @router.get("/alert-counts", openapi_extra=described.operation(gives=AlertCounts))
    async def count_alerts(visit: _Viewer) -> Response:
        """How many there are."""
        async with database.reading(visit.principal.tenant) as unit:
            return answer(await desk.counts(unit, visit.actor()))

    @router.get("/alert-changes", openapi_extra=described.operation(lists=ToldChange))
    async def list_changes(visit: _Viewer, after: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> Response:
        """What happened behind the change of that number, 200 at once; go on with the last number."""
        async with database.reading(visit.principal.tenant) as unit:
            return page_answer(Page(await desk.changes(unit, after, _CHANGES_AT_ONCE), ""))


def _handling(router: APIRouter, api: AlertApi) -> None:
    desk, described, database = api.office.desk, api.described, api.database

    @router.post(
        "/alerts/{alert_id}/acknowledge", openapi_extra=described.operation(gives=Alert, takes=Acknowledgement)
    )
    async def acknowledge_alert(
        visit: _Manager, alert_id: str, body: Annotated[Acknowledgement, Depends(reads(Acknowledgement))]
    ) -> Response:
        """Somebody knows: it is not escalated."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await desk.acknowledge(unit, alert_id, body.note, visit.actor()))

    @router.post("/alerts/{alert_id}/snooze", openapi_extra=described.operation(gives=Alert, takes=Snooze))
    async def snooze_alert(visit: _Manager, alert_id: str, body: Annotated[Snooze, Depends(reads(Snooze))]) -> Response:
        """Put it off; the next tier raises an alert of its own all the same."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await desk.snooze(unit, alert_id, body.until, body.note, visit.actor()))

    @router.post("/alerts/{alert_id}/assign", openapi_extra=described.operation(gives=Alert, takes=Assignment))
    async def assign_alert(
        visit: _Manager, alert_id: str, body: Annotated[Assignment, Depends(reads(Assignment))]
    ) -> Response:
        """Give it to somebody, who gets the alerts of the tiers that follow, too."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await desk.assign(unit, alert_id, body.assigned_to, visit.actor()))

    @router.post("/alerts/{alert_id}/notes", openapi_extra=described.operation(gives=Alert, takes=Note))
    async def add_note(visit: _Manager, alert_id: str, body: Annotated[Note, Depends(reads(Note))]) -> Response:
        """Something for the history."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await desk.add_note(unit, alert_id, body.note, visit.actor()))


def _handling_several(router: APIRouter, api: AlertApi) -> None:
    """Up to 500 in one transaction; each is told with why it was not changed, where it was not."""
    desk, described, database = api.office.desk, api.described, api.database

    @router.post("/alerts/acknowledge", openapi_extra=described.operation(lists=Handled, takes=SeveralAcknowledged))
    async def acknowledge_alerts(
        visit: _Manager, body: Annotated[SeveralAcknowledged, Depends(reads(SeveralAcknowledged))]
    ) -> Response:
        """Somebody knows of each of these; one that is closed keeps none of the others from it."""
        async with database.writing(visit.principal.tenant) as unit:
            handled = await desk.acknowledge_several(unit, body.alert_ids, body.note, visit.actor())
        return page_answer(Page(handled, ""))

    @router.post("/alerts/snooze", openapi_extra=described.operation(lists=Handled, takes=SeveralSnoozed))
    async def snooze_alerts(
        visit: _Manager, body: Annotated[SeveralSnoozed, Depends(reads(SeveralSnoozed))]
    ) -> Response:
        """Put these off; one that is closed keeps none of the others from it."""
        async with database.writing(visit.principal.tenant) as unit:
            handled = await desk.snooze_several(unit, body.alert_ids, body.until, body.note, visit.actor())
        return page_answer(Page(handled, ""))

    @router.post("/alerts/assign", openapi_extra=described.operation(lists=Handled, takes=SeveralAssigned))
    async def assign_alerts(
        visit: _Manager, body: Annotated[SeveralAssigned, Depends(reads(SeveralAssigned))]
    ) -> Response:
        """Give these to somebody; one that is closed keeps none of the others from it."""
        async with database.writing(visit.principal.tenant) as unit:
            handled = await desk.assign_several(unit, body.alert_ids, body.assigned_to, visit.actor())
        return page_answer(Page(handled, ""))


def _settling(router: APIRouter, api: AlertApi) -> None:
    office, described, database = api.office, api.described, api.database
    desk = office.notifications

    @router.get("/alert-mutes", openapi_extra=described.operation(lists=Mute))
    async def list_mutes(visit: _Viewer) -> Response:
        """Kinds that nobody, or somebody, does not want to hear of."""
        async with database.reading(visit.principal.tenant) as unit:
            return page_answer(Page(await desk.mutes(unit), ""))

    @router.post("/alert-mutes", openapi_extra=described.operation(lists=Mute, takes=MuteOrder))
    async def mute_kind(visit: _Viewer, order: Annotated[MuteOrder, Depends(reads(MuteOrder))]) -> Response:
        """Hear no more of a kind, or hear of it again."""
        if order.for_all:
            visit.principal.require(Permission.ALERTS_MANAGE)
        act = desk.mute if order.is_muted else desk.unmute
        async with database.writing(visit.principal.tenant) as unit:
            mutes = await act(unit, order.kind, visit.actor(), for_all=order.for_all)
        return page_answer(Page(mutes, ""))

    @router.get("/alert-preferences", openapi_extra=described.operation(gives=NotificationPreferences))
    async def get_notification_preferences(visit: _Viewer) -> Response:
        """Who is told, and how."""
        async with database.reading(visit.principal.tenant) as unit:
            return answer(await desk.preferences(unit))

    @router.patch(
        "/alert-preferences", openapi_extra=described.operation(gives=NotificationPreferences, takes=PreferencesChange)
    )
    async def settle_notification_preferences(
        visit: _Manager, change: Annotated[PreferencesChange, Depends(reads(PreferencesChange))]
    ) -> Response:
        """Change what is named."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await desk.settle(unit, change, visit.actor()))

    @router.put(
        "/alert-preferences/own", openapi_extra=described.operation(gives=NotificationPreferences, takes=OwnStyle)
    )
    async def choose_mail_style(visit: _Viewer, own: Annotated[OwnStyle, Depends(reads(OwnStyle))]) -> Response:
        """How the caller is written to: a mail for each alert, one a day, or none."""
        async with database.writing(visit.principal.tenant) as unit:
            return answer(await desk.choose(unit, own.style, visit.actor()))

    @router.post("/alert-scans", openapi_extra=described.operation(gives=ScanResult))
    async def run_scan(visit: _Manager) -> Response:
        """Look at every deadline now, as the scheduler does each day."""
        return answer(await office.scans.scan(visit.principal.tenant, office.clock()))
