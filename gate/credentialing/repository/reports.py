"""How applications are counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import func, select

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.reports import Histogram
from gate.credentialing.tables import ApplicationCountTable, ApplicationTable, StayCountTable
from gate.persistence.unit_of_work import UnitOfWork


async def counts_by_status(unit: UnitOfWork) -> Mapping[ApplicationStatus, int]:
    """How many applications stand where."""
    query = select(ApplicationCountTable.application_status, ApplicationCountTable.applications).where(
        ApplicationCountTable.tenant == unit.tenant, ApplicationCountTable.applications > 0
    )
    return {ApplicationStatus(status): count for status, count in await unit.session.execute(query)}


async def count_overdue(unit: UnitOfWork, today: date) -> int:
    """How many applications payers have had for longer than is typical."""
    query = select(func.count()).where(
        ApplicationTable.tenant == unit.tenant,
        ApplicationTable.archived_at.is_(None),
        ApplicationTable.expected_by < today,
    )
    return int((await unit.session.execute(query)).scalar_one())


async def stays(unit: UnitOfWork, payer_ids: Iterable[str]) -> Mapping[str, Mapping[ApplicationStatus, Histogram]]:
    """How long applications to these payers stood where, by payer."""
    kept = StayCountTable
    query = select(kept.payer_id, kept.from_status, kept.days, kept.stays).where(
        kept.tenant == unit.tenant, kept.payer_id.in_(set(payer_ids)), kept.stays > 0
    )
    found: dict[str, dict[ApplicationStatus, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for payer_id, status, days, count in await unit.session.execute(query):
        found[payer_id][ApplicationStatus(status)][days] = count
    return found
