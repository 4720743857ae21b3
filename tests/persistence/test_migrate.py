import asyncio
import stat
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

import gate
from gate.errors import StoreUnavailable
from gate.persistence import migrate
from gate.persistence.base import Base
from gate.persistence.engine import open_engine
from gate.persistence.migrate import downgrade, is_current, upgrade
from gate.settings import Settings
from tests.e2e.providers import ENROLLED, few_providers
from tests.support.callers import claim, code_of
from tests.support.gates import running_in_process
from tests.support.servers import free_port


def import_all_tables() -> None:
    for tables in Path(gate.__file__).parent.glob("*/tables.py"):
        import_module(f"gate.{tables.parent.name}.tables")


def differences(connection: Connection) -> Sequence[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


async def tables_of(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return sorted(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_migrations_build_exactly_the_tables_that_the_code_declares(
    database_url: str, engine: AsyncEngine
) -> None:
    import_all_tables()

    await upgrade(database_url)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_every_migration_can_be_undone_and_done_again(database_url: str, engine: AsyncEngine) -> None:
    await upgrade(database_url)
    built = await tables_of(engine)

    await downgrade(database_url, "base")
    assert await tables_of(engine) == ["alembic_version"]

    await upgrade(database_url)
    assert await tables_of(engine) == built


async def test_a_database_is_current_only_with_the_schema_of_this_release(
    database_url: str, engine: AsyncEngine
) -> None:
    assert not await is_current(engine)

    await upgrade(database_url)
    assert await is_current(engine)

    await downgrade(database_url, "base")
    assert not await is_current(engine)


def test_the_stated_head_is_the_last_migration_there_is() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [migrate.HEAD]


async def test_upgrading_a_current_database_changes_nothing(database_url: str, engine: AsyncEngine) -> None:
    await upgrade(database_url)
    await upgrade(database_url)

    assert await is_current(engine)


async def test_a_database_that_a_later_release_migrated_is_left_as_it_is(
    database_url: str, engine: AsyncEngine
) -> None:
    assert await upgrade(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    built = await tables_of(engine)

    assert not await upgrade(database_url)

    assert await tables_of(engine) == built
    assert not await is_current(engine)


async def test_a_gate_starts_and_answers_beside_a_later_release(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    await upgrade(settings.sqlalchemy_url)
    engine = open_engine(settings.sqlalchemy_url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()

    async with running_in_process(tmp_path, population=few_providers()) as gate:
        await gate.of("acme").configure(enabled_states=["TX"])
        assert code_of(await gate.of("acme").check(claim(ENROLLED, "TX"))) == "PASS"


async def test_a_migration_that_fails_half_way_leaves_nothing_behind(database_url: str, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE mode_changes (in_the_way INTEGER)"))

    with pytest.raises(DBAPIError):
        await upgrade(database_url)

    assert await tables_of(engine) == ["mode_changes"]


async def test_of_migrations_that_start_together_one_works_and_the_others_wait(
    database_url: str, engine: AsyncEngine
) -> None:
    await asyncio.gather(*(upgrade(database_url) for _ in range(4)))

    assert await is_current(engine)


async def test_a_database_that_cannot_be_reached_is_an_outage() -> None:
    with pytest.raises(StoreUnavailable):
        await upgrade(f"postgresql+asyncpg://postgres@127.0.0.1:{free_port()}/gate")


async def test_an_embedded_database_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "gate.db"
    url = f"sqlite+aiosqlite:///{file}"
    await upgrade(url)
    engine = open_engine(url)

    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE something (id INTEGER)"))
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    await engine.dispose()

    assert files == {"gate.db": 0o600, "gate.db-wal": 0o600, "gate.db-shm": 0o600}
