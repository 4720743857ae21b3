"""How a database goes about the statements that it was sent, and how much work that is."""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import Final, NamedTuple, Protocol

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import make_url

from gate.persistence.roles import TENANT_ROLE, TENANT_SETTING
from tests.bench.credentialing_site import Statement

_PAGES: Final = re.compile(r"(?:hit|read)=(\d+)")
_TAKE_ON: Final = "SELECT set_config('role', $1, true), set_config($2, $3, true)"


class Account(NamedTuple):
    """What a database says of a statement."""

    plan: list[str]
    """One step a line."""
    work: int
    """What running it takes, however busy the machine is: on SQLite steps of its machine, on PostgreSQL pages."""


class Reader(Protocol):
    """Asks a database about statements that read."""

    async def account(self, statement: Statement) -> Account:
        """It is run for that."""
        ...


class SqliteReader:
    """Over a connection of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def account(self, statement: Statement) -> Account:
        found = self._connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters).fetchall()
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1

        self._connection.set_progress_handler(step, 1)
        self._connection.execute(statement.text, statement.parameters).fetchall()
        self._connection.set_progress_handler(None, 0)
        return Account([str(row[3]) for row in found], steps)


class PostgresReader:
    """With the rights of one tenant."""

    def __init__(self, connection: "asyncpg.Connection") -> None:
        self._connection = connection

    async def account(self, statement: Statement) -> Account:
        asked = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {statement.text}"
        plan = [str(row[0]) for row in await self._connection.fetch(asked, *statement.parameters)]
        # The first step counts what those below it took.
        of_all = next((line for line in plan if "Buffers: shared" in line), "")
        return Account([line for line in plan if "Buffers:" not in line], sum(map(int, _PAGES.findall(of_all))))


@asynccontextmanager
async def reader(url: str, tenant: str) -> AsyncIterator[Reader]:
    """Of this database."""
    if make_url(url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(f"file:{make_url(url).database}?mode=ro", uri=True)) as connection:
            yield SqliteReader(connection)
        return
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    opened = await asyncpg.connect(dsn)
    try:
        async with opened.transaction():
            await opened.fetch(_TAKE_ON, TENANT_ROLE, TENANT_SETTING, tenant)
            yield PostgresReader(opened)
    finally:
        await opened.close()


def reading(sent: Sequence[Statement]) -> Iterator[Statement]:
    """Those that read tables."""
    return (each for each in sent if each.text.startswith(("SELECT", "WITH")) and "FROM" in each.text)


async def plans_of(url: str, tenant: str, sent: Sequence[Statement]) -> str:
    """Of each that reads."""
    told = []
    async with reader(url, tenant) as asked:
        for each in reading(sent):
            told.append(f"-- {each.seconds * 1e3:.1f} ms: {' '.join(each.text.split())}")
            told += [f"     {line}" for line in (await asked.account(each)).plan]
    return "\n".join(told)
