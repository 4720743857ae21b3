"""Deadlines of what providers hold: licences, registrations, certificates, insurance.

A renewal that nobody has reviewed is none: the day on record counts (rows R31 to R33).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gate.alerts.model.due_dates import DueDate, Standing, Subject, WatchedPage
from gate.alerts.model.kinds import LONG_LADDER, AlertKind
from gate.credentialing.model.credentials import Credential, CredentialKind
from gate.credentialing.repository import deadlines, payers
from gate.deadlines.positions import position_in, position_of
from gate.persistence.unit_of_work import Database, UnitOfWork
from sources.states import TIME_ZONES

_SOURCE: Final = "credentialing"
_NAMES: Final = {
    CredentialKind.LICENSE: "license",
    CredentialKind.DEA: "DEA registration",
    CredentialKind.CDS: "controlled substances registration",
    CredentialKind.BOARD_CERTIFICATION: "board certification",
    CredentialKind.MALPRACTICE: "malpractice insurance",
    CredentialKind.OTHER: "",
}
_FARTHEST_AHEAD: Final = timedelta(hours=14)
"""Of UTC, in any time zone there is."""


class CredentialDeadlines:
    """Of every credential that expires."""

    kinds = frozenset({AlertKind.CREDENTIAL_EXPIRY})

    def __init__(self, database: Database) -> None:
        self._database = database

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        """Credentials that expire within the ladder's days, or have expired; the earliest first.

        Raises:
            StoreUnavailable: the records cannot be read.
        """
        until = (now + _FARTHEST_AHEAD).date() + timedelta(days=max(LONG_LADDER))
        async with self._database.reading(tenant) as unit:
            found = await deadlines.expiring(unit, until, position_in(after), limit)
            due_dates = await _due_dates(unit, found, now)
        last = position_of(found[-1][0].expires_on, found[-1][0].id) if len(found) == limit else ""
        return WatchedPage(due_dates, last)

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        """How these stand: what is archived has ended.

        Raises:
            StoreUnavailable: the records cannot be read.
        """
        async with self._database.reading(tenant) as unit:
            found = await deadlines.credentials(unit, (subject.key for subject in subjects))
            return await _due_dates(unit, found, now)


async def _due_dates(unit: UnitOfWork, found: Sequence[tuple[Credential, bool]], now: datetime) -> list[DueDate]:
    zone = (await payers.preferences(unit)).zone
    holders = await deadlines.providers(unit, (credential.provider_id for credential, _ in found))
    due_dates = []
    for credential, is_archived in found:
        holder = holders.get(credential.provider_id)
        due_dates.append(
            DueDate(
                kind=AlertKind.CREDENTIAL_EXPIRY,
                key=credential.id,
                standing=Standing.ENDED if is_archived else Standing.CURRENT,
                due_on=credential.expires_on,
                today=_today(credential, zone, now),
                rungs=LONG_LADDER,
                npi=holder.npi if holder is not None else "",
                state=credential.state,
                provider=holder.name if holder is not None else "",
                about=" ".join(filter(None, (credential.state, _NAMES[credential.kind], credential.number))),
                owner=credential.coordinator,
                source=_SOURCE,
                verified_at=now,
            )
        )
    return due_dates


def _today(credential: Credential, zone: ZoneInfo, now: datetime) -> date:
    """Where it holds, else where the organisation is."""
    return now.astimezone(TIME_ZONES.get(credential.state, zone)).date()
