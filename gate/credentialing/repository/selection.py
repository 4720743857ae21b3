"""How payers are found to choose among them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)

from gate.credentialing.model.applications import OPEN
from gate.credentialing.model.fields import is_line
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.selection import (
    PayerSort,
    PayerStanding,
    PayerStatistics,
    SelectablePayer,
    SelectionFilter,
)
from gate.credentialing.model.workflows import USUAL_TYPES
from gate.credentialing.repository import rows
from gate.credentialing.repository.contracts import standing_by_payer, stands_on
from gate.credentialing.tables import ApplicationTable, ContractTable, PayerTable, TaskTable, WorkflowTable
from gate.persistence.unit_of_work import UnitOfWork

Position = tuple[int, str, str]
"""Rank, name by which it is sorted, id."""
_USUAL: Final = case((PayerTable.requires_individual_contract, USUAL_TYPES[True].value), else_=USUAL_TYPES[False].value)


async def listed(
    unit: UnitOfWork,
    wanted: SelectionFilter,
    provider: Provider | None,
    day: date,
    after: Position | None,
    limit: int,
) -> Sequence[SelectablePayer]:
    """Payers with what speaks for each on that day, from the one after `after`; `provider` is whom the filter names."""
    search = wanted.search.strip().casefold()
    if not is_line(search):
        return []
    table = _Table(unit, provider, day)
    query = table.query(wanted)
    if search:
        query = query.where(PayerTable.sort_name.contains(search, autoescape=True))
    if wanted.workflow_type is not None:
        query = query.where(table.workflow_type == wanted.workflow_type.value)
    if wanted.standing is not None:
        query = query.where(table.standings[wanted.standing])
    if after is not None:
        query = query.where(_comes_after(table.rank(wanted.sort), after, wanted))
    found = (await unit.session.execute(query.limit(limit))).mappings()
    return [SelectablePayer(rows.record_in(row, PayerStatistics), row["sort_name"], row["rank"]) for row in found]


class _Table:
    """Payers beside what is known of each of them."""

    def __init__(self, unit: UnitOfWork, provider: Provider | None, day: date) -> None:
        self._tenant = unit.tenant
        self._standing = standing_by_payer(unit, day)
        provider_id = provider.id if provider is not None else ""
        self._application = and_(
            ApplicationTable.tenant == unit.tenant,
            ApplicationTable.provider_id == provider_id,
            ApplicationTable.payer_id == PayerTable.id,
            ApplicationTable.archived_at.is_(None),
            ApplicationTable.application_status.in_(sorted(status.value for status in OPEN)),
        )
        self._contract = and_(
            ContractTable.tenant == unit.tenant,
            ContractTable.provider_id == provider_id,
            ContractTable.payer_id == PayerTable.id,
            stands_on(day),
        )
        is_begun, is_contracted = ApplicationTable.id.is_not(None), ContractTable.id.is_not(None)
        is_attending = provider is not None and provider.is_attending
        self.workflow_type = func.coalesce(WorkflowTable.workflow_type, _USUAL)
        # A sum of sums is a decimal on PostgreSQL.
        self.contracts = cast(func.coalesce(self._standing.c.contracts, 0), Integer)
        self.bookable = cast(func.coalesce(self._standing.c.bookable, 0), Integer)
        self.is_recommended: ColumnElement[bool] = and_(PayerTable.requires_attending, literal(is_attending))
        self.standings: dict[PayerStanding, ColumnElement[bool]] = {
            PayerStanding.RECOMMENDED: self.is_recommended,
            PayerStanding.CONTRACTED: is_contracted,
            PayerStanding.IN_PROGRESS: and_(is_begun, ~is_contracted),
            PayerStanding.NOT_STARTED: and_(~is_begun, ~is_contracted),
        }
        self.has_tasks = (
            exists()
            .where(
                TaskTable.tenant == unit.tenant,
                TaskTable.provider_id == provider_id,
                TaskTable.payer_id == PayerTable.id,
                TaskTable.archived_at.is_(None),
            )
            .correlate(PayerTable)
        )

    def query(self, wanted: SelectionFilter) -> Select[Any]:
        """Payers in the order that is wanted; one row each, because a provider has one application and one contract."""
        shown: dict[str, Any] = {
            "total_contracts": self.contracts,
            "bookable_providers": self.bookable,
            "workflow_type": self.workflow_type,
            "typical_approval_days": WorkflowTable.typical_approval_days,
            "already_credentialing": type_coerce(ApplicationTable.id.is_not(None), Boolean),
            "already_contracted": type_coerce(self.standings[PayerStanding.CONTRACTED], Boolean),
            "has_tasks": type_coerce(self.has_tasks, Boolean),
            "is_recommended": type_coerce(self.is_recommended, Boolean),
            "rank": self.rank(wanted.sort),
        }
        own = [getattr(PayerTable, name) for name in PayerStatistics.__struct_fields__ if name not in shown]
        workflow = and_(WorkflowTable.tenant == self._tenant, WorkflowTable.payer_id == PayerTable.id)
        return (
            select(*own, PayerTable.sort_name, *(column.label(name) for name, column in shown.items()))
            .outerjoin(WorkflowTable, workflow)
            .outerjoin(self._standing, self._standing.c.payer_id == PayerTable.id)
            .outerjoin(ApplicationTable, self._application)
            .outerjoin(ContractTable, self._contract)
            .where(PayerTable.tenant == self._tenant, PayerTable.archived_at.is_(None))
            .order_by(*_order(self.rank(wanted.sort), wanted))
        )

    def rank(self, sort: PayerSort) -> ColumnElement[int]:
        """The number by which payers are ordered before their names are."""
        can_choose = self.standings[PayerStanding.NOT_STARTED]
        ranks: dict[PayerSort, Any] = {
            PayerSort.NAME: literal(0),
            PayerSort.CONTRACTS: self.contracts,
            PayerSort.BOOKABLE: self.bookable,
            PayerSort.CENSUS: PayerTable.current_census,
            PayerSort.RECOMMENDED: case((and_(self.is_recommended, can_choose), 0), else_=1),
        }
        return type_coerce(ranks[sort], Integer)


def _order(rank: ColumnElement[int], wanted: SelectionFilter) -> Sequence[Any]:
    if wanted.sort is PayerSort.NAME:
        names = (PayerTable.sort_name, PayerTable.id)
        return [column.desc() for column in names] if wanted.is_descending else names
    return (rank.desc() if _begins_with_the_most(wanted) else rank, PayerTable.sort_name, PayerTable.id)


def _comes_after(rank: ColumnElement[int], after: Position, wanted: SelectionFilter) -> ColumnElement[bool]:
    number, *name = after
    names, behind = tuple_(PayerTable.sort_name, PayerTable.id), tuple_(*name)
    if wanted.sort is PayerSort.NAME:
        return names < behind if wanted.is_descending else names > behind
    further = rank < number if _begins_with_the_most(wanted) else rank > number
    return or_(further, and_(rank == number, names > behind))


def _begins_with_the_most(wanted: SelectionFilter) -> bool:
    return wanted.is_descending and wanted.sort is not PayerSort.RECOMMENDED
