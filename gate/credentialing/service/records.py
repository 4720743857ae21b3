"""What every service here does alike: the id and the time of a change, and its entry in the audit log."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import uuid_utils

from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.credentialing.model.changes import differences, told
from gate.persistence.unit_of_work import UnitOfWork

_IN_SILENCE: Final = frozenset({"notes", "portal_instructions", "task_templates", "denial_reason", "rejection_reason"})
"""Fields of which the log says that they changed, and not to what: they are long, or tell of people."""
Details = dict[str, str | int | bool | None]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change that is about to be recorded; `before` or `after` is None where there is no record."""

    object: str
    """Like ``enrollment/0192…``."""
    before: msgspec.Struct | None = None
    after: msgspec.Struct | None = None
    details: Mapping[str, str | int | bool | None] = {}


class ChangeLog:
    """Records changes of credentialing records, within the unit that makes them."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self.clock = clock

    def new_id(self) -> str:
        """Later ids sort behind earlier ones."""
        return str(uuid_utils.uuid7())

    async def record(self, unit: UnitOfWork, by: Actor, *changes: Change) -> None:
        """Append the changes; one that changed nothing is none."""
        now = self.clock()
        events = [
            AuditEvent(actor=by, action=action, object=change.object, at=now, details={**details, **change.details})
            for change in changes
            for action, details in _told(change)
        ]
        await self._trail.record(unit, *events)

    async def exported(self, unit: UnitOfWork, by: Actor, what: str, **wanted: str) -> None:
        """Record that somebody takes a list away, and what they wanted of it."""
        event = AuditEvent(actor=by, action=AuditAction.RECORDS_EXPORTED, object=what, at=self.clock(), details=wanted)
        await self._trail.record(unit, event)

    async def looked(self, unit: UnitOfWork, by: Actor, at: str, **details: int) -> None:
        """Record that somebody held contracts against evidence."""
        action = AuditAction.RECORDS_RECONCILED
        await self._trail.record(unit, AuditEvent(actor=by, action=action, object=at, at=self.clock(), details=details))


def _told(change: Change) -> Iterable[tuple[AuditAction, Details]]:
    if change.before is None:
        yield AuditAction.RECORD_CREATED, {}
    elif change.after is None:
        yield AuditAction.RECORD_ARCHIVED, {}
    elif found := differences(change.before, change.after):
        shown = {name: values for name, values in found.items() if name not in _IN_SILENCE}
        yield (
            AuditAction.RECORD_CHANGED,
            {
                "fields": " ".join(sorted(found)),
                "before": "; ".join(f"{name}={told(old)}" for name, (old, _) in sorted(shown.items())),
                "after": "; ".join(f"{name}={told(new)}" for name, (_, new) in sorted(shown.items())),
            },
        )
