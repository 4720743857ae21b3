"""A fresh database of either kind for one test. All tests of a process share one PostgreSQL server."""

import atexit
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.persistence.engine import open_engine
from gate.persistence.migrate import upgrade
from tests.support.servers import PostgresServer, postgres_server

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
KINDS = (SQLITE, POSTGRESQL)
_MIGRATED = "gate_migrated"
_numbers = count(1)
_servers = ExitStack()
atexit.register(_servers.close)
_migrated_file = Path(_servers.enter_context(TemporaryDirectory())) / "migrated.db"


def empty_database(kind: str, folder: Path) -> str:
    """The URL, with its asynchronous driver, of a database without tables."""
    if kind == SQLITE:
        return f"sqlite+aiosqlite:///{folder / f'gate-{next(_numbers)}.db'}"
    return with_driver(shared_postgres_server().create_database(f"gate_{next(_numbers)}"))


async def migrated_database(kind: str, folder: Path) -> str:
    """The URL of a database with the schema of this release and no rows.

    Each process migrates one of either kind. For SQLite its file is copied; on PostgreSQL it is the same one every
    time: emptying it takes a fraction of what creating another takes.
    """
    if kind == SQLITE:
        return f"sqlite+aiosqlite:///{await copy_of_migrated_sqlite(folder / f'gate-{next(_numbers)}.db')}"
    common = _common_postgres_database()
    engine = open_engine(common.url)
    if not common.tables:
        await upgrade(common.url)
        common.tables.extend(await _tables_of(engine))
    await _empty(engine, common.tables)
    await engine.dispose()
    return common.url


async def copy_of_migrated_sqlite(file: Path) -> Path:
    """A database with the schema of this release at `file`; one that is there already is left as it is."""
    if not _migrated_file.exists():
        under_way = _migrated_file.with_name(f"{next(_numbers)}.db")
        await upgrade(f"sqlite+aiosqlite:///{under_way}")
        under_way.replace(_migrated_file)
    return _copied_to(file)


def _copied_to(file: Path) -> Path:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_migrated_file, file)  # with its mode: its owner's alone
    return file


def with_driver(postgres_url: str) -> str:
    """The URL as SQLAlchemy needs it."""
    return postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)


@cache
def shared_postgres_server() -> PostgresServer:
    """One server for all tests of this process; not to be killed by any."""
    return _servers.enter_context(postgres_server())


def stop_shared_servers() -> None:
    """For the end of the session; without it they stop with the process, which a test runner may cut short."""
    _servers.close()


class _Common(NamedTuple):
    url: str
    tables: list[str]
    """Of its schema; empty until it is migrated."""


@cache
def _common_postgres_database() -> _Common:
    return _Common(with_driver(shared_postgres_server().create_database(_MIGRATED)), [])


async def _tables_of(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return [name for name in names if name != "alembic_version"]


async def _empty(engine: AsyncEngine, tables: Sequence[str]) -> None:
    """Row by row: a test leaves a few, and TRUNCATE would make new files for every table and index."""
    async with engine.begin() as connection:
        # Only a superuser may do this, and only so are append-only tables emptied.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        statements = " ".join(f'DELETE FROM "{name}";' for name in tables)
        await connection.exec_driver_sql(f"DO $$ BEGIN {statements} END $$")


async def tamper(engine: AsyncEngine, *statements: str, **parameters: object) -> None:
    """Change what the database itself refuses to change, as somebody would who owns its files: past every trigger."""
    async with engine.begin() as connection:
        triggers: list[tuple[str, str]] = []
        if engine.dialect.name == POSTGRESQL:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            found = await connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
            triggers = [(row.name, row.sql) for row in found]
        for name, _ in triggers:
            await connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            await connection.execute(text(statement), dict(parameters))
        for _, definition in triggers:
            await connection.exec_driver_sql(definition)
