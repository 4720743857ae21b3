"""How it is stored who wants to be told of what, and who was told."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import Mute, NotificationPreferences
from gate.alerts.repository import rows
from gate.alerts.tables import AlertDigestTable, AlertMuteTable, AlertPreferencesTable
from gate.persistence.dialects import insert_into
from gate.persistence.unit_of_work import UnitOfWork


async def preferences(unit: UnitOfWork) -> NotificationPreferences:
    """What the tenant settled, or the product's own settings."""
    query = select(*rows.columns_of(AlertPreferencesTable, NotificationPreferences)).where(
        AlertPreferencesTable.tenant == unit.tenant
    )
    return next(iter(await rows.all_of(unit, query, NotificationPreferences)), NotificationPreferences())


async def put_preferences(unit: UnitOfWork, settled: NotificationPreferences) -> None:
    """Replace what the tenant settled."""
    await _put(unit, AlertPreferencesTable, rows.values_of(settled), "tenant")


async def mutes(unit: UnitOfWork) -> Sequence[Mute]:
    """All that are in force."""
    query = select(*rows.columns_of(AlertMuteTable, Mute)).where(AlertMuteTable.tenant == unit.tenant)
    return await rows.all_of(unit, query.order_by(AlertMuteTable.kind, AlertMuteTable.person), Mute)


async def add_mute(unit: UnitOfWork, mute: Mute) -> bool:
    """Mute a kind; False: it is muted already."""
    statement = insert_into(unit.session, AlertMuteTable).on_conflict_do_nothing().returning(AlertMuteTable.kind)
    row = rows.values_of(mute) | {"tenant": unit.tenant}
    return (await unit.session.execute(statement.values(**row))).first() is not None


async def remove_mute(unit: UnitOfWork, kind: AlertKind, person: str) -> bool:
    """End it; False: there is none."""
    statement = delete(AlertMuteTable).where(
        AlertMuteTable.tenant == unit.tenant, AlertMuteTable.kind == kind.value, AlertMuteTable.person == person
    )
    ended = await unit.session.execute(statement.returning(AlertMuteTable.kind))
    return ended.first() is not None


async def digests(unit: UnitOfWork) -> Mapping[str, tuple[int, date]]:
    """By person: the number of the last change that a digest looked at, and the day of that digest."""
    query = select(AlertDigestTable.person, AlertDigestTable.told_up_to, AlertDigestTable.told_on)
    found = await unit.session.execute(query.where(AlertDigestTable.tenant == unit.tenant))
    return {person: (told_up_to, told_on) for person, told_up_to, told_on in found}


async def put_digest(unit: UnitOfWork, person: str, told_up_to: int, told_on: date) -> None:
    """Note up to where a person was told."""
    row = {"person": person, "told_up_to": told_up_to, "told_on": told_on}
    await _put(unit, AlertDigestTable, row, "tenant", "person")


async def _put(unit: UnitOfWork, table: Any, row: Mapping[str, Any], *key: str) -> None:  # noqa: ANN401 - a mapped class
    statement = insert_into(unit.session, table).values(**row, tenant=unit.tenant)
    changed = {name: statement.excluded[name] for name in row if name not in key}
    await unit.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))
