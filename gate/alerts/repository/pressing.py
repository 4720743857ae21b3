"""How many alerts there are, from counts; and which of somebody's, or nobody's, come first: by an index each."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import func, select, union_all

from gate.alerts.model.alerts import Alert
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.pages import AlertCounts
from gate.alerts.repository import rows
from gate.alerts.tables import IS_OPEN, AlertCountTable, AlertTable
from gate.persistence.unit_of_work import Database, UnitOfWork

_NOBODY: Final = ""


async def counts(unit: UnitOfWork, without: Collection[AlertKind]) -> AlertCounts:
    """How many current alerts there are, but for those kinds."""
    query = select(AlertCountTable).where(AlertCountTable.tenant == unit.tenant)
    if without:
        query = query.where(AlertCountTable.kind.not_in([kind.value for kind in without]))
    found = list(await unit.session.scalars(query))
    by_urgency = dict.fromkeys((row.urgency for row in found), 0)
    for row in found:
        by_urgency[row.urgency] += row.alerts
    return AlertCounts(
        **by_urgency,
        escalated=sum(row.escalated for row in found),
        unassigned=sum(row.unassigned for row in found),
    )


async def standing(database: Database) -> Mapping[tuple[str, str], int]:
    """Of all tenants: how many alerts are current, by kind and urgency.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    query = select(AlertCountTable.kind, AlertCountTable.urgency, func.sum(AlertCountTable.alerts))
    async with database.reading_across_tenants() as session:
        found = await session.execute(query.group_by(AlertCountTable.kind, AlertCountTable.urgency))
        return {(kind, urgency): int(count) for kind, urgency, count in found}


async def first_open(unit: UnitOfWork, whose: str, without: Collection[AlertKind], limit: int) -> Sequence[Alert]:
    """That nobody has reacted to by acknowledging or snoozing: so many of `whose`, and of nobody's."""
    query = select(*rows.columns_of(AlertTable, Alert)).where(AlertTable.tenant == unit.tenant, IS_OPEN)
    if without:
        query = query.where(AlertTable.kind.not_in([kind.value for kind in without]))
    ordered = query.order_by(AlertTable.due_on, AlertTable.id).limit(limit)
    owners = dict.fromkeys((_NOBODY, whose))
    parts = (select(ordered.where(AlertTable.assigned_to == each).subquery()) for each in owners)
    found = (await unit.session.execute(union_all(*parts))).mappings()
    return [rows.record_in(dict(row), Alert) for row in found]
