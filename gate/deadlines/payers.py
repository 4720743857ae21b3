"""Deadlines of the tenant's own records: until when enrollments with payers stand, as the Deadlines tab shows it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from gate.alerts.model.due_dates import DueDate, Standing, Subject, WatchedPage
from gate.alerts.model.kinds import AlertKind, recredentialing_ladder
from gate.credentialing.model.enrollments import Enrollment, EnrollmentStatus
from gate.credentialing.model.preferences import Preferences
from gate.credentialing.repository import deadlines, enrollments, payers, providers
from gate.deadlines.positions import position_in, position_of
from gate.persistence.unit_of_work import Database, UnitOfWork

_SOURCE: Final = "credentialing"


class PayerDeadlines:
    """Of every provider's enrollment with a payer (rows R28 to R30)."""

    kinds = frozenset({AlertKind.RECREDENTIALING})

    def __init__(self, database: Database) -> None:
        self._database = database

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        """Enrollments to be renewed within the organisation's lead days, the most overdue first.

        Raises:
            StoreUnavailable: the records cannot be read.
        """
        async with self._database.reading(tenant) as unit:
            settled = await payers.preferences(unit)
            until = _today(settled, now) + timedelta(days=max(recredentialing_ladder(settled.recred_alert_lead_days)))
            found = await enrollments.due(unit, until, position_in(after), limit)
            due_dates = await _with_names(unit, ((each, Standing.CURRENT) for each in found), settled, now)
        last = position_of(found[-1].recert_due_on, found[-1].id) if len(found) == limit else ""
        return WatchedPage(due_dates, last)

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        """How these stand: what is archived, or not enrolled any more, has ended.

        Raises:
            StoreUnavailable: the records cannot be read.
        """
        async with self._database.reading(tenant) as unit:
            settled = await payers.preferences(unit)
            found = await deadlines.enrollments(unit, (subject.key for subject in subjects))
            standing = ((each, _standing(each, is_archived=is_archived)) for each, is_archived in found)
            return await _with_names(unit, standing, settled, now)


def _standing(enrollment: Enrollment, *, is_archived: bool) -> Standing:
    stands = enrollment.status is EnrollmentStatus.ENROLLED and not is_archived
    return Standing.CURRENT if stands else Standing.ENDED


async def _with_names(
    unit: UnitOfWork, found: Iterable[tuple[Enrollment, Standing]], settled: Preferences, now: datetime
) -> list[DueDate]:
    listed = list(found)
    known = await payers.several(unit, (each.payer_id for each, _ in listed))
    names = await providers.names(unit, (each.provider_id for each, _ in listed))
    today, rungs = _today(settled, now), recredentialing_ladder(settled.recred_alert_lead_days)
    due_dates = []
    for enrollment, standing in listed:
        payer = known.get(enrollment.payer_id)
        due_dates.append(
            DueDate(
                kind=AlertKind.RECREDENTIALING,
                key=enrollment.id,
                standing=standing,
                due_on=enrollment.recert_due_on,
                today=today,
                rungs=rungs,
                npi=enrollment.npi,
                state=payer.state if payer is not None else "",
                provider=names.get(enrollment.provider_id, ""),
                owner=enrollment.coordinator,
                about=payer.name if payer is not None else "",
                source=_SOURCE,
                verified_at=now,
            )
        )
    return due_dates


def _today(settled: Preferences, now: datetime) -> date:
    return now.astimezone(settled.zone).date()
