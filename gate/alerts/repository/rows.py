"""Between alerts and rows: columns bear the names of the models' fields."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Select

from gate.persistence import dialects
from gate.persistence.unit_of_work import UnitOfWork

Record = TypeVar("Record", bound=msgspec.Struct)
NO_DAY: Final = date.min
"""Stands for a due date that nobody knows: it sorts before all others, and is unique as NULL would not be."""
_PATIENT: Final = (datetime, date)


def values_of(record: msgspec.Struct) -> dict[str, Any]:
    """The row of a record, without its tenant."""
    values: dict[str, Any] = msgspec.to_builtins(record, builtin_types=_PATIENT)
    if "due_on" in values and values["due_on"] is None:
        values["due_on"] = NO_DAY
    return values


def record_in(row: Mapping[str, Any], kind: type[Record]) -> Record:
    """The record in a row."""
    values = {name: row[name] for name in kind.__struct_fields__}
    if values.get("due_on") == NO_DAY:
        values["due_on"] = None
    return msgspec.convert(values, kind)


def columns_of(table: Any, kind: type[msgspec.Struct]) -> list[Any]:  # noqa: ANN401 - a mapped class: only SQLAlchemy's own types tell its columns apart
    """The columns that make a record."""
    return [getattr(table, name) for name in kind.__struct_fields__]


async def all_of(unit: UnitOfWork, query: Select[Any], kind: type[Record]) -> Sequence[Record]:
    """Every record that `query` finds."""
    return [record_in(row, kind) for row in (await unit.session.execute(query)).mappings()]


async def take_turn(unit: UnitOfWork) -> None:
    """Wait until nobody else changes alerts of the tenant, and keep others waiting until the commit.

    So changes are numbered in the order of their commits, and who follows them by number misses none.
    """
    await dialects.take_turn(unit.session, f"alerts/{unit.tenant}")
