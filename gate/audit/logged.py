"""An audit trail for a deployment that keeps none in its database: the service's own log."""

import structlog

from gate.audit.model import AuditEvent
from gate.persistence.unit_of_work import UnitOfWork

_log = structlog.stdlib.get_logger(__name__)


class LoggedTrail:
    """Writes events to the log. See `gate.audit.trail.AuditTrail`."""

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        """Log each event."""
        for event in events:
            if event.actor.tenant != unit.tenant:
                raise ValueError("an event of another tenant")
            _log.info("audit", tenant=unit.tenant, action=event.action.value, by=event.actor.subject, of=event.object)
