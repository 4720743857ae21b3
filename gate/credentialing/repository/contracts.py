"""How contracts are stored, found and counted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import func, or_, select

from gate.credentialing.model.contracts import Contract, ContractFilter
from gate.credentialing.repository import rows
from gate.credentialing.tables import ContractTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, contract: Contract, *, is_bookable: bool) -> None:
    """Store a new contract.

    Raises:
        Conflict: there is one of the provider and the payer; the unit is of no further use.
    """
    await rows.add(unit, ContractTable, contract, is_bookable=is_bookable)


async def put(unit: UnitOfWork, contract: Contract) -> None:
    """Replace what is stored of a contract."""
    await rows.change(unit, ContractTable, contract.id, **rows.values_of(contract))


async def find(unit: UnitOfWork, contract_id: str) -> Contract | None:
    """The contract of that id. Nobody else changes it until the unit ends."""
    query = select(*rows.columns_of(ContractTable, Contract)).where(
        ContractTable.tenant == unit.tenant, ContractTable.id == contract_id
    )
    return await rows.one_of(unit, query.with_for_update(), Contract)


async def of_the_two(unit: UnitOfWork, provider_id: str, payer_id: str) -> Contract | None:
    """The contract of a provider with a payer. Nobody else changes it until the unit ends."""
    query = rows.of_provider_and_payer(unit, ContractTable, Contract, provider_id, payer_id)
    return await rows.one_of(unit, query.with_for_update(), Contract)


async def of_providers(unit: UnitOfWork, provider_ids: Iterable[str]) -> Sequence[Contract]:
    """Every contract of some providers."""
    query = select(*rows.columns_of(ContractTable, Contract)).where(
        ContractTable.tenant == unit.tenant, ContractTable.provider_id.in_(set(provider_ids))
    )
    return await rows.all_of(unit, query, Contract)


async def listed(unit: UnitOfWork, wanted: ContractFilter, before: str, limit: int) -> Sequence[Contract]:
    """Contracts newest first, from the one before the id `before` (empty: from the newest)."""
    query = select(*rows.columns_of(ContractTable, Contract)).where(ContractTable.tenant == unit.tenant)
    if wanted.provider_id:
        query = query.where(ContractTable.provider_id == wanted.provider_id)
    if wanted.payer_id:
        query = query.where(ContractTable.payer_id == wanted.payer_id)
    if before:
        query = query.where(ContractTable.id < before)
    return await rows.all_of(unit, query.order_by(ContractTable.id.desc()).limit(limit), Contract)


async def counted(unit: UnitOfWork, payer_ids: Iterable[str], day: date) -> Mapping[str, tuple[int, int]]:
    """By payer: how many contracts stand on that day, and how many of them are bookable providers'."""
    query = (
        select(ContractTable.payer_id, ContractTable.is_bookable, func.count())
        .where(
            ContractTable.tenant == unit.tenant,
            ContractTable.payer_id.in_(set(payer_ids)),
            ContractTable.effective_date <= day,
            or_(ContractTable.end_date.is_(None), ContractTable.end_date >= day),
        )
        .group_by(ContractTable.payer_id, ContractTable.is_bookable)
    )
    found: dict[str, tuple[int, int]] = {}
    for payer_id, is_bookable, count in await unit.session.execute(query):
        contracts, bookable = found.get(payer_id, (0, 0))
        found[payer_id] = (contracts + count, bookable + count * is_bookable)
    return found
