import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gate.errors import StoreUnavailable
from gate.persistence.engine import CONNECT_SECONDS, PATIENCE_SECONDS, open_engine
from gate.persistence.migrate import upgrade
from gate.persistence.unit_of_work import Database, UnitOfWork
from tests.support.databases import POSTGRESQL, shared_postgres_server, with_driver
from tests.support.servers import free_port, postgres_server

TENANT = "acme"
PROMPTLY = 2 * (CONNECT_SECONDS + PATIENCE_SECONDS)
only_postgresql = pytest.mark.parametrize("database_url", [POSTGRESQL], indirect=True)


async def amount(database: Database) -> int:
    async with database.reading(TENANT) as unit:
        found: int = (await unit.session.execute(text("SELECT amount FROM tally"))).scalar_one()
    return found


async def set_amount(unit: UnitOfWork, to: int) -> None:
    await unit.session.execute(text("UPDATE tally SET amount = :to"), {"to": to})


async def test_a_unit_is_committed_when_its_block_ends(tally: Database) -> None:
    async with tally.writing(TENANT) as unit:
        await set_amount(unit, 7)
        assert await amount(tally) == 0

    assert await amount(tally) == 7


async def test_a_unit_that_fails_leaves_nothing_behind(tally: Database) -> None:
    async def fail_after_writing() -> None:
        async with tally.writing(TENANT) as unit:
            await set_amount(unit, 7)
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_writing()

    assert await amount(tally) == 0


async def test_what_waits_for_the_commit_sees_what_was_committed(tally: Database) -> None:
    seen = []

    async def look() -> None:
        seen.append(await amount(tally))

    async with tally.writing(TENANT) as unit:
        unit.after_commit(look)
        await set_amount(unit, 7)
        assert seen == []

    assert seen == [7]


async def test_what_waits_for_the_commit_never_happens_without_one(tally: Database) -> None:
    seen = []

    async def look() -> None:
        seen.append(True)

    async def fail() -> None:
        async with tally.writing(TENANT) as unit:
            unit.after_commit(look)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert seen == []


async def test_writers_that_read_first_queue_instead_of_failing(tally: Database) -> None:
    async def add_one() -> None:
        async with tally.writing(TENANT) as unit:
            query = text("SELECT amount FROM tally FOR UPDATE" if is_postgresql(unit) else "SELECT amount FROM tally")
            found = (await unit.session.execute(query)).scalar_one()
            await asyncio.sleep(0.01)
            await set_amount(unit, found + 1)

    await asyncio.gather(*(add_one() for _ in range(5)))

    assert await amount(tally) == 5


def is_postgresql(unit: UnitOfWork) -> bool:
    return unit.session.get_bind().dialect.name == POSTGRESQL


async def test_our_own_mistake_is_not_called_an_outage(tally: Database) -> None:
    with pytest.raises(IntegrityError):
        async with tally.writing(TENANT) as unit:
            await unit.session.execute(text("INSERT INTO tally VALUES (1, 1)"))


@only_postgresql
async def test_a_reading_unit_cannot_write(tally: Database) -> None:
    with pytest.raises((DBAPIError, StoreUnavailable)):
        async with tally.reading(TENANT) as unit:
            await set_amount(unit, 7)

    assert await amount(tally) == 0


@only_postgresql
async def test_a_statement_that_never_ends_is_an_outage(tally: Database) -> None:
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        async with tally.reading(TENANT) as unit:
            await unit.session.execute(text("SELECT pg_sleep(60)"))

    assert time.monotonic() - began < PROMPTLY


async def test_a_refused_connection_is_an_outage() -> None:
    engine = open_engine(f"postgresql+asyncpg://postgres@127.0.0.1:{free_port()}/gate")

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        async with Database(engine).reading(TENANT):
            pass

    await engine.dispose()


async def test_a_server_that_accepts_and_stays_silent_is_an_outage(silent_server: int) -> None:
    engine = open_engine(f"postgresql+asyncpg://postgres@127.0.0.1:{silent_server}/gate")
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        async with Database(engine).reading(TENANT):
            pass

    assert time.monotonic() - began < PROMPTLY
    await engine.dispose()


@pytest.fixture
async def silent_server() -> AsyncIterator[int]:
    release = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    release.set()
    server.close()


async def test_a_database_that_is_not_there_is_an_outage() -> None:
    engine = open_engine(with_driver(shared_postgres_server().url("nowhere")))

    with pytest.raises(StoreUnavailable):
        async with Database(engine).reading(TENANT):
            pass

    await engine.dispose()


async def test_units_work_again_once_a_killed_database_is_back() -> None:
    with postgres_server() as server:
        await upgrade(with_driver(server.url()))
        engine = open_engine(with_driver(server.url()))
        database = Database(engine)

        async def ask(before: Callable[[], None] = lambda: None) -> int:
            async with database.reading(TENANT) as unit:
                before()
                answer: int = (await unit.session.execute(text("SELECT 1"))).scalar_one()
            return answer

        assert await ask() == 1
        with pytest.raises(StoreUnavailable):
            await ask(before=server.kill)
        with pytest.raises(StoreUnavailable):
            await ask()

        server.start()
        assert await ask() == 1

        server.kill()
        server.start()
        assert await ask() == 1, "a pooled connection from before the restart was handed out"
        await engine.dispose()
