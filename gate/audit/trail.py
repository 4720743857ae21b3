"""Where everything that records events sends them."""

from typing import Protocol

from gate.audit.model import AuditEvent
from gate.persistence.unit_of_work import UnitOfWork


class AuditTrail(Protocol):
    """Where events are recorded."""

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        """Append within the caller's transaction: what is rolled back was never recorded, and the other way round.

        Raises:
            ValueError: an event of another tenant than the unit's.
        """
        ...
