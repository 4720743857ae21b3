"""How contracts are stored, found and counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select, union_all

from gate.credentialing.model.contracts import Contract, ContractFilter
from gate.credentialing.repository import rows
from gate.credentialing.tables import ContractCountTable, ContractTable
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


async def payers_of_providers(unit: UnitOfWork, provider_ids: Iterable[str], day: date) -> Mapping[str, Sequence[str]]:
    """The ids of the payers with whom a contract stands on that day, by provider."""
    contract = ContractTable
    query = select(contract.provider_id, contract.payer_id, contract.effective_date, contract.end_date).where(
        contract.tenant == unit.tenant, contract.provider_id.in_(set(provider_ids))
    )
    found: dict[str, list[str]] = defaultdict(list)
    # Told apart here: asked about days as well, SQLite would go by the indexes of all contracts' days.
    for provider_id, payer_id, begins, ends in await unit.session.execute(query):
        if begins <= day and (ends is None or day <= ends):
            found[provider_id].append(payer_id)
    return found


def stands_on(day: date) -> ColumnElement[bool]:
    """Whether a contract does, first and last day included."""
    has_not_ended = or_(ContractTable.end_date.is_(None), ContractTable.end_date >= day)
    return and_(ContractTable.effective_date <= day, has_not_ended)


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


def standing_by_payer(unit: UnitOfWork, day: date) -> Subquery:
    """How many contracts with each payer (`payer_id`) stand on that day (`contracts`), and how many of these are
    providers' who take patients (`bookable`).

    Those without a last day are counted as they come and go. What is left to count is few: of these, contracts that
    have not begun; and those whose last day is still to come.
    """
    kept, contract = ContractCountTable, ContractTable
    contracts, bookable = func.count(), func.sum(case((contract.is_bookable, 1), else_=0))
    own = contract.tenant == unit.tenant
    without_end = select(kept.payer_id, kept.contracts, kept.bookable).where(kept.tenant == unit.tenant)
    not_begun = (
        select(contract.payer_id, -contracts, -bookable)
        .where(own, contract.end_date.is_(None), contract.effective_date > day)
        .group_by(contract.payer_id)
    )
    ending = (
        select(contract.payer_id, contracts, bookable)
        .where(own, contract.end_date.is_not(None), contract.end_date >= day, contract.effective_date <= day)
        .group_by(contract.payer_id)
    )
    parts = union_all(without_end, not_begun, ending).subquery()
    return (
        select(
            parts.c.payer_id,
            func.sum(parts.c.contracts).label("contracts"),
            func.sum(parts.c.bookable).label("bookable"),
        )
        .group_by(parts.c.payer_id)
        .subquery()
    )
