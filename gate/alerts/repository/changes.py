"""How the history of alerts is stored and found: one row for each change, numbered without gaps."""

from collections.abc import Iterable, Sequence
from typing import cast

import msgspec
from sqlalchemy import Table, bindparam, func, insert, select, update

from gate.alerts.model.alerts import Alert, AlertChange, ChangeKind, ToldChange
from gate.alerts.repository import alerts, rows
from gate.alerts.tables import AlertChangeTable, AlertTable
from gate.persistence.unit_of_work import UnitOfWork


async def last_number(unit: UnitOfWork) -> int:
    """Of the newest change; 0 where there is none."""
    query = select(func.max(AlertChangeTable.sequence)).where(AlertChangeTable.tenant == unit.tenant)
    return int((await unit.session.execute(query)).scalar_one() or 0)


async def append(unit: UnitOfWork, changes: Iterable[AlertChange]) -> Sequence[AlertChange]:
    """Keep the changes, in this order, with the numbers that follow; whoever calls has taken a turn."""
    number = await last_number(unit)
    kept = [msgspec.structs.replace(change, sequence=number + ahead) for ahead, change in enumerate(changes, 1)]
    if kept:
        table = cast("Table", AlertTable.__table__)
        await unit.session.execute(
            insert(AlertChangeTable), [rows.values_of(change) | {"tenant": unit.tenant} for change in kept]
        )
        newest = update(table).where(table.c.tenant == unit.tenant, table.c.id == bindparam("of"))
        await unit.session.execute(
            newest.values(sequence=bindparam("number")),
            [{"of": each.alert_id, "number": each.sequence} for each in kept],
        )
    return kept


async def of_alert(unit: UnitOfWork, alert_id: str, limit: int) -> Sequence[AlertChange]:
    """The first changes of one alert, oldest first."""
    query = select(*rows.columns_of(AlertChangeTable, AlertChange)).where(
        AlertChangeTable.tenant == unit.tenant, AlertChangeTable.alert_id == alert_id
    )
    return await rows.all_of(unit, query.order_by(AlertChangeTable.sequence).limit(limit), AlertChange)


async def after(unit: UnitOfWork, number: int, limit: int) -> Sequence[ToldChange]:
    """The changes that follow that number, each with its alert as it is now."""
    query = select(*rows.columns_of(AlertChangeTable, AlertChange)).where(
        AlertChangeTable.tenant == unit.tenant, AlertChangeTable.sequence > number
    )
    found = await rows.all_of(unit, query.order_by(AlertChangeTable.sequence).limit(limit), AlertChange)
    return await with_alerts(unit, found)


async def with_alerts(unit: UnitOfWork, changes: Sequence[AlertChange]) -> Sequence[ToldChange]:
    """The changes with their alerts as they are now."""
    now = {alert.id: alert for alert in await alerts.several(unit, {change.alert_id for change in changes})}
    return [ToldChange(change=change, alert=now[change.alert_id]) for change in changes]


async def raised_after(unit: UnitOfWork, number: int, until: int, limit: int) -> Sequence[Alert]:
    """The alerts raised by changes behind `number` and up to `until` that are current."""
    query = (
        select(*rows.columns_of(AlertTable, Alert))
        .join(
            AlertChangeTable,
            (AlertChangeTable.tenant == AlertTable.tenant) & (AlertChangeTable.alert_id == AlertTable.id),
        )
        .where(
            AlertTable.tenant == unit.tenant,
            AlertTable.closed_at.is_(None),
            AlertChangeTable.what == ChangeKind.RAISED.value,
            AlertChangeTable.sequence > number,
            AlertChangeTable.sequence <= until,
        )
        .order_by(AlertChangeTable.sequence)
        .limit(limit)
    )
    return await rows.all_of(unit, query, Alert)
