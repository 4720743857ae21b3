"""The work on alerts that is done by the clock: looking at deadlines, and writing digests."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import structlog

from gate.alerts.service.office import AlertOffice
from gate.credentialing.repository.deadlines import tenants_with_records
from gate.jobs.model import Job, Summary
from gate.jobs.schedule import Cron
from gate.ledger.repository import tenants_with_a_ledger
from gate.persistence.unit_of_work import Database

_log = structlog.stdlib.get_logger(__name__)


class WatchedTenants:
    """Everybody who could have a deadline: whoever has claims in the ledger, or providers on record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Iterable[str]:
        """By name.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        return sorted({*await tenants_with_a_ledger(self._database), *await tenants_with_records(self._database)})


def alert_scan(office: AlertOffice, tenants: WatchedTenants) -> Job:
    """Look at every deadline of every tenant."""

    async def scan(tenant: str, now: datetime) -> Summary:
        did = await office.scans.scan(tenant, now)
        return {
            "raised": did.raised,
            "reopened": did.reopened,
            "closed": did.closed,
            "woken": did.woken,
            "escalated": did.escalated,
            "unavailable": len(did.unavailable),
        }

    return Job(
        name="alert-scan",
        title="Raises and closes alerts by the deadlines there are; comes back to what was put off or left lying.",
        schedule=Cron("5 */3 * * *"),
        run=lambda now: _for_each(tenants, scan, now),
    )


def alert_digests(office: AlertOffice, tenants: WatchedTenants) -> Job:
    """Write the digests of the day, in each tenant's own morning."""

    async def write(tenant: str, now: datetime) -> Summary:
        return {"digests": await office.digests.digest(tenant, now)}

    return Job(
        name="alert-digests",
        title="Writes one mail a day to whoever wants alerts so.",
        schedule=Cron("15 * * * *"),
        run=lambda now: _for_each(tenants, write, now),
    )


async def _for_each(
    tenants: WatchedTenants, act: Callable[[str, datetime], Awaitable[Summary]], now: datetime
) -> Summary:
    """What goes wrong for one tenant keeps none of the others waiting, and fails the run in the end."""
    total: dict[str, int | str] = {}
    failed: Exception | None = None
    for tenant in await tenants.all():
        try:
            summary = await act(tenant, now)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised once the others had their turn
            _log.warning("alerts_not_looked_after", tenant=tenant, error=type(error).__name__)
            failed = error
        else:
            for name, count in summary.items():
                total[name] = int(total.get(name, 0)) + int(count)
    if failed is not None:
        raise failed
    return total
