"""Events in the process's own log."""

import structlog

from gate.audit.model import AuditEvent
from gate.persistence.unit_of_work import UnitOfWork

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class LoggedTrail:
    """See `AuditTrail`."""

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        """Write the events once they are committed."""

        async def write() -> None:
            for event in events:
                _log.info("audit", action=event.action.value, object=event.object, subject=event.actor.subject)

        if any(event.actor.tenant != unit.tenant for event in events):
            raise ValueError("an event of another tenant than the unit's")
        unit.after_commit(write)
