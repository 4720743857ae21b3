"""Keeps every statement within one tenant, on both databases, whatever the repository that wrote it forgot.

Selects, updates and deletes of tables that are `OfOneTenant` are limited to the session's tenant; an insert of another
tenant's row is refused before it reaches the database. Tables that are `OfNoTenant` are reached with the rights of
accounts only. On PostgreSQL roles and row-level security stand behind this.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection, Table, event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from gate.persistence.base import Base, OfNoTenant, OfOneTenant

_TENANT: Final = "tenant"
ACCOUNTS: Final = "accounts"
"""Key of a session's `info`: whether it may reach the tables of people at present."""
_SEVERAL_ROWS: Final = "tenant_m"
"""How the parameters of one insert of several rows are named: tenant_m0, tenant_m1 …"""


class TenantLeak(AssertionError):
    """A mistake of ours: a statement would have left the tenant that it runs for. Nothing was sent."""


class ScopedSession(Session):
    """A session that knows for whom it works: `info["tenant"]`, None for reading across tenants."""


@event.listens_for(ScopedSession, "do_orm_execute")
def _limit(state: ORMExecuteState) -> None:
    tenant = state.session.info[_TENANT]
    is_of_people = any(issubclass(mapper.class_, OfNoTenant) for mapper in state.all_mappers)
    if is_of_people and not state.session.info.get(ACCOUNTS):
        raise TenantLeak("the tables of people are reached with the rights of accounts only")
    if tenant is None:
        if not (state.is_select or is_of_people):
            raise TenantLeak("only reading is done across tenants")
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(OfOneTenant, lambda table: table.tenant == tenant, include_aliases=True)
        )


def refuse_leaks(engine: AsyncEngine) -> None:
    """Have `engine` look at the tenant of every row that is about to be inserted."""
    event.listen(engine.sync_engine, "before_cursor_execute", _verify_inserted)


def tables_of_tenants() -> list[str]:
    """The names of all tables that hold tenants' rows, as far as their modules are imported."""
    return _tables(OfOneTenant)


def tables_of_people() -> list[str]:
    """The names of all tables that belong to no tenant, as far as their modules are imported."""
    return _tables(OfNoTenant)


def _tables(kind: type) -> list[str]:
    mapped = (mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, kind))
    return sorted(cast("Table", mapper.local_table).name for mapper in mapped)


def _verify_inserted(
    connection: Connection,
    _cursor: object,
    _statement: str,
    _parameters: object,
    context: ExecutionContext | None,
    _many: bool,
) -> None:
    if context is None or not context.isinsert or _TENANT not in connection.get_execution_options():
        return
    own = connection.get_execution_options()[_TENANT]
    rows: Sequence[Mapping[str, Any]] = context.compiled_parameters  # type: ignore[attr-defined]  # of every compiled statement's context
    for row in rows:
        for name, value in row.items():
            if (name == _TENANT or name.startswith(_SEVERAL_ROWS)) and value != own:
                raise TenantLeak("a row of another tenant was about to be inserted")
