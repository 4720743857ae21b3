"""The service `Alerts`. Acts on the tenant of the caller's credential and on no other."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import ClassVar

from gate.alerts.model.alerts import Alert, ToldChange
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.pages import AlertFilter
from gate.alerts.model.preferences import MailStyle, Mute, PreferencesChange
from gate.alerts.service.office import AlertOffice
from gate.auth.permissions import Permission
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import Database
from gate.rpc.credentialing.codec import change_in, message_of, messages_of, record_in, word_of
from gate.rpc.door import Call, Door, streaming, unary
from gate.rpc.messages import instant_in
from gate.v1 import alerts_pb2 as pb

_KINDS = pb.AlertKind.DESCRIPTOR
_STYLES = pb.MailStyle.DESCRIPTOR
_LARGEST = 2**63 - 1
_Muting = Callable[..., Awaitable[Sequence[Mute]]]
"""`NotificationDesk.mute` or `NotificationDesk.unmute`."""


class AlertsService:
    """Deadlines that come near, and what people do about them."""

    service: ClassVar = pb.DESCRIPTOR.services_by_name["Alerts"]

    def __init__(self, door: Door, database: Database, office: AlertOffice) -> None:
        self.door = door
        self._database = database
        self._office = office
        self._desk = office.desk
        self._notifications = office.notifications

    @unary(Permission.ALERTS_VIEW)
    async def ListAlerts(  # noqa: N802 - the contract's name
        self, request: pb.ListAlertsRequest, call: Call
    ) -> pb.ListAlertsResponse:
        """In pages."""
        wanted = record_in(request, AlertFilter, "request")
        async with self._database.reading(call.principal.tenant) as unit:
            page = await self._desk.list(unit, wanted, call.actor(), size=request.page_size, token=request.page_token)
        return pb.ListAlertsResponse(alerts=messages_of(page.items, pb.Alert), next_page_token=page.next_page_token)

    @unary(Permission.ALERTS_VIEW)
    async def GetAlert(  # noqa: N802 - the contract's name
        self, request: pb.GetAlertRequest, call: Call
    ) -> pb.GetAlertResponse:
        """One, with its history."""
        async with self._database.reading(call.principal.tenant) as unit:
            found = await self._desk.get(unit, request.alert_id)
        history = messages_of(found.history, pb.AlertChange)
        return pb.GetAlertResponse(alert=_message(found.alert), history=history, why=found.why)

    @unary(Permission.ALERTS_VIEW)
    async def CountAlerts(  # noqa: N802 - the contract's name
        self, _request: pb.CountAlertsRequest, call: Call
    ) -> pb.CountAlertsResponse:
        """How many there are."""
        async with self._database.reading(call.principal.tenant) as unit:
            return message_of(await self._desk.counts(unit, call.actor()), pb.CountAlertsResponse())

    @unary(Permission.ALERTS_MANAGE)
    async def AcknowledgeAlert(  # noqa: N802 - the contract's name
        self, request: pb.AcknowledgeAlertRequest, call: Call
    ) -> pb.AcknowledgeAlertResponse:
        """Somebody knows."""
        async with self._database.writing(call.principal.tenant) as unit:
            kept = await self._desk.acknowledge(unit, request.alert_id, request.note, call.actor())
        return pb.AcknowledgeAlertResponse(alert=_message(kept))

    @unary(Permission.ALERTS_MANAGE)
    async def SnoozeAlert(  # noqa: N802 - the contract's name
        self, request: pb.SnoozeAlertRequest, call: Call
    ) -> pb.SnoozeAlertResponse:
        """Put off."""
        until = _until(request)
        async with self._database.writing(call.principal.tenant) as unit:
            kept = await self._desk.snooze(unit, request.alert_id, until, request.note, call.actor())
        return pb.SnoozeAlertResponse(alert=_message(kept))

    @unary(Permission.ALERTS_MANAGE)
    async def AssignAlert(  # noqa: N802 - the contract's name
        self, request: pb.AssignAlertRequest, call: Call
    ) -> pb.AssignAlertResponse:
        """Given to somebody."""
        async with self._database.writing(call.principal.tenant) as unit:
            kept = await self._desk.assign(unit, request.alert_id, request.assigned_to, call.actor())
        return pb.AssignAlertResponse(alert=_message(kept))

    @unary(Permission.ALERTS_MANAGE)
    async def AddNote(  # noqa: N802 - the contract's name
        self, request: pb.AddNoteRequest, call: Call
    ) -> pb.AddNoteResponse:
        """Something for the history."""
        async with self._database.writing(call.principal.tenant) as unit:
            kept = await self._desk.add_note(unit, request.alert_id, request.note, call.actor())
        return pb.AddNoteResponse(alert=_message(kept))

    @unary(Permission.ALERTS_MANAGE)
    async def AcknowledgeAlerts(  # noqa: N802 - the contract's name
        self, request: pb.AcknowledgeAlertsRequest, call: Call
    ) -> pb.AcknowledgeAlertsResponse:
        """Several."""
        async with self._database.writing(call.principal.tenant) as unit:
            handled = await self._desk.acknowledge_several(unit, request.alert_ids, request.note, call.actor())
        return pb.AcknowledgeAlertsResponse(handled=messages_of(handled, pb.HandledAlert))

    @unary(Permission.ALERTS_MANAGE)
    async def SnoozeAlerts(  # noqa: N802 - the contract's name
        self, request: pb.SnoozeAlertsRequest, call: Call
    ) -> pb.SnoozeAlertsResponse:
        """Several."""
        until = _until(request)
        async with self._database.writing(call.principal.tenant) as unit:
            handled = await self._desk.snooze_several(unit, request.alert_ids, until, request.note, call.actor())
        return pb.SnoozeAlertsResponse(handled=messages_of(handled, pb.HandledAlert))

    @unary(Permission.ALERTS_MANAGE)
    async def AssignAlerts(  # noqa: N802 - the contract's name
        self, request: pb.AssignAlertsRequest, call: Call
    ) -> pb.AssignAlertsResponse:
        """Several."""
        async with self._database.writing(call.principal.tenant) as unit:
            handled = await self._desk.assign_several(unit, request.alert_ids, request.assigned_to, call.actor())
        return pb.AssignAlertsResponse(handled=messages_of(handled, pb.HandledAlert))

    @unary(Permission.ALERTS_VIEW)
    async def MuteKind(  # noqa: N802 - the contract's name
        self, request: pb.MuteKindRequest, call: Call
    ) -> pb.MuteKindResponse:
        """For oneself; for all, whoever may manage alerts."""
        mutes = await self._muting(request, call, self._notifications.mute)
        return pb.MuteKindResponse(mutes=messages_of(mutes, pb.Mute))

    @unary(Permission.ALERTS_VIEW)
    async def UnmuteKind(  # noqa: N802 - the contract's name
        self, request: pb.UnmuteKindRequest, call: Call
    ) -> pb.UnmuteKindResponse:
        """The same, taken back."""
        mutes = await self._muting(request, call, self._notifications.unmute)
        return pb.UnmuteKindResponse(mutes=messages_of(mutes, pb.Mute))

    @unary(Permission.ALERTS_VIEW)
    async def ListMutes(  # noqa: N802 - the contract's name
        self, _request: pb.ListMutesRequest, call: Call
    ) -> pb.ListMutesResponse:
        """What nobody wants to hear of, and what who does not."""
        async with self._database.reading(call.principal.tenant) as unit:
            return pb.ListMutesResponse(mutes=messages_of(await self._notifications.mutes(unit), pb.Mute))

    @unary(Permission.ALERTS_VIEW)
    async def GetNotificationPreferences(  # noqa: N802 - the contract's name
        self, _request: pb.GetNotificationPreferencesRequest, call: Call
    ) -> pb.GetNotificationPreferencesResponse:
        """Who is told, and how."""
        async with self._database.reading(call.principal.tenant) as unit:
            settled = await self._notifications.preferences(unit)
        return pb.GetNotificationPreferencesResponse(preferences=message_of(settled, pb.NotificationPreferences()))

    @unary(Permission.ALERTS_MANAGE)
    async def UpdateNotificationPreferences(  # noqa: N802 - the contract's name
        self, request: pb.UpdateNotificationPreferencesRequest, call: Call
    ) -> pb.UpdateNotificationPreferencesResponse:
        """Changes what the mask names."""
        change = change_in(request.preferences, request.update_mask, PreferencesChange, "preferences")
        async with self._database.writing(call.principal.tenant) as unit:
            settled = await self._notifications.settle(unit, change, call.actor())
        return pb.UpdateNotificationPreferencesResponse(preferences=message_of(settled, pb.NotificationPreferences()))

    @unary(Permission.ALERTS_VIEW)
    async def ChooseMailStyle(  # noqa: N802 - the contract's name
        self, request: pb.ChooseMailStyleRequest, call: Call
    ) -> pb.ChooseMailStyleResponse:
        """For oneself."""
        word = word_of(_STYLES, request.style, "style")
        if word is None:
            raise InvalidInput(FieldViolation("style", "is required"))
        async with self._database.writing(call.principal.tenant) as unit:
            settled = await self._notifications.choose(unit, MailStyle(word), call.actor())
        return pb.ChooseMailStyleResponse(preferences=message_of(settled, pb.NotificationPreferences()))

    @streaming(Permission.ALERTS_VIEW)
    async def WatchAlerts(  # noqa: N802 - the contract's name
        self, request: pb.WatchAlertsRequest, call: Call
    ) -> AsyncIterator[pb.WatchAlertsResponse]:
        """Each change once; what is quiet is told, too, so that a credential that ended ends the stream."""
        if not 0 <= request.after_sequence < _LARGEST:
            raise InvalidInput(FieldViolation("after_sequence", "must be 0 or the number of a change"))
        tenant, feed = call.principal.tenant, self._office.feed
        changes = feed.follow if request.follow else feed.until_now
        async for some in changes(tenant, request.after_sequence):
            yield pb.WatchAlertsResponse(changes=[_told(each) for each in some])

    @unary(Permission.ALERTS_MANAGE)
    async def RunScan(  # noqa: N802 - the contract's name
        self, _request: pb.RunScanRequest, call: Call
    ) -> pb.RunScanResponse:
        """What the scheduler does each day, now."""
        did = await self._office.scans.scan(call.principal.tenant, self._office.clock())
        return pb.RunScanResponse(
            looked_at=did.looked_at,
            raised=did.raised,
            reopened=did.reopened,
            closed=did.closed,
            woken=did.woken,
            escalated=did.escalated,
            unavailable=[pb.AlertKind.Value(f"ALERT_KIND_{kind.name}") for kind in did.unavailable],
        )

    async def _muting(
        self, request: pb.MuteKindRequest | pb.UnmuteKindRequest, call: Call, act: _Muting
    ) -> Sequence[Mute]:
        if request.for_all:
            call.principal.require(Permission.ALERTS_MANAGE)
        word = word_of(_KINDS, request.kind, "kind")
        if word is None:
            raise InvalidInput(FieldViolation("kind", "is required"))
        async with self._database.writing(call.principal.tenant) as unit:
            return await act(unit, AlertKind(word), call.actor(), for_all=request.for_all)


def _until(request: pb.SnoozeAlertRequest | pb.SnoozeAlertsRequest) -> datetime:
    if not request.HasField("until"):
        raise InvalidInput(FieldViolation("until", "is required"))
    return instant_in(request.until, "until")


def _message(alert: Alert) -> pb.Alert:
    return message_of(alert, pb.Alert())


def _told(told: ToldChange) -> pb.ToldChange:
    return message_of(told, pb.ToldChange())
