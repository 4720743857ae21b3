"""Who hears what becomes of alerts: once it is committed, and without tenants."""

from collections.abc import Mapping
from typing import Protocol


class AlertObserver(Protocol):
    """Counts, and does not wait for anything."""

    def alerts_changed(self, kind: str, urgency: str, what: str, count: int) -> None:
        """So many changes of one sort were committed."""
        ...

    def digests_written(self, count: int) -> None:
        """So many daily mails were committed."""
        ...

    def due_dates_read(self, kind: str, *, are_told: bool) -> None:
        """One tenant's due dates of that kind were looked at, or could not be."""
        ...

    def alerts_stand(self, counts: Mapping[tuple[str, str], int] | None) -> None:
        """How many are current by kind and urgency; None: that cannot be told at present."""
        ...
