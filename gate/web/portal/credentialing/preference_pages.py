"""What an organisation settles for itself: how early deadlines are shown, and where its days end."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.preferences import ZONES, PreferencesChange
from gate.errors import InvalidInput
from gate.web.portal.credentialing.admission import Manager
from gate.web.portal.credentialing.fields import Fields, Form, refused
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.enrollments import DEADLINES, LIST

PREFERENCES = f"{LIST}/preferences"
_LEAD = "recred_alert_lead_days"


def change_in(fields: Fields) -> PreferencesChange:
    """What the form holds.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    if not fields.text(_LEAD):
        fields.object(_LEAD, "is required: a number of days")
    lead = fields.number(_LEAD) or 0
    fields.settle()
    return PreferencesChange(recred_alert_lead_days=lead, time_zone=fields.text("time_zone"))


def preference_pages(office: Office) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    def shown(request: Request, form: Form, status: int = HTTPStatus.OK) -> Response:
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(ZONES)]
        return office.pages.answer(request, "credentialing/preferences.html", status=status, form=form, zones=zones)

    @router.get(PREFERENCES)
    async def edit(request: Request, visit: Manager) -> Response:
        async with office.reading(visit) as unit:
            kept = await office.desk.payers.preferences(unit)
        return shown(request, Form({_LEAD: str(kept.recred_alert_lead_days), "time_zone": kept.time_zone}))

    @router.post(PREFERENCES)
    async def change(request: Request, visit: Manager) -> Response:
        try:
            async with office.writing(visit) as unit:
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                await office.desk.payers.settle(unit, change_in(fields), visit.actor())
        except InvalidInput as error:
            return shown(request, refused(visit.form, error), HTTPStatus.BAD_REQUEST)
        return RedirectResponse(address(DEADLINES, done="preferences-changed"), HTTPStatus.SEE_OTHER)

    return router
