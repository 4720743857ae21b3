"""How the gate connects to its database: SQLite beside the service, or PostgreSQL."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from gate.errors import PreconditionFailed

CONNECT_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 2.0
"""Longest wait for one statement on PostgreSQL. A database that hangs is as good as one that is down."""
_SQLITE_QUEUE_SECONDS: Final = 5.0
"""Longest wait for other writers of the service on SQLite: it has one at a time and no queue, but each looks again and
again whether it is free."""
_POOL_SECONDS: Final = 2.0
_POOL_SIZE: Final = 5
UNFIT_URL: Final = "GATE_DATABASE_URL cannot be used: its host, port or options do not fit, or want percent-encoding"
NO_DRIVER: Final = (
    "GATE_DATABASE_URL names PostgreSQL, whose driver is not installed: pip install 'enrollment-gate[postgres]'"
)
_LAST_PORT: Final = 65_535
_OWNER_ONLY: Final = 0o600
_SQLITE_BEGIN: Final = "sqlite_begin"
WRITES: Final[Mapping[str, str]] = {_SQLITE_BEGIN: "BEGIN IMMEDIATE"}
"""Execution options of a connection that will write. SQLite then queues writers before they read."""

_SQLITE: Final = (
    "journal_mode = WAL",
    "foreign_keys = ON",
    # INSERT OR REPLACE shall not get round the trigger that refuses a delete.
    "recursive_triggers = ON",
)
_BULK: Final = (
    # Tables with triggers note the pages that a row changes, to be able to undo that row alone. In a file, where these
    # notes are kept by default once there are a few, they are eleven writes for each of the ledger's decisions.
    "temp_store = MEMORY",
    # All the pages of an index that a transaction changes, in KiB; with the 2 MB of the default they are written, and
    # read again, several times in a transaction.
    "cache_size = -32768",
    # Pages: a transaction's, so that a page which the next one changes as well is moved into the database once.
    "wal_autocheckpoint = 4096",
)


def open_engine(url: str, *, patience_seconds: float | None = None, writes_in_bulk: bool = False) -> AsyncEngine:
    """An engine for a URL that names an asynchronous driver; nothing is connected yet.

    `patience_seconds` bounds one statement on PostgreSQL, 2 unless told otherwise, and the wait for other writers on
    SQLite, there 5. `writes_in_bulk`: for who inserts thousands of rows in a transaction, and may have more memory.

    Raises:
        PreconditionFailed: the URL is none, and what is wrong with it is not told, it may be the password; or
            PostgreSQL's driver, an extra, is not installed.
    """
    target = _target(url)
    if target.get_backend_name() == "sqlite":
        _make_room(target.database or "")
        engine = create_async_engine(target, pool_timeout=_POOL_SECONDS, hide_parameters=True)
        queue_seconds = _SQLITE_QUEUE_SECONDS if patience_seconds is None else patience_seconds
        pragmas = (f"busy_timeout = {round(queue_seconds * 1000)}", *_SQLITE, *(_BULK if writes_in_bulk else ()))
        event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, pragmas))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    _require_driver()
    return create_async_engine(
        target,
        hide_parameters=True,  # an error is logged, and parameters are people's data
        pool_pre_ping=True,
        pool_size=_POOL_SIZE,
        pool_timeout=_POOL_SECONDS,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": PATIENCE_SECONDS if patience_seconds is None else patience_seconds,
            "server_settings": {"application_name": "enrollment-gate"},
        },
    )


def _make_room(database: str) -> None:
    """SQLite would create a file that every user of this machine may read. What it puts beside it has the same mode."""
    file = Path(database)
    file.parent.mkdir(parents=True, exist_ok=True)
    if database and not database.startswith((":", "file:")) and not file.exists():
        with suppress(OSError):  # to connect fails too, and says why
            file.touch(mode=_OWNER_ONLY)


def _require_driver() -> None:
    try:
        import_module("asyncpg")
    except ModuleNotFoundError:
        raise PreconditionFailed(NO_DRIVER) from None


def _target(url: str) -> URL:
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        raise PreconditionFailed(UNFIT_URL) from None
    if not 0 <= (target.port or 0) <= _LAST_PORT:
        raise PreconditionFailed(UNFIT_URL)
    return target


def _prepare_sqlite(pragmas: Sequence[str], connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter of a driver's connection has no public type
    # The driver would begin a transaction before the first write only, and never around DDL. We begin ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    # The time limit first: changing the journal's mode waits for other processes that do the same.
    for pragma in pragmas:
        _set(cursor, pragma)
    cursor.close()


@retry(
    # Two that change a new file's journal at once hold each other up. SQLite tells one of them without having it wait.
    retry=retry_if_exception_type(sqlite3.OperationalError),
    stop=stop_after_attempt(20),
    wait=wait_fixed(0.05),
    reraise=True,
)
def _set(cursor: Any, pragma: str) -> None:  # noqa: ANN401 - see above
    cursor.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once where another wrote in between, however long
    # it may wait for locks; one that announces its writing waits its turn.
    connection.exec_driver_sql(connection.get_execution_options().get(_SQLITE_BEGIN, "BEGIN"))
