"""`gate migrate`."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.shell import Shell
from tests.support.databases import POSTGRESQL, empty_database

_DONE = "The database has the schema of this release.\n"


def test_sqlite_is_migrated_once_and_again_without_harm(lonely: Shell) -> None:
    for _ in range(2):
        ran = lonely.gate("migrate")
        assert (ran.code, ran.out, ran.err) == (0, _DONE, "")
    with sqlite3.connect(lonely.folder / "data" / "gate.db") as database:
        assert database.execute("SELECT count(*) FROM tenant_configs").fetchone() == (0,)
    database.close()


def test_postgresql_is_migrated_once_and_again_without_harm(lonely: Shell, tmp_path: Path) -> None:
    url = empty_database(POSTGRESQL, tmp_path).replace("+asyncpg", "")
    for _ in range(2):
        ran = lonely.gate("migrate", GATE_DATABASE_URL=url)
        assert (ran.code, ran.out, ran.err) == (0, _DONE, "")


def test_a_database_that_is_away_is_no_traceback_and_its_password_stays_secret(lonely: Shell) -> None:
    ran = lonely.gate("migrate", GATE_DATABASE_URL="postgresql://gate:hunter2@127.0.0.1:1/gate")
    assert ran.complaint.startswith("the database was not migrated")
    assert "hunter2" not in ran.err


def test_a_file_that_is_no_database_is_refused(lonely: Shell) -> None:
    file = lonely.write("gate.db", "Dear Sir or Madam,\n" * 100)
    ran = lonely.gate("migrate", GATE_DATABASE_URL=f"sqlite:///{file}")
    assert ran.complaint.startswith("the database was not migrated")


def test_a_database_that_a_later_release_migrated_is_no_error_and_its_accounts_are_left_to_it(lonely: Shell) -> None:
    lonely.gate("migrate")
    with closing(sqlite3.connect(lonely.folder / "data" / "gate.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    ran = lonely.gate("migrate")
    assert (ran.code, ran.out) == (0, "The database was migrated by a later release; nothing was changed.\n")
    assert "use the release that migrated it" in lonely.gate("accounts", "list").complaint
