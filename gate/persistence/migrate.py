"""Brings a database to the schema of this release. One set of migrations serves SQLite and PostgreSQL.

A new migration is written by hand in `migrations/versions`; the tests compare the migrated schema with the tables
declared in code and list what is missing.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gate.errors import PreconditionFailed
from gate.persistence.engine import UNFIT_URL, WRITES, open_engine
from gate.persistence.unit_of_work import naming_outages

HEAD: Final = "0012"
"""The last migration of this release. Stated, because to find it is to load Alembic, a tenth of a gate's start."""
_PATIENCE_SECONDS: Final = 600.0
"""How long one statement, or the wait for another process's migration, may take."""
_TABLE_LOCK_SECONDS: Final = 5
"""A migration runs beside the previous release: without its table lock it fails, instead of holding up every call."""
_ADVISORY_LOCK: Final = int.from_bytes(b"gate")
Result = TypeVar("Result")


async def upgrade(url: str, revision: str = "head") -> bool:
    """Migrate up to `revision`, all of it or nothing. Of processes that start together one migrates, others wait.

    False: a later release migrated it, and it is left as it is. That release's migrations let this one go on beside it.

    Raises:
        PreconditionFailed: the URL does not fit.
        StoreUnavailable: the database cannot be reached.
        sqlalchemy.exc.SQLAlchemyError, OSError: it refuses; nothing was changed.
    """
    if revision == "head":
        async with AsyncExitStack() as stack:
            connection = await _connected(url, stack)
            if await connection.run_sync(_revisions) == {HEAD}:
                return True
    from gate.persistence import steps

    return await _migrate(url, partial(steps.upgrade, revision))


async def downgrade(url: str, revision: str) -> None:
    """Migrate back to `revision`; ``base`` removes every table.

    Raises:
        StoreUnavailable: the database cannot be reached.
        sqlalchemy.exc.SQLAlchemyError, OSError: it refuses; nothing was changed.
    """
    from gate.persistence import steps

    await _migrate(url, partial(steps.downgrade, revision))


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the database has exactly the schema of this release.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    async with AsyncExitStack() as stack:
        with naming_outages():
            connection = await stack.enter_async_context(engine.connect())
        return await connection.run_sync(_revisions) == {HEAD}


def _revisions(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


async def _migrate(url: str, work: Callable[[Connection], Result]) -> Result:
    async with AsyncExitStack() as stack:
        opened = await _connected(url, stack)
        connection = await opened.execution_options(**WRITES)  # on SQLite, to begin is to wait for one's turn
        async with connection.begin():
            await _take_turns(connection)
            result = await connection.run_sync(work)
    return result


async def _connected(url: str, stack: AsyncExitStack) -> AsyncConnection:
    engine = open_engine(url, patience_seconds=_PATIENCE_SECONDS)
    stack.push_async_callback(engine.dispose)
    with naming_outages():
        try:
            return await stack.enter_async_context(engine.connect())
        except (TypeError, ValueError):  # the driver, of an option it does not know or cannot read
            raise PreconditionFailed(UNFIT_URL) from None


async def _take_turns(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        await connection.execute(text(f"SET LOCAL lock_timeout = '{_TABLE_LOCK_SECONDS}s'"))
