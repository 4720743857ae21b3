"""How provider enrollments are stored and found."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, func, or_, select, tuple_, union

from gate.credentialing.model.enrollments import (
    CODE_LENGTH,
    DeadlineFilter,
    Enrollment,
    EnrollmentFilter,
    EnrollmentStatus,
)
from gate.credentialing.model.fields import is_line
from gate.credentialing.repository import rows
from gate.credentialing.tables import EnrollmentTable
from gate.persistence.unit_of_work import UnitOfWork

_CODES: Final = (EnrollmentTable.npi, EnrollmentTable.billing_npi, EnrollmentTable.taxonomy_code)
_EVERY: Final = DeadlineFilter()
_MANY: Final = 5_000
"""Where more records than this begin alike, the newest are met soon on the way through all of them."""


async def add(unit: UnitOfWork, enrollment: Enrollment) -> None:
    """Store a new enrollment."""
    await rows.add(unit, EnrollmentTable, enrollment, archived_at=None)


async def find(unit: UnitOfWork, enrollment_id: str, *, to_change: bool = False) -> Enrollment | None:
    """The enrollment of that id."""
    return await rows.find(unit, EnrollmentTable, Enrollment, enrollment_id, to_change=to_change)


async def find_all(unit: UnitOfWork, ids: Iterable[str]) -> Sequence[Enrollment]:
    """Those of the enrollments that are there. Nobody else changes them until the unit ends."""
    query = rows.present(unit, EnrollmentTable, Enrollment).where(EnrollmentTable.id.in_(set(ids)))
    # In one order everywhere: writers must not wait in a circle.
    return await rows.all_of(unit, query.order_by(EnrollmentTable.id).with_for_update(), Enrollment)


async def put(unit: UnitOfWork, enrollment: Enrollment) -> None:
    """Replace what is stored of an enrollment."""
    await rows.change(unit, EnrollmentTable, enrollment.id, **rows.values_of(enrollment))


async def archive(unit: UnitOfWork, enrollment_id: str, at: datetime) -> None:
    """Have lists pass over the enrollment from now on (row M16)."""
    await rows.archive(unit, EnrollmentTable, enrollment_id, at)


async def of_provider_with(unit: UnitOfWork, provider_id: str, payer_id: str) -> Sequence[Enrollment]:
    """One provider's enrollments with one payer, newest first."""
    wanted = EnrollmentFilter(provider_id=provider_id, payer_id=payer_id)
    query = _filtered(rows.present(unit, EnrollmentTable, Enrollment), wanted).with_for_update()
    return await rows.all_of(unit, query.order_by(EnrollmentTable.id.desc()), Enrollment)


async def listed(unit: UnitOfWork, wanted: EnrollmentFilter, before: str, limit: int) -> Sequence[Enrollment]:
    """Enrollments newest first, from the one before the id `before` (empty: from the newest)."""
    search = wanted.search.strip().upper()
    if search and not (search.isascii() and search.isalnum() and len(search) <= CODE_LENGTH):
        return []
    query = rows.present(unit, EnrollmentTable, Enrollment)
    if not search:
        return await rows.all_of(unit, _newest(_filtered(query, wanted), before, limit), Enrollment)
    # Two steps: the first is answered from indexes that hold all it asks about, the second looks up what is shown.
    ids = (await unit.session.scalars(await _found(unit, wanted, search, before, limit))).all()
    if not ids:
        return []
    query = query.where(EnrollmentTable.id.in_(ids))
    return await rows.all_of(unit, query.order_by(EnrollmentTable.id.desc()), Enrollment)


async def due(
    unit: UnitOfWork,
    until: date,
    after: tuple[date, str] | None,
    limit: int,
    wanted: DeadlineFilter = _EVERY,
    *,
    today: date | None = None,
) -> Sequence[Enrollment]:
    """Enrollments that stand and have to be renewed by `until`, the most overdue first; as of `today` put off or not.

    Without `today` those that are put off are among them.
    """
    query = rows.present(unit, EnrollmentTable, Enrollment).where(
        EnrollmentTable.status == EnrollmentStatus.ENROLLED.value, EnrollmentTable.recert_due_on <= until
    )
    if not is_line(wanted.coordinator):
        return []
    if wanted.coordinator:
        query = query.where(EnrollmentTable.coordinator == wanted.coordinator)
    if today is not None:
        put_off = EnrollmentTable.snoozed_until > today
        query = query.where(put_off if wanted.is_snoozed else or_(EnrollmentTable.snoozed_until.is_(None), ~put_off))
    if after is not None:
        query = query.where(tuple_(EnrollmentTable.recert_due_on, EnrollmentTable.id) > tuple_(*after))
    ordered = query.order_by(EnrollmentTable.recert_due_on, EnrollmentTable.id).limit(limit)
    return await rows.all_of(unit, ordered, Enrollment)


async def _are_few(unit: UnitOfWork, search: str) -> bool:
    """Whether it is quicker to collect the records that begin so, by the indexes of the codes."""
    for column in _CODES:
        # In the order of the index, so that it is the index that is read.
        some = _present_ids(unit).where(_begins(column, search)).order_by(column).limit(_MANY).subquery()
        if (await unit.session.execute(select(func.count()).select_from(some))).scalar_one() == _MANY:
            return False
    return True


async def _found(unit: UnitOfWork, wanted: EnrollmentFilter, search: str, before: str, limit: int) -> Select[Any]:
    """Ids of the newest enrollments that hold the code, or one that begins so, in one of the three places."""
    is_whole = len(search) == CODE_LENGTH
    if not (is_whole or await _are_few(unit, search)):
        any_code = or_(*(_begins(column, search) for column in _CODES))
        return _newest(_filtered(_present_ids(unit).where(any_code), wanted, by_status=False), before, limit)
    # Each by an index of its own. What only begins alike lies in it in no order of ids.
    parts = [
        _newest(
            _filtered(_present_ids(unit).where(_begins(column, search)), wanted, by_status=False),
            before,
            limit,
            by_id=is_whole,
        ).subquery()
        for column in _CODES
    ]
    both = union(*(select(part.c.id) for part in parts)).subquery()
    return select(both.c.id).order_by(both.c.id.desc()).limit(limit)


def _present_ids(unit: UnitOfWork) -> Select[Any]:
    return select(EnrollmentTable.id).where(
        EnrollmentTable.tenant == unit.tenant, EnrollmentTable.archived_at.is_(None)
    )


def _begins(column: Any, search: str) -> Any:  # noqa: ANN401 - a column's condition
    """Codes are of digits and capital letters, which every collation sorts alike."""
    if len(search) == CODE_LENGTH:
        return column == search
    return column.between(search.ljust(CODE_LENGTH, "0"), search.ljust(CODE_LENGTH, "Z"))


def _filtered(query: Select[Any], wanted: EnrollmentFilter, *, by_status: bool = True) -> Select[Any]:
    """`by_status`: whether the index of the status may lead. It is said, because without statistics SQLite takes that
    for as good as any other, and most records have one of two statuses.
    """
    if wanted.status is not None:
        leads = by_status and not wanted.provider_id
        status: Any = EnrollmentTable.status if leads else rows.unindexed(EnrollmentTable.status)
        query = query.where(status == wanted.status.value)
    if wanted.provider_id:
        query = query.where(EnrollmentTable.provider_id == wanted.provider_id)
    if wanted.payer_id:
        payer: Any = rows.unindexed(EnrollmentTable.payer_id) if wanted.provider_id else EnrollmentTable.payer_id
        query = query.where(payer == wanted.payer_id)
    return query


def _newest(query: Select[Any], before: str, limit: int, *, by_id: bool = True) -> Select[Any]:
    if before:
        query = query.where((EnrollmentTable.id if by_id else rows.unindexed(EnrollmentTable.id)) < before)
    return query.order_by(EnrollmentTable.id.desc()).limit(limit)
