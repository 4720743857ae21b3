"""What a backup has to hold, and that a gate goes on from it; docs/operations.md says how it is made and put back."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from gate.settings import Settings
from gate.v1 import audit_log_pb2, enrollment_gate_pb2
from tests.e2e.providers import ENROLLED, few_providers
from tests.support.callers import CALL_SECONDS, Caller, claim
from tests.support.databases import with_driver
from tests.support.gates import running_in_process
from tests.support.servers import PostgresServer, postgres_server

CLAIMS = 20


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """The one that is lost, and the one that takes its place."""
    with postgres_server() as lost, postgres_server() as new:
        yield lost, new


async def test_postgresql_is_restored_with_its_protection_and_the_spool_brings_what_it_held(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    lost, new = servers
    database_url, backup = lost.create_database("gate"), tmp_path / "backup"
    async with running_in_process(tmp_path / "lost", database_url=database_url, population=few_providers()) as gate:
        given, anchor = await some_work(gate.of("acme"))
        shutil.copytree(gate.data_dir / "ledger", backup)  # the spool first: what leaves it meanwhile is in the dump
        roles = lost.program("pg_dumpall", "--roles-only", "--no-role-passwords")
        dump = lost.program("pg_dump", "gate")

    restored = new.create_database("gate")
    new.program("psql", "--quiet", said=roles)
    new.program("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=gate", said=dump)
    shutil.copytree(backup, tmp_path / "new" / "ledger")

    await goes_on_from(tmp_path / "new", restored, given, anchor)
    await is_protected(with_driver(restored))


async def test_sqlite_is_restored_with_its_protection_and_the_spool_brings_what_it_held(tmp_path: Path) -> None:
    backup = tmp_path / "new"
    backup.mkdir()
    async with running_in_process(tmp_path / "lost", population=few_providers()) as gate:
        given, anchor = await some_work(gate.of("acme"))
        shutil.copytree(gate.data_dir / "ledger", backup / "ledger")
        with closing(sqlite3.connect(gate.data_dir / "gate.db", timeout=10)) as database:
            database.execute("VACUUM INTO ?", [str(backup / "gate.db")])

    await goes_on_from(backup, "", given, anchor)
    engine = open_engine(Settings(data_dir=backup).sqlalchemy_url)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit_entries"))
    await engine.dispose()


def test_a_dump_by_the_owner_of_the_tables_is_refused_instead_of_incomplete() -> None:
    with postgres_server() as server:
        server.program(
            "psql", said="CREATE ROLE owns LOGIN; CREATE ROLE dumps LOGIN BYPASSRLS IN ROLE pg_read_all_data"
        )
        server.program("createdb", "--owner=owns", "gate")
        table = "CREATE TABLE kept (n INT); ALTER TABLE kept ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        server.program("psql", "--dbname=gate", said=table, user="owns")

        with pytest.raises(subprocess.CalledProcessError) as refused:
            server.program("pg_dump", "gate", user="owns")
        assert "row-level security" in str(refused.value.stderr)
        assert "COPY public.kept" in server.program("pg_dump", "gate", user="dumps")


async def some_work(acme: Caller) -> tuple[set[str], audit_log_pb2.AuditAnchor]:
    """The decisions that were given, and what the audit log ended with afterwards."""
    await acme.configure(enabled_states=["TX"])
    given = {result.decision.decision_id for result in await acme.check_many([claim(ENROLLED)] * CLAIMS)}
    answer = await acme.audit.GetAnchor(audit_log_pb2.GetAnchorRequest(), metadata=acme.metadata, timeout=CALL_SECONDS)
    return given, answer.anchor


async def goes_on_from(data_dir: Path, database_url: str, given: set[str], anchor: audit_log_pb2.AuditAnchor) -> None:
    """A gate on what was restored holds every decision once, and an audit log that is intact by the anchor."""
    async with running_in_process(data_dir, database_url=database_url, population=few_providers()):
        pass  # stopping, it drains what it found in the spool
    async with running_in_process(data_dir, database_url=database_url, population=few_providers()) as gate:
        acme = gate.of("acme")
        page = await acme.gate.ListDecisions(
            enrollment_gate_pb2.ListDecisionsRequest(page_size=500), metadata=acme.metadata, timeout=CALL_SECONDS
        )
        kept = [recorded.decision.decision_id for recorded in page.decisions]
        verdict = await acme.audit.VerifyChain(
            audit_log_pb2.VerifyChainRequest(anchors=[anchor]), metadata=acme.metadata, timeout=CALL_SECONDS
        )

    assert sorted(kept) == sorted(given)
    assert (verdict.HasField("first_break"), verdict.anchors) == (False, 1)


async def is_protected(url: str) -> None:
    engine = open_engine(url)
    try:
        async with Database(engine).reading("globex") as unit:
            connection = await unit.session.connection()
            assert (await connection.execute(text("SELECT * FROM audit_entries"))).all() == []
        for statement, refusal in (("DELETE FROM audit_entries", "append-only"), ("TRUNCATE decisions", "append-only")):
            with pytest.raises(ProgrammingError, match=refusal):
                async with engine.begin() as connection:
                    await connection.execute(text(statement))
    finally:
        await engine.dispose()
