"""What somebody does about a matter at once: take it, or put it off. Runs within the caller's unit, never commits.

Each act is the one that the matter's own page offers.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from gate.alerts.service.desk import AlertDesk
from gate.audit.model import Actor
from gate.auth.permissions import Permission
from gate.clock import Clock
from gate.credentialing.model.applications import ApplicationChange
from gate.credentialing.model.tasks import TaskChange
from gate.credentialing.service.desk import CredentialingDesk
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import UnitOfWork
from gate.today.model import MatterKind

SNOOZES: Final = (1, 7, 14)
"""Days for which a matter can be put off at once; any other number of them on its own page."""
_RECORDS: Final = frozenset({Permission.PRACTICE_ADMIN, Permission.CREDENTIALING_VIEW, Permission.CREDENTIALING_MANAGE})
NEEDS: Final[Mapping[MatterKind, frozenset[Permission]]] = {
    kind: frozenset({Permission.ALERTS_MANAGE}) if kind is MatterKind.ALERT else _RECORDS for kind in MatterKind
}
"""All of them, to do something about a matter of that kind."""
ASSIGNABLE: Final = frozenset(MatterKind) - {MatterKind.RENEWAL}
"""A review is whoever's who does it."""
SNOOZABLE: Final = frozenset({MatterKind.ALERT, MatterKind.DEADLINE, MatterKind.CREDENTIAL})
"""A task that is put off is given another day, and a payer that takes long is not put off."""


class TodayActs:
    """For one tenant: the unit's."""

    def __init__(self, credentialing: CredentialingDesk, alerts: AlertDesk, clock: Clock) -> None:
        self._credentialing = credentialing
        self._alerts = alerts
        self._clock = clock

    async def take(self, unit: UnitOfWork, kind: MatterKind, matter_id: str, by: Actor) -> None:
        """Give it to who asks.

        Raises:
            InvalidInput: nobody has such a matter.
            NotFound: the tenant has none of that id.
            PreconditionFailed: somebody else took it meanwhile, or it is closed.
        """
        if kind is MatterKind.ALERT:
            await self._alerts.take(unit, matter_id, by)
            return
        desk, me = self._credentialing, by.subject
        owner = await self._owner(unit, kind, matter_id)
        if owner not in {"", me}:
            raise PreconditionFailed(f"{owner} has it in hand")
        match kind:
            case MatterKind.DEADLINE:
                await desk.deadlines.assign(unit, [matter_id], me, by)
            case MatterKind.CREDENTIAL:
                await desk.credentials.assign(unit, [matter_id], me, by)
            case MatterKind.TASK:
                await desk.tasks.update(unit, [matter_id], TaskChange(assigned_to=me), by)
            case _:
                await desk.applications.update(unit, matter_id, ApplicationChange(assigned_to=me), by)

    async def snooze(self, unit: UnitOfWork, kind: MatterKind, matter_id: str, days: int, by: Actor) -> None:
        """Put it off for so many days, of `SNOOZES`.

        Raises:
            InvalidInput: it cannot be put off, or not for so long.
            NotFound: the tenant has none of that id.
            PreconditionFailed: it is closed.
        """
        if kind not in SNOOZABLE or days not in SNOOZES:
            raise InvalidInput(FieldViolation("days", "cannot be put off for so long"))
        desk, span = self._credentialing, timedelta(days=days)
        if kind is MatterKind.ALERT:
            await self._alerts.snooze(unit, matter_id, self._clock() + span, "", by)
            return
        until = await desk.payers.today(unit) + span
        act = desk.deadlines.snooze if kind is MatterKind.DEADLINE else desk.credentials.snooze
        await act(unit, [matter_id], until, by)

    async def _owner(self, unit: UnitOfWork, kind: MatterKind, matter_id: str) -> str:
        """Whose the record is, which nobody else changes until the unit ends."""
        desk = self._credentialing
        match kind:
            case MatterKind.DEADLINE:
                return (await desk.enrollments.get(unit, matter_id, to_change=True)).enrollment.coordinator
            case MatterKind.CREDENTIAL:
                return (await desk.credentials.get(unit, matter_id, to_change=True)).listed.credential.coordinator
            case MatterKind.TASK:
                return (await desk.tasks.get(unit, matter_id, to_change=True)).assigned_to
            case MatterKind.APPLICATION:
                return (await desk.applications.get(unit, matter_id, to_change=True)).application.assigned_to
            case _:
                raise InvalidInput(FieldViolation("kind", "is nobody's to take"))
