"""Between records and rows: columns bear the names of a record's fields."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gate.credentialing.tables import ApplicationTable, ContractTable
from gate.errors import Conflict
from gate.persistence.unit_of_work import UnitOfWork

Record = TypeVar("Record", bound=msgspec.Struct)
Table = Any
"""A mapped class: its columns are attributes that only SQLAlchemy's own types could tell apart."""
LAST: Final = chr(0x10FFFF)
"""Sorts behind every sign: ``beginning + LAST`` ends the range of what begins so."""
_PATIENT: Final = (datetime, date)


def values_of(record: msgspec.Struct, **more: object) -> dict[str, Any]:
    """The row of a record; `more` are columns that no field tells."""
    values: dict[str, Any] = msgspec.to_builtins(record, builtin_types=_PATIENT)
    return values | more


def columns_of(table: Table, kind: type[msgspec.Struct]) -> list[Any]:
    """The columns that make a record."""
    return [getattr(table, name) for name in kind.__struct_fields__]


def record_in(row: Mapping[str, Any], kind: type[Record]) -> Record:
    """The record in a row."""
    return msgspec.convert({name: row[name] for name in kind.__struct_fields__}, kind)


def present(unit: UnitOfWork, table: Table, kind: type[msgspec.Struct]) -> Select[Any]:
    """A query of the tenant's records that are not archived."""
    return select(*columns_of(table, kind)).where(table.tenant == unit.tenant, table.archived_at.is_(None))


async def all_of(unit: UnitOfWork, query: Select[Any], kind: type[Record]) -> list[Record]:
    """Every record that `query` finds."""
    return [record_in(row, kind) for row in (await unit.session.execute(query)).mappings()]


async def one_of(unit: UnitOfWork, query: Select[Any], kind: type[Record]) -> Record | None:
    """The record that `query` finds."""
    row = (await unit.session.execute(query)).mappings().one_or_none()
    return None if row is None else record_in(row, kind)


async def find(
    unit: UnitOfWork, table: Table, kind: type[Record], record_id: str, *, to_change: bool = False
) -> Record | None:
    """The tenant's record of that id. `to_change`: nobody else changes it until the unit ends."""
    query = present(unit, table, kind).where(table.id == record_id)
    return await one_of(unit, query.with_for_update() if to_change else query, kind)


async def add(unit: UnitOfWork, table: Table, record: msgspec.Struct, **more: object) -> None:
    """Store a new record.

    Raises:
        Conflict: there is one already that it would repeat; the unit is of no further use.
    """
    await add_all(unit, table, [values_of(record, **more)])


async def add_all(unit: UnitOfWork, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new rows.

    Raises:
        Conflict: there is one already that one of them would repeat; the unit is of no further use.
    """
    try:
        await unit.session.execute(insert(table), [{**row, "tenant": unit.tenant} for row in rows])
    except IntegrityError:
        raise Conflict("there is a record of this already") from None


async def change(unit: UnitOfWork, table: Table, record_id: str, **values: object) -> None:
    """Set columns of one record.

    Raises:
        Conflict: another record is so already; the unit is of no further use.
    """
    statement = update(table).where(table.tenant == unit.tenant, table.id == record_id).values(**values)
    try:
        await unit.session.execute(statement.execution_options(synchronize_session=False))
    except IntegrityError:
        raise Conflict("there is a record of this already") from None


async def archive(unit: UnitOfWork, table: Table, record_id: str, at: datetime) -> None:
    """Have lists pass over the record from now on."""
    await change(unit, table, record_id, archived_at=at)


async def change_all(unit: UnitOfWork, table: Table, ids: Sequence[str], **values: object) -> None:
    """Set columns of several records alike."""
    statement = update(table).where(table.tenant == unit.tenant, table.id.in_(ids)).values(**values)
    await unit.session.execute(statement.execution_options(synchronize_session=False))


def of_provider_and_payer(
    unit: UnitOfWork, table: type[ApplicationTable | ContractTable], kind: type[msgspec.Struct], *ids: str
) -> Select[Any]:
    """A query of the one record of a provider and a payer."""
    provider_id, payer_id = ids
    return select(*columns_of(table, kind)).where(
        table.tenant == unit.tenant, table.provider_id == provider_id, table.payer_id == payer_id
    )


class _Unindexed(FunctionElement[Any]):
    inherit_cache = True

    def __init__(self, column: Any) -> None:  # noqa: ANN401 - see `unindexed`
        super().__init__(column)
        self.type = column.type


@compiles(_Unindexed)
def _as_it_is(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the library's
    return compiler.process(element.clauses, **options)


@compiles(_Unindexed, "sqlite")
def _signed(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the library's
    return f"+{compiler.process(element.clauses, **options)}"


def unindexed(column: Any) -> Any:  # noqa: ANN401 - a column of text
    """The column, for which SQLite uses no index: where another one is the better way, and it has no means to know.

    PostgreSQL has: it knows how many rows have what, as long as the column is named by itself.
    """
    return _Unindexed(column)
