"""No statement leaves its tenant: every table there is, on both databases, whatever the code above forgets."""

import ast
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Table, UniqueConstraint, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import TypeDecorator

import gate
from gate.persistence.base import Base, OfOneTenant
from gate.persistence.engine import open_engine
from gate.persistence.roles import OVERVIEW_ROLE, TENANT_ROLE
from gate.persistence.scope import TenantLeak, tables_of_people, tables_of_tenants
from gate.persistence.unit_of_work import Database
from tests.persistence.test_migrate import import_all_tables
from tests.support.databases import KINDS, POSTGRESQL, migrated_database, tamper

import_all_tables()

MAPPED = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
OF_TENANTS = tables_of_tenants()
on_every_table = pytest.mark.parametrize("table", OF_TENANTS)


@pytest.fixture(params=KINDS)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(await migrated_database(request.param, tmp_path))
    yield engine
    await engine.dispose()


@pytest.fixture(params=[POSTGRESQL])
async def postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(await migrated_database(request.param, tmp_path))
    yield engine
    await engine.dispose()


FITTING: dict[tuple[str, str], Any] = {("ledger_retentions", "cutoff"): datetime(2025, 1, 1, tzinfo=UTC)}
"""Where a table asks more of its columns than their types."""


def some(column: Column[Any], tenant: str) -> Any:
    """A value that fits the column; where it must be unique in the whole deployment, the tenant's own."""
    if (column.table.name, column.name) in FITTING:
        return FITTING[column.table.name, column.name]
    if column.foreign_keys and column.name != "tenant":
        return some(next(iter(column.foreign_keys)).column, tenant)
    if column.name == "tenant" or is_unique(column):
        return tenant
    declared = column.type
    kind = declared.impl_instance.python_type if isinstance(declared, TypeDecorator) else declared.python_type
    examples: dict[type, Any] = {
        str: "x",
        int: 1,
        bool: False,
        bytes: b"x",
        float: 1.0,
        object: {},  # what SQLAlchemy says of JSON
        datetime: datetime(2026, 1, 1, tzinfo=UTC),
        date: date(2026, 1, 1),
        UUID: UUID(int=1),
    }
    return examples[kind]


def row_of(table: Table, tenant: str) -> dict[str, Any]:
    return {column.name: some(column, tenant) for column in table.columns}


def is_unique(column: Column[Any]) -> bool:
    if [column] == list(column.table.primary_key):
        return True
    constraints = [each for each in column.table.constraints if isinstance(each, UniqueConstraint)]
    return column.unique is True or any(
        "tenant" not in each.columns and column in list(each.columns) for each in constraints
    )


def with_parents(table: Table) -> list[Table]:
    """`table` after every table that its rows refer to."""
    parents = {key.column.table for key in table.foreign_keys} - {table}
    return list(dict.fromkeys([*(each for parent in parents for each in with_parents(parent)), table]))


async def fill(engine: AsyncEngine, name: str) -> None:
    """One row of acme and one of globex, and those that they refer to."""
    async with engine.begin() as connection:
        for table in with_parents(Base.metadata.tables[name]):
            await connection.execute(insert(table), [row_of(table, "acme"), row_of(table, "globex")])


def test_every_table_belongs_to_a_tenant_or_to_people() -> None:
    """How those of people are kept apart from tenants is in tests/accounts/test_isolation.py."""
    assert set(Base.metadata.tables) == {*OF_TENANTS, *tables_of_people()}
    assert set(tables_of_people()) == {"accounts", "sessions", "sign_in_tries"}


def test_the_tenant_comes_first_in_every_primary_key() -> None:
    firsts = {name: next(iter(Base.metadata.tables[name].primary_key)).name for name in OF_TENANTS}

    assert firsts == dict.fromkeys(OF_TENANTS, "tenant")


@on_every_table
async def test_a_unit_of_work_sees_only_its_tenant_s_rows(engine: AsyncEngine, table: str) -> None:
    await fill(engine, table)
    mapped: Any = MAPPED[table]

    async with Database(engine).reading("acme") as unit:
        seen = (await unit.session.execute(select(mapped.tenant))).scalars().all()
        counted = (await unit.session.execute(select(func.count()).select_from(mapped))).scalar_one()
    async with Database(engine).reading("initech") as unit:
        strangers = (await unit.session.execute(select(mapped.tenant))).scalars().all()

    assert seen == ["acme"]
    assert counted == 1
    assert strangers == []


@on_every_table
async def test_a_unit_of_work_changes_and_removes_no_other_tenant_s_rows(engine: AsyncEngine, table: str) -> None:
    await fill(engine, table)
    mapped: Any = MAPPED[table]

    for statement in (update(mapped).values(tenant="acme"), delete(mapped)):
        try:
            async with Database(engine).writing("initech") as unit:
                await unit.session.execute(statement.execution_options(synchronize_session=False))
        except DBAPIError:
            pass  # the role may not even try

    async with Database(engine).reading("globex") as unit:
        assert (await unit.session.execute(select(mapped.tenant))).scalars().all() == ["globex"]


@on_every_table
async def test_a_row_of_another_tenant_is_not_inserted(engine: AsyncEngine, table: str) -> None:
    mapped: Any = MAPPED[table]
    foreign = row_of(Base.metadata.tables[table], "globex")

    for statement, parameters in (
        (insert(mapped), [foreign, foreign]),
        (insert(mapped), foreign),
        (insert(mapped).values([foreign]), {}),
    ):
        with pytest.raises(TenantLeak):
            async with Database(engine).writing("acme") as unit:
                await unit.session.execute(statement, parameters)


@on_every_table
async def test_row_level_security_is_forced_and_holds_for_plain_sql_too(postgresql: AsyncEngine, table: str) -> None:
    await fill(postgresql, table)

    async with Database(postgresql).reading("acme") as unit:
        query = text(f"SELECT tenant FROM {table}")
        assert (await unit.session.execute(query)).scalars().all() == ["acme"]
        flags = text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = :table")
        assert (await unit.session.execute(flags, {"table": table})).scalar_one()


@on_every_table
async def test_without_a_tenant_the_tenants_role_sees_nothing(postgresql: AsyncEngine, table: str) -> None:
    await fill(postgresql, table)

    async with postgresql.begin() as connection:
        await connection.execute(text(f"SET LOCAL ROLE {TENANT_ROLE}"))
        assert (await connection.execute(text(f"SELECT tenant FROM {table}"))).scalars().all() == []


@on_every_table
async def test_no_role_of_the_service_may_more_than_rows(postgresql: AsyncEngine, table: str) -> None:
    query = text(
        "SELECT has_table_privilege(:role, :table, privilege) FROM unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) "
        "AS privilege"
    )
    async with postgresql.connect() as connection:
        for role in (TENANT_ROLE, OVERVIEW_ROLE):
            granted = (await connection.execute(query, {"role": role, "table": table})).scalars().all()
            assert granted == [False] * 3
        owner = text("SELECT tableowner FROM pg_tables WHERE tablename = :table")
        assert (await connection.execute(owner, {"table": table})).scalar_one() not in {TENANT_ROLE, OVERVIEW_ROLE}


async def test_the_roles_cannot_bypass_row_level_security(postgresql: AsyncEngine) -> None:
    query = text(
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole FROM pg_roles WHERE rolname = ANY(:names)"
    )
    async with postgresql.connect() as connection:
        found = (await connection.execute(query, {"names": [TENANT_ROLE, OVERVIEW_ROLE]})).all()

    assert {tuple(row) for row in found} == {
        (TENANT_ROLE, False, False, False, False),
        (OVERVIEW_ROLE, False, False, False, False),
    }


async def test_a_connection_comes_back_to_the_pool_without_role_and_tenant(postgresql: AsyncEngine) -> None:
    database = Database(postgresql)
    async with database.reading("acme") as unit:
        assert (await unit.session.execute(text("SELECT current_user"))).scalar_one() == TENANT_ROLE

    async with postgresql.connect() as connection:
        role, tenant = (
            await connection.execute(text("SELECT current_user, current_setting('gate.tenant', true)"))
        ).one()
    assert role != TENANT_ROLE
    assert not tenant


async def test_across_tenants_there_is_only_reading(engine: AsyncEngine) -> None:
    mapped: Any = MAPPED["tenant_configs"]
    await fill(engine, "tenant_configs")

    async with Database(engine).reading_across_tenants() as session:
        assert set((await session.execute(select(mapped.tenant))).scalars()) == {"acme", "globex"}
        with pytest.raises(TenantLeak):
            await session.execute(delete(mapped))


async def test_a_unit_of_work_without_a_tenant_is_a_mistake(engine: AsyncEngine) -> None:
    with pytest.raises(ValueError, match="needs a tenant"):
        async with Database(engine).reading(""):
            pass


@pytest.mark.parametrize("table", ["tenant_config_versions", "mode_changes"])
async def test_u1_history_refuses_change_and_removal_whoever_asks(engine: AsyncEngine, table: str) -> None:
    await fill(engine, table)
    statements = [f"UPDATE {table} SET reason = 'another'", f"DELETE FROM {table}"]
    statements.append(
        f"TRUNCATE {table} CASCADE"
        if engine.dialect.name == POSTGRESQL
        else f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    )

    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(text(statement))

    async with engine.connect() as connection:
        assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 2


async def test_tampering_gets_past_the_triggers_and_leaves_them_there(engine: AsyncEngine) -> None:
    await fill(engine, "mode_changes")

    await tamper(engine, "DELETE FROM mode_changes WHERE tenant = 'acme'")

    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT tenant FROM mode_changes"))).scalars().all() == ["globex"]
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM mode_changes"))


_INSERTS = "bulk inserts, whose rows `scope.refuse_leaks` looks at all the same"
BARE_TABLES = {
    "ledger/repository.py": _INSERTS,
    "alerts/repository/alerts.py": _INSERTS,
    "alerts/repository/changes.py": "an update of many rows, each found by its tenant and its id",
}


def test_no_repository_goes_round_the_scope() -> None:
    """Textual SQL and bare tables are not limited to the tenant by the session."""
    offences = []
    for path in Path(gate.__file__).parent.rglob("*.py"):
        if "persistence" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_text = (
                isinstance(node, ast.ImportFrom)
                and node.module == "sqlalchemy"
                and any(alias.name in {"text", "Table"} for alias in node.names)
            )
            is_bare = isinstance(node, ast.Attribute) and node.attr == "__table__"
            if is_text or is_bare:
                offences.append(path.relative_to(Path(gate.__file__).parent).as_posix())

    assert set(offences) - BARE_TABLES.keys() == set()


def test_every_mapped_class_of_a_tenant_s_table_is_one() -> None:
    assert all(issubclass(MAPPED[name], OfOneTenant) for name in OF_TENANTS)
