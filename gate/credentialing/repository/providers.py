"""How providers are stored and found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_, update

from gate.credentialing.model.fields import is_line
from gate.credentialing.model.providers import Provider, ProviderFilter
from gate.credentialing.repository import rows
from gate.credentialing.tables import ContractTable, ProviderTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, provider: Provider) -> None:
    """Store a new provider.

    Raises:
        Conflict: there is one with this NPI already; the unit is of no further use.
    """
    await rows.add(unit, ProviderTable, provider, sort_name=provider.sort_name, archived_at=None)


async def find(unit: UnitOfWork, provider_id: str, *, to_change: bool = False) -> Provider | None:
    """The provider of that id."""
    return await rows.find(unit, ProviderTable, Provider, provider_id, to_change=to_change)


async def put(unit: UnitOfWork, provider: Provider) -> None:
    """Replace what is stored of a provider.

    Raises:
        Conflict: another has this NPI; the unit is of no further use.
    """
    await rows.change(unit, ProviderTable, provider.id, **rows.values_of(provider, sort_name=provider.sort_name))
    contracts = update(ContractTable).where(
        ContractTable.tenant == unit.tenant,
        ContractTable.provider_id == provider.id,
        ContractTable.is_bookable != provider.is_bookable,
    )
    await unit.session.execute(
        contracts.values(is_bookable=provider.is_bookable).execution_options(synchronize_session=False)
    )


async def archive(unit: UnitOfWork, provider_id: str, at: datetime) -> None:
    """Have lists pass over the provider from now on; appointments are given no more."""
    await rows.archive(unit, ProviderTable, provider_id, at)
    contracts = update(ContractTable).where(
        ContractTable.tenant == unit.tenant, ContractTable.provider_id == provider_id
    )
    await unit.session.execute(contracts.values(is_bookable=False).execution_options(synchronize_session=False))


async def listed(
    unit: UnitOfWork, wanted: ProviderFilter, after: tuple[str, ...] | None, limit: int
) -> Sequence[Provider]:
    """Providers by name, from the one after `after` (sort name, id)."""
    query = rows.present(unit, ProviderTable, Provider)
    search = wanted.search.strip().casefold()
    if search and not is_line(search):
        return []
    if search.isdecimal():
        query = query.where(ProviderTable.npi.between(search.ljust(10, "0"), search.ljust(10, "9")))
    elif search:
        query = query.where(ProviderTable.sort_name >= search, ProviderTable.sort_name < search + rows.LAST)
    if after is not None:
        query = query.where(tuple_(ProviderTable.sort_name, ProviderTable.id) > tuple_(*after))
    return await rows.all_of(unit, _by_name(query).limit(limit), Provider)


async def names(unit: UnitOfWork, ids: Iterable[str]) -> Mapping[str, str]:
    """The names of providers by id, of archived ones too."""
    query = select(ProviderTable.id, ProviderTable.first_name, ProviderTable.last_name).where(
        ProviderTable.tenant == unit.tenant, ProviderTable.id.in_(set(ids))
    )
    return {row.id: f"{row.first_name} {row.last_name}" for row in await unit.session.execute(query)}


def _by_name(query: Select[Any]) -> Select[Any]:
    return query.order_by(ProviderTable.sort_name, ProviderTable.id)
