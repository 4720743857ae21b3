"""How much is due when, from counts; and what of somebody's, or nobody's, comes first: by an index each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, case, func, or_, select, union_all

from gate.credentialing.model.applications import Application
from gate.credentialing.model.credentials import Credential, RenewalStatus
from gate.credentialing.model.enrollments import Enrollment, EnrollmentStatus
from gate.credentialing.model.fields import is_line
from gate.credentialing.repository import rows
from gate.credentialing.tables import (
    ApplicationTable,
    CredentialTable,
    DueCountTable,
    EnrollmentTable,
    RenewalCountTable,
)
from gate.persistence.unit_of_work import UnitOfWork

Record = TypeVar("Record", bound=msgspec.Struct)
_NOBODY = ""


class DueBy(msgspec.Struct, frozen=True, kw_only=True):
    """How many records fall due by one day, that day included."""

    credentials: int
    enrollments: int
    tasks: int
    applications: int


async def due_by(unit: UnitOfWork, days: Sequence[date]) -> Mapping[date, DueBy]:
    """For each of the days; in one statement over a row a day, however many records there are."""
    kept = DueCountTable
    names = DueBy.__struct_fields__
    sums = [func.sum(case((kept.day <= day, getattr(kept, name)), else_=0)) for day in days for name in names]
    query = select(*sums).where(kept.tenant == unit.tenant, kept.day <= max(days))
    found = [int(count or 0) for count in (await unit.session.execute(query)).one()]
    size = len(names)
    return {
        day: DueBy(**dict(zip(names, found[at * size : (at + 1) * size], strict=True))) for at, day in enumerate(days)
    }


async def put_off(unit: UnitOfWork, today: date, until: date) -> tuple[Mapping[date, int], Mapping[date, int]]:
    """Of credentials and of enrollments: how many of a day up to `until` are put off. Few are, and they are indexed."""
    credentials = await _put_off(unit, CredentialTable, CredentialTable.expires_on, today, until)
    stands = EnrollmentTable.status == EnrollmentStatus.ENROLLED.value
    enrollments = await _put_off(unit, EnrollmentTable, EnrollmentTable.recert_due_on, today, until, stands)
    return credentials, enrollments


async def count_waiting_renewals(unit: UnitOfWork) -> int:
    """How many nobody has reviewed."""
    query = select(RenewalCountTable.renewals).where(
        RenewalCountTable.tenant == unit.tenant, RenewalCountTable.status == RenewalStatus.SUBMITTED.value
    )
    return (await unit.session.execute(query)).scalar_one_or_none() or 0


async def first_enrollments(unit: UnitOfWork, whose: str, today: date, limit: int) -> Sequence[Enrollment]:
    """That stand and are due next or overdue, and are not put off: so many of `whose`, and of nobody's."""
    table = EnrollmentTable
    query = rows.present(unit, table, Enrollment).where(
        table.status == EnrollmentStatus.ENROLLED.value, table.recert_due_on.is_not(None), _is_back(table, today)
    )
    ordered = query.order_by(table.recert_due_on, table.id)
    return await _of_both(unit, ordered, table.coordinator, whose, limit, Enrollment)


async def first_credentials(unit: UnitOfWork, whose: str, today: date, limit: int) -> Sequence[Credential]:
    """That expire next or have expired, and are not put off: so many of `whose`, and of nobody's."""
    table = CredentialTable
    query = rows.present(unit, table, Credential).where(table.expires_on.is_not(None), _is_back(table, today))
    return await _of_both(unit, query.order_by(table.expires_on, table.id), table.coordinator, whose, limit, Credential)


async def first_overdue_applications(unit: UnitOfWork, whose: str, today: date, limit: int) -> Sequence[Application]:
    """That payers have had for longer than is typical: so many of `whose`, and of nobody's."""
    table = ApplicationTable
    query = rows.present(unit, table, Application).where(table.expected_by < today)
    return await _of_both(
        unit, query.order_by(table.expected_by, table.id), table.assigned_to, whose, limit, Application
    )


async def _put_off(
    unit: UnitOfWork,
    table: rows.Table,
    day: Any,  # noqa: ANN401 - a column
    today: date,
    until: date,
    *conditions: Any,  # noqa: ANN401 - conditions
) -> Mapping[date, int]:
    query = select(day, func.count()).where(
        table.tenant == unit.tenant, table.archived_at.is_(None), table.snoozed_until > today, day <= until, *conditions
    )
    found = await unit.session.execute(query.group_by(day))
    return {row[0]: row[1] for row in found}


def _is_back(table: rows.Table, today: date) -> Any:  # noqa: ANN401 - a condition
    return or_(table.snoozed_until.is_(None), table.snoozed_until <= today)


async def _of_both(
    unit: UnitOfWork,
    query: Select[Any],
    owner: Any,  # noqa: ANN401 - a column
    whose: str,
    limit: int,
    kind: type[Record],
) -> Sequence[Record]:
    """Each from the beginning of its own part of an index: neither is passed through for the other."""
    owners = [_NOBODY, *([whose] if whose and is_line(whose) else [])]
    parts = (select(query.where(owner == each).limit(limit).subquery()) for each in owners)
    found = (await unit.session.execute(union_all(*parts))).mappings()
    return [rows.record_in(dict(row), kind) for row in found]
