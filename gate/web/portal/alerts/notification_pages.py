"""Who is told of alerts, and how: what the organisation settled, and what each person chooses for themselves."""

from collections.abc import Collection
from http import HTTPStatus

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import MailStyle
from gate.alerts.service.office import AlertOffice
from gate.auth.permissions import Permission
from gate.credentialing.service.desk import CredentialingDesk
from gate.errors import Conflict, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.tenancy.service import TenantService
from gate.web.door import Visit
from gate.web.portal.alerts.admission import Manager, Viewer, may_manage
from gate.web.portal.alerts.notification_form import (
    muted_in,
    refused_settings,
    rows_in,
    settled_in,
    typed_mutes,
    typed_settings,
)
from gate.web.portal.alerts.notification_views import (
    HOURS,
    NOTIFICATIONS,
    STYLE_WORDS,
    STYLES,
    TIME_ZONES,
    consequences,
    has_address,
    ladders,
    notice_of,
    own_consequences,
)
from gate.web.portal.alerts.views import KIND_TITLES
from gate.web.portal.credentialing.fields import Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.preference_pages import PREFERENCES
from gate.web.portal.credentialing.queries import Done
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.pages import Pages

_OF_CREDENTIALING = frozenset(
    {Permission.PRACTICE_ADMIN, Permission.CREDENTIALING_VIEW, Permission.CREDENTIALING_MANAGE}
)


class NotificationOffice(msgspec.Struct, frozen=True):
    """What the page works with: the same services that programs call."""

    pages: Pages
    database: Database
    alerts: AlertOffice
    tenants: TenantService
    credentialing: CredentialingDesk


def notification_pages(office: NotificationOffice) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)
    database, desk = office.database, office.alerts.notifications

    async def shown(
        request: Request, visit: Visit, *, notice: str = "", form: Form | None = None, own: Form | None = None
    ) -> Response:
        return await _page(office, request, visit, notice=notice, form=form, own=own)

    @router.get(NOTIFICATIONS)
    async def look(request: Request, visit: Viewer, done: Done = "") -> Response:
        return await shown(request, visit, notice=notice_of(done))

    @router.post(NOTIFICATIONS)
    async def settle(request: Request, visit: Manager) -> Response:
        try:
            async with database.writing(visit.principal.tenant) as unit:
                kept = await desk.preferences(unit, to_change=True)
                must_be_as_seen(visit.form, typed_settings(kept, await desk.mutes(unit)))
                settled = settled_in(visit.form, Fields(visit.form, office.alerts.clock().date()))
                await desk.settle(unit, settled.change, visit.actor())
                await _mute(office, unit, visit, settled.muted, for_all=True)
        except (InvalidInput, Conflict) as error:
            return await shown(request, visit, form=refused_settings(visit.form, error))
        return RedirectResponse(address(NOTIFICATIONS, done="settled"), HTTPStatus.SEE_OTHER)

    @router.post(f"{NOTIFICATIONS}/own")
    async def choose(request: Request, visit: Viewer) -> Response:
        try:
            async with database.writing(visit.principal.tenant) as unit:
                fields = Fields(visit.form, office.alerts.clock().date())
                style = fields.choice("style", MailStyle, MailStyle.NONE)
                fields.settle()
                await desk.choose(unit, style, visit.actor())
                await _mute(office, unit, visit, muted_in(fields), for_all=False)
        except (InvalidInput, PreconditionFailed) as error:
            return await shown(request, visit, own=refused(visit.form, error))
        return RedirectResponse(address(NOTIFICATIONS, done="chosen"), HTTPStatus.SEE_OTHER)

    return router


async def _page(
    office: NotificationOffice, request: Request, visit: Visit, *, notice: str, form: Form | None, own: Form | None
) -> Response:
    desk, tenant, login = office.alerts.notifications, visit.principal.tenant, visit.principal.subject
    async with office.database.reading(tenant) as unit:
        kept, mutes = await desk.preferences(unit), await desk.mutes(unit)
        config = await office.tenants.get(unit, tenant)
        lead_days = (await office.credentialing.payers.preferences(unit)).recred_alert_lead_days
    theirs = kept.recipient(login)
    settings = PREFERENCES if visit.principal.permissions.issuperset(_OF_CREDENTIALING) else ""
    as_kept = edited(typed_settings(kept, mutes))
    return office.pages.answer(
        request,
        "alerts/notifications.html",
        status=_status(form or own),
        notice=notice,
        consequences=consequences(kept, mutes),
        own_consequences=own_consequences(kept, mutes, login),
        has_address=has_address(kept, login),
        own=own or Form({"style": (theirs.style if theirs else MailStyle.NONE).value, **typed_mutes(mutes, login)}),
        form=form or as_kept,
        rows=rows_in((form or as_kept).values),
        recipients=[(each, STYLE_WORDS[each.style]) for each in kept.recipients],
        styles=STYLES,
        hours=HOURS,
        zones=TIME_ZONES,
        kinds=[(kind.value, title) for kind, title in KIND_TITLES.items()],
        ladders=ladders(config, lead_days, settings=settings),
        login=login,
        may_manage=may_manage(visit),
    )


def _status(sent_back: Form | None) -> HTTPStatus:
    if sent_back is None:
        return HTTPStatus.OK
    return HTTPStatus.BAD_REQUEST if sent_back.errors else HTTPStatus.CONFLICT


async def _mute(
    office: NotificationOffice, unit: UnitOfWork, visit: Visit, wanted: Collection[AlertKind], *, for_all: bool
) -> None:
    """Have these kinds muted, and no other."""
    desk = office.alerts.notifications
    for kind in AlertKind:
        act = desk.mute if kind in wanted else desk.unmute
        await act(unit, kind, visit.actor(), for_all=for_all)
