"""How applications and their history are stored and found."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, tuple_, update

from gate.credentialing.model.applications import AWAITING, Application, ApplicationFilter, StatusEvent
from gate.credentialing.repository import rows
from gate.credentialing.tables import ApplicationEventTable, ApplicationTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, application: Application) -> None:
    """Store a new application.

    Raises:
        Conflict: the provider applied to the payer already; the unit is of no further use.
    """
    await rows.add(unit, ApplicationTable, application, archived_at=None)


async def find(unit: UnitOfWork, application_id: str, *, to_change: bool = False) -> Application | None:
    """The application of that id."""
    return await rows.find(unit, ApplicationTable, Application, application_id, to_change=to_change)


async def put(unit: UnitOfWork, application: Application) -> None:
    """Replace what is stored of an application, and have lists show it."""
    await rows.change(unit, ApplicationTable, application.id, **rows.values_of(application, archived_at=None))


async def archive(unit: UnitOfWork, application_id: str, at: datetime) -> None:
    """Have lists pass over the application from now on."""
    await rows.archive(unit, ApplicationTable, application_id, at)


async def of_provider(unit: UnitOfWork, provider_id: str) -> Sequence[Application]:
    """Every application of one provider."""
    query = rows.present(unit, ApplicationTable, Application).where(ApplicationTable.provider_id == provider_id)
    return await rows.all_of(unit, query, Application)


async def archived_one(unit: UnitOfWork, provider_id: str, payer_id: str) -> Application | None:
    """The application of the two that lists pass over."""
    query = rows.of_provider_and_payer(unit, ApplicationTable, Application, provider_id, payer_id)
    return await rows.one_of(unit, query.where(ApplicationTable.archived_at.is_not(None)), Application)


async def listed(unit: UnitOfWork, wanted: ApplicationFilter, before: str, limit: int) -> Sequence[Application]:
    """Applications newest first, from the one before the id `before` (empty: from the newest)."""
    query = rows.present(unit, ApplicationTable, Application)
    if wanted.application_status is not None:
        # One provider has few applications, and a status many.
        status: Any = ApplicationTable.application_status
        status = rows.unindexed(status) if wanted.provider_id else status
        query = query.where(status == wanted.application_status.value)
    if wanted.provider_id:
        query = query.where(ApplicationTable.provider_id == wanted.provider_id)
    if wanted.payer_id:
        query = query.where(ApplicationTable.payer_id == wanted.payer_id)
    if before:
        query = query.where(ApplicationTable.id < before)
    return await rows.all_of(unit, query.order_by(ApplicationTable.id.desc()).limit(limit), Application)


async def overdue(unit: UnitOfWork, today: date, after: tuple[date, str] | None, limit: int) -> Sequence[Application]:
    """Applications that payers have had for longer than is typical, the latest first (row M15)."""
    query = rows.present(unit, ApplicationTable, Application).where(ApplicationTable.expected_by < today)
    if after is not None:
        query = query.where(tuple_(ApplicationTable.expected_by, ApplicationTable.id) > tuple_(*after))
    ordered = query.order_by(ApplicationTable.expected_by, ApplicationTable.id).limit(limit)
    return await rows.all_of(unit, ordered, Application)


async def expect(unit: UnitOfWork, payer_id: str, typical_days: int | None) -> None:
    """By what is typical for the payer from now on, say anew when its answers become late."""
    awaiting = (
        ApplicationTable.tenant == unit.tenant,
        ApplicationTable.payer_id == payer_id,
        ApplicationTable.application_status.in_([status.value for status in AWAITING]),
        ApplicationTable.application_submitted_date.is_not(None),
    )
    submitted = ApplicationTable.application_submitted_date
    for day in (await unit.session.scalars(select(submitted).where(*awaiting).distinct())).all():
        expected_by = day + timedelta(days=typical_days) if day is not None and typical_days is not None else None
        statement = update(ApplicationTable).where(*awaiting, submitted == day).values(expected_by=expected_by)
        await unit.session.execute(statement.execution_options(synchronize_session=False))


async def add_event(unit: UnitOfWork, application: Application, event: StatusEvent) -> None:
    """Store what became of an application."""
    more = {"application_id": application.id, "payer_id": application.payer_id}
    await rows.add(unit, ApplicationEventTable, event, **more)


async def next_ordinal(unit: UnitOfWork, application_id: str) -> int:
    """The number of the event that comes next."""
    query = select(func.max(ApplicationEventTable.ordinal)).where(*_of(unit, application_id))
    return ((await unit.session.execute(query)).scalar_one() or 0) + 1


async def history(unit: UnitOfWork, application_id: str) -> Sequence[StatusEvent]:
    """What became of an application, oldest first."""
    query = select(*rows.columns_of(ApplicationEventTable, StatusEvent)).where(*_of(unit, application_id))
    return await rows.all_of(unit, query.order_by(ApplicationEventTable.ordinal), StatusEvent)


def _of(unit: UnitOfWork, application_id: str) -> Iterable[Any]:
    return (ApplicationEventTable.tenant == unit.tenant, ApplicationEventTable.application_id == application_id)
