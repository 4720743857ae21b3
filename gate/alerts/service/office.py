"""Everything that doors offer of alerts, put together."""

from collections.abc import Sequence
from typing import Self

import msgspec

from gate.alerts.model.due_dates import Charges, WatchedDueDates
from gate.alerts.service.book import AlertBook, Outbox
from gate.alerts.service.desk import AlertDesk
from gate.alerts.service.digests import DigestService
from gate.alerts.service.feed import AlertFeed
from gate.alerts.service.notifications import NotificationDesk
from gate.alerts.service.observer import AlertObserver
from gate.alerts.service.raising import Raising
from gate.alerts.service.reminding import Reminding
from gate.alerts.service.scanning import ScanService
from gate.alerts.service.standing import AlertStanding
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.persistence.unit_of_work import Database


class AlertOffice(msgspec.Struct, frozen=True, kw_only=True):
    """The services, each for the tenant that it is asked for."""

    desk: AlertDesk
    notifications: NotificationDesk
    feed: AlertFeed
    scans: ScanService
    digests: DigestService
    standing: AlertStanding
    clock: Clock

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - what they are made of
        cls,
        database: Database,
        watched: Sequence[WatchedDueDates],
        charges: Charges,
        outbox: Outbox,
        trail: AuditTrail,
        clock: Clock,
        observer: AlertObserver,
    ) -> Self:
        """With these deadlines, this outbox and this audit log."""
        book = AlertBook(outbox, trail, observer)
        return cls(
            desk=AlertDesk(book, clock),
            notifications=NotificationDesk(book, clock),
            feed=AlertFeed(database),
            scans=ScanService(database, watched, charges, Raising(book), Reminding(database, book), observer),
            digests=DigestService(database, book),
            standing=AlertStanding(database, observer, clock),
            clock=clock,
        )
