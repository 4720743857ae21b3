"""Deadlines of CAQH attestations, by the tenant's own records and by what the gate heard (rows R22 to R27).

A provider has one due date, whoever knows of it: `gate.credentialing.model.attestations` says which one counts.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from gate.alerts.model.due_dates import DueDate, Standing, Subject, WatchedPage
from gate.alerts.model.kinds import LONG_LADDER, AlertKind
from gate.credentialing.repository.attestations import npis_attested
from gate.credentialing.repository.deadlines import names_by_npi
from gate.credentialing.service.attestations import attestations
from gate.ledger.provider_sets import npis_heard_of
from gate.persistence.unit_of_work import Database, UnitOfWork


class AttestationDeadlines:
    """Of every provider who is on record, or whom a claim was about."""

    kinds = frozenset({AlertKind.ATTESTATION})

    def __init__(self, database: Database) -> None:
        self._database = database

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        """The next `limit` providers by NPI, whatever their deadlines: the ladder is as long as an attestation holds.

        Raises:
            StoreUnavailable: the records or the ledger cannot be read.
        """
        async with self._database.reading(tenant) as unit:
            known = {*await npis_attested(unit, after, limit), *await npis_heard_of(unit, after, limit)}
            npis = sorted(known)[:limit]
            due_dates = await _due_dates(unit, npis, now)
        return WatchedPage(due_dates, npis[-1] if len(npis) == limit else "")

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        """How these stand: what is on record no more has ended, unless the gate heard of it since.

        Raises:
            StoreUnavailable: as `approaching`.
        """
        async with self._database.reading(tenant) as unit:
            return await _due_dates(unit, [subject.key for subject in subjects], now)


async def _due_dates(unit: UnitOfWork, npis: Sequence[str], now: datetime) -> list[DueDate]:
    if not npis:
        return []
    known = await attestations(unit, npis, now)
    names = await names_by_npi(unit, known)
    return [
        DueDate(
            kind=AlertKind.ATTESTATION,
            key=npi,
            standing=Standing(attested.standing.value),
            due_on=attested.due_on,
            today=attested.today,
            rungs=LONG_LADDER,
            is_lapsed=attested.is_lapsed,
            npi=npi,
            provider=names.get(npi, ""),
            source=attested.source,
            verified_at=attested.told_at,
        )
        for npi, attested in known.items()
    ]
