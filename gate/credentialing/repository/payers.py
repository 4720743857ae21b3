"""How payers, their workflows and an organisation's preferences are stored and found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, tuple_, update

from gate.credentialing.model.fields import is_line
from gate.credentialing.model.payers import Payer, PayerFilter
from gate.credentialing.model.preferences import Preferences
from gate.credentialing.model.workflows import Workflow
from gate.credentialing.repository import rows
from gate.credentialing.tables import PayerTable, PreferencesTable, WorkflowTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, payer: Payer) -> None:
    """Store a new payer."""
    await rows.add(unit, PayerTable, payer, sort_name=payer.sort_name, archived_at=None)


async def find(unit: UnitOfWork, payer_id: str, *, to_change: bool = False) -> Payer | None:
    """The payer of that id."""
    return await rows.find(unit, PayerTable, Payer, payer_id, to_change=to_change)


async def put(unit: UnitOfWork, payer: Payer) -> None:
    """Replace what is stored of a payer."""
    await rows.change(unit, PayerTable, payer.id, **rows.values_of(payer, sort_name=payer.sort_name))


async def archive(unit: UnitOfWork, payer_id: str, at: datetime) -> None:
    """Have lists pass over the payer from now on."""
    await rows.archive(unit, PayerTable, payer_id, at)


async def listed(unit: UnitOfWork, wanted: PayerFilter, after: tuple[str, ...] | None, limit: int) -> Sequence[Payer]:
    """Payers by name, from the one after `after` (sort name, id)."""
    query = rows.present(unit, PayerTable, Payer)
    search = wanted.search.strip().casefold()
    if search and not is_line(search):
        return []
    if search:
        query = query.where(PayerTable.sort_name >= search, PayerTable.sort_name < search + rows.LAST)
    if after is not None:
        query = query.where(tuple_(PayerTable.sort_name, PayerTable.id) > tuple_(*after))
    return await rows.all_of(unit, query.order_by(PayerTable.sort_name, PayerTable.id).limit(limit), Payer)


async def several(unit: UnitOfWork, ids: Iterable[str]) -> Mapping[str, Payer]:
    """Payers by id; those that are not there are left out."""
    query = rows.present(unit, PayerTable, Payer).where(PayerTable.id.in_(set(ids)))
    return {payer.id: payer for payer in await rows.all_of(unit, query, Payer)}


async def names(unit: UnitOfWork, ids: Iterable[str]) -> Mapping[str, str]:
    """The names of payers by id, of archived ones too."""
    query = select(PayerTable.id, PayerTable.name).where(PayerTable.tenant == unit.tenant, PayerTable.id.in_(set(ids)))
    return {row.id: row.name for row in await unit.session.execute(query)}


async def workflow(unit: UnitOfWork, payer_id: str) -> Workflow | None:
    """The payer's workflow."""
    return (await workflows(unit, [payer_id])).get(payer_id)


async def workflows(unit: UnitOfWork, payer_ids: Iterable[str]) -> Mapping[str, Workflow]:
    """The workflows of payers, by the payer's id; payers without one are left out."""
    query = select(*rows.columns_of(WorkflowTable, Workflow)).where(
        WorkflowTable.tenant == unit.tenant, WorkflowTable.payer_id.in_(set(payer_ids))
    )
    return {found.payer_id: found for found in await rows.all_of(unit, query, Workflow)}


async def put_workflow(unit: UnitOfWork, replacement: Workflow) -> None:
    """Store a payer's workflow in place of the one before."""
    await drop_workflow(unit, replacement.payer_id)
    await unit.session.execute(insert(WorkflowTable).values(tenant=unit.tenant, **rows.values_of(replacement)))


async def drop_workflow(unit: UnitOfWork, payer_id: str) -> None:
    """Take a payer's workflow away."""
    own = (WorkflowTable.tenant == unit.tenant, WorkflowTable.payer_id == payer_id)
    await unit.session.execute(delete(WorkflowTable).where(*own).execution_options(synchronize_session=False))


async def preferences(unit: UnitOfWork) -> Preferences:
    """What the organisation settled, or the defaults."""
    query = select(*rows.columns_of(PreferencesTable, Preferences)).where(PreferencesTable.tenant == unit.tenant)
    return await rows.one_of(unit, query, Preferences) or Preferences()


async def put_preferences(unit: UnitOfWork, settled: Preferences) -> None:
    """Store what the organisation settled."""
    values = rows.values_of(settled)
    own = update(PreferencesTable).where(PreferencesTable.tenant == unit.tenant).values(**values)
    changed = await unit.session.execute(
        own.returning(PreferencesTable.tenant).execution_options(synchronize_session=False)
    )
    if changed.one_or_none() is None:
        await rows.add_all(unit, PreferencesTable, [values])
