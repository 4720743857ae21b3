"""Puts a made-up organisation's records into a database, past triggers and indexes, as fast as either database can."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import make_url

from gate.persistence.migrate import upgrade
from tests.bench.credentialing_rows import Population, Row

_PIECE: Final = 20_000
BEFORE_COUNTS: Final = "0007"
_CREDENTIALS: Final = """
    INSERT INTO provider_credentials (tenant, id, provider_id, kind, number, issuer, state, expires_on, coordinator,
        document_reference, notes, created_at)
    SELECT tenant, id, provider_id, 'license', npi, '', 'TX', recert_due_on, coordinator, '', '', created_at
    FROM provider_enrollments WHERE recert_due_on IS NOT NULL"""
_ALERTS: Final = """
    INSERT INTO alerts (tenant, id, name, kind, key, due_on, tier, urgency, effect, status, npi, state, provider, about,
        source, charge_cents, raised_at, opened_at, assigned_to, sequence)
    SELECT tenant, id, 'RECREDENTIALING_90', 'recredentialing', id, recert_due_on, 90, 'notice', 'none', 'open', npi,
        'TX', '', '', '', 0, created_at, created_at, coordinator, 1
    FROM provider_enrollments WHERE recert_due_on IS NOT NULL"""


async def plant(url: str, *populations: Population) -> None:
    """Their rows, in a database that is empty, or was before; migrated to the schema of this release at the end.

    On PostgreSQL with the statistics that it gathers by itself after a while. On SQLite nobody ever gathers any.
    """
    await upgrade(url, BEFORE_COUNTS)  # the migration that follows counts what is there
    await fill(url, *populations)
    await upgrade(url)
    if make_url(url).get_backend_name() != "sqlite":
        async with _connected(url) as connection:
            await connection.execute("VACUUM ANALYZE")


async def plant_inbox(url: str) -> None:
    """Beside what `plant` put there: for each enrollment with a day a credential that expires on it, and an alert."""
    if make_url(url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(Path(make_url(url).database or ""))) as connection:
            connection.executescript(f"{_CREDENTIALS}; {_ALERTS}")
        return
    async with _connected(url) as connection:
        await connection.execute(f"{_CREDENTIALS}; {_ALERTS}")
        await connection.execute("VACUUM ANALYZE")


async def fill(url: str, *populations: Population) -> None:
    """Their rows, in a database that was migrated up to `BEFORE_COUNTS`; by who may do anything there."""
    if make_url(url).get_backend_name() == "sqlite":
        _fill_sqlite(Path(make_url(url).database or ""), populations)
        return
    async with _connected(url) as connection:
        await _fill_postgresql(connection, populations)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        yield connection
    finally:
        await connection.close()


async def _fill_postgresql(connection: Any, populations: Sequence[Population]) -> None:
    await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
    async with _without_indexes(connection, [name for name, _, _ in populations[0].tables()]):
        for population in populations:
            for table, columns, rows in population.tables():
                for piece in _pieces((population.tenant, *row) for row in rows):
                    await connection.copy_records_to_table(table, records=piece, columns=("tenant", *columns))


@asynccontextmanager
async def _without_indexes(connection: Any, tables: Sequence[str]) -> AsyncIterator[None]:
    """To build an index takes a fraction of what its upkeep takes row by row."""
    found = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1) AND indexname ~ '^[iu]x_'", tables
    )
    for index in found:
        await connection.execute(f'DROP INDEX "{index["indexname"]}"')
    yield
    for index in found:
        await connection.execute(index["indexdef"])


def _fill_sqlite(file: Path, populations: Sequence[Population]) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN IMMEDIATE")
        with _set_aside(connection):
            for population in populations:
                for table, columns, rows in population.tables():
                    names = ", ".join(f'"{name}"' for name in ("tenant", *columns))
                    places = ", ".join("?" * (len(columns) + 1))
                    whole = ((population.tenant, *map(_for_sqlite, row)) for row in rows)
                    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", whole)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _set_aside(connection: sqlite3.Connection) -> Iterator[None]:
    """Triggers and indexes, until the rows are there."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f"DROP {kind} {name}")
    yield
    for _, _, definition in found:
        connection.execute(definition)


def _for_sqlite(value: Any) -> Any:
    """As the gate itself stores it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while piece := list(islice(rows, _PIECE)):
        yield piece
