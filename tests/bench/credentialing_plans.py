"""How a database goes about the statements that it was sent."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gate.persistence.engine import open_engine
from gate.persistence.roles import TENANT_ROLE, TENANT_SETTING
from tests.bench.credentialing_site import Statement

_TAKE_ON: Final = text("SELECT set_config('role', :role, true), set_config(:setting, :tenant, true)")
_EXPLAINED: Final = ("SELECT", "WITH")


async def plans_of(url: str, tenant: str, sent: Sequence[Statement]) -> str:
    """Of each that reads records, with the rights of the tenant."""
    engine = open_engine(url, patience_seconds=60)
    try:
        async with engine.connect() as connection:
            told = [
                f"-- {each.seconds * 1e3:.1f} ms: {' '.join(each.text.split())}\n{plan}"
                for each in sent
                if each.text.startswith(_EXPLAINED) and (plan := await plan_of(connection, tenant, each))
            ]
    finally:
        await engine.dispose()
    return "\n".join(told)


async def plan_of(connection: AsyncConnection, tenant: str, statement: Statement, *, is_run: bool = True) -> str:
    """One step a line; empty where no table of records is read. `is_run`: with what each step came to."""
    if "FROM" not in statement.text:
        return ""
    if connection.dialect.name == "sqlite":
        found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters)
        return "\n".join(f"     {row.detail}" for row in found)
    await connection.rollback()
    await connection.execute(_TAKE_ON, {"role": TENANT_ROLE, "setting": TENANT_SETTING, "tenant": tenant})
    options = "ANALYZE, TIMING OFF" if is_run else "GENERIC_PLAN"
    found = await connection.exec_driver_sql(f"EXPLAIN ({options}) {statement.text}", statement.parameters)
    return "\n".join(f"     {row[0]}" for row in found)
