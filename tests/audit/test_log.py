"""The log in a database, of either kind."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.audit.chain import NO_HASH, Anchor
from gate.audit.model import AuditAction
from gate.audit.trail import AuditTrail
from gate.errors import StoreUnavailable
from gate.persistence.engine import open_engine
from gate.persistence.roles import TENANT_ROLE, TENANT_SETTING
from gate.persistence.unit_of_work import Database
from tests.audit.builders import NOW, TENANT, Heard, audit_log, chain, event, is_postgresql, record, stored, verified
from tests.support.databases import POSTGRESQL

FORBIDDEN = (
    "UPDATE audit_entries SET subject = 'nobody'",
    "DELETE FROM audit_entries",
    "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE sequence = 1",
)
ONLY_SQLITE = (
    "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE sequence = 1",
    "INSERT OR IGNORE INTO audit_entries SELECT * FROM audit_entries WHERE sequence = 1",
    "REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE sequence = 2",
)
ONLY_POSTGRESQL = (
    "TRUNCATE audit_entries",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "DROP TABLE audit_entries",
)

only_postgresql = pytest.mark.parametrize("database_url", [POSTGRESQL], indirect=True)
"""SQLite knows neither roles nor row-level security."""


async def test_what_is_read_back_is_what_was_hashed(database: Database) -> None:
    events = [
        event(subject="Zoë \U0001f984", details={"reason": "a\0b", "count": 2**40, "on": True, "none": None, "ß": "ü"}),
        event(what="half \ud800 a pair", at=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        event(at=datetime(1969, 7, 20, 20, 17, 40, 1, tzinfo=UTC)),
    ]

    await record(database, *events)

    assert await stored(database) == chain(*events)
    assert (await verified(database)).first_break is None


async def test_several_events_of_one_unit_follow_each_other(database: Database) -> None:
    await record(database, event("one"), event("two"))
    end = await record(database, event("three"))

    entries = await stored(database)

    assert [(entry.sequence, entry.object) for entry in entries] == [(1, "one"), (2, "two"), (3, "three")]
    assert [entry.previous_hash for entry in entries] == [NO_HASH, entries[0].hash, entries[1].hash]
    assert (end.sequence, end.hash) == (3, entries[2].hash)


async def test_several_records_of_one_unit_follow_each_other(database: Database) -> None:
    log = audit_log()
    async with database.writing(TENANT) as unit:
        await log.record(unit, event("one"))
        await log.record(unit)
        await log.record(unit, event("two"))

    assert [entry.object for entry in await stored(database)] == ["one", "two"]
    assert (await verified(database)).entries == 2


async def test_what_is_rolled_back_was_never_recorded(database: Database) -> None:
    heard = Heard()
    await record(database, event("kept"))

    async def record_and_fail() -> None:
        async with database.writing(TENANT) as unit:
            await audit_log(heard).record(unit, event("lost"))
            raise LookupError

    with pytest.raises(LookupError):
        await record_and_fail()
    await record(database, event("kept too"))

    assert [(entry.sequence, entry.object) for entry in await stored(database)] == [(1, "kept"), (2, "kept too")]
    assert heard.heads == []


async def test_an_event_of_another_tenant_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="another tenant"):
        await record(database, event(), event(tenant="globex"))

    assert await stored(database) == []


async def test_tenants_have_chains_of_their_own(database: Database) -> None:
    await record(database, event("ours"))
    await record(database, event("theirs", tenant="globex"), tenant="globex")
    await record(database, event("ours too"))

    assert [entry.object for entry in await stored(database)] == ["ours", "ours too"]
    assert [entry.sequence for entry in await stored(database, "globex")] == [1]
    assert (await verified(database)).entries == 2
    assert (await verified(database, tenant="globex")).entries == 1


async def test_eight_writers_at_once_leave_no_gap(database: Database) -> None:
    async def write(number: int) -> None:
        for turn in range(6):
            await record(database, event(f"{number}/{turn}"), event(f"{number}/{turn}/again"))

    await asyncio.gather(*(write(number) for number in range(8)))

    entries = await stored(database)
    assert [entry.sequence for entry in entries] == list(range(1, 8 * 6 * 2 + 1))
    assert (await verified(database)).first_break is None
    for number in range(8):
        own = [entry.object for entry in entries if entry.object.startswith(f"{number}/")]
        assert own == [f"{number}/{turn}{again}" for turn in range(6) for again in ("", "/again")]


async def test_writers_of_several_processes_share_one_chain(database: Database, database_url: str) -> None:
    other_engine = open_engine(database_url)
    other = Database(other_engine)

    await asyncio.gather(*(record(where, event()) for _ in range(5) for where in (database, other)))

    await other_engine.dispose()
    assert (await verified(database)).entries == 10


async def test_a_chain_goes_on_after_a_restart(database: Database, database_url: str) -> None:
    before = await record(database, event("before"))
    again = open_engine(database_url)

    await record(Database(again), event("after"))
    verdict = await verified(Database(again), before)

    await again.dispose()
    assert (verdict.entries, verdict.anchors, verdict.first_break) == (2, 1, None)


async def test_a_writer_waits_for_the_one_before_it_and_other_tenants_do_not(
    database: Database, engine: AsyncEngine
) -> None:
    log = audit_log()
    async with database.writing(TENANT) as unit:
        await log.record(unit, event("first"))
        waiting = asyncio.create_task(record(database, event("second")))
        if is_postgresql(engine):  # SQLite has one writer at a time, whoever it writes for
            await record(database, event(tenant="globex"), tenant="globex")
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await waiting

    assert [entry.object for entry in await stored(database)] == ["first", "second"]


async def test_the_end_of_the_chain_is_told_once_it_is_committed(database: Database) -> None:
    heard = Heard()
    trail: AuditTrail = audit_log(heard)

    async with database.writing(TENANT) as unit:
        await trail.record(unit, event("one"), event("two"))
        assert heard.heads == []

    last = (await stored(database))[-1]
    assert heard.heads == [Anchor(tenant=TENANT, sequence=2, hash=last.hash, at=NOW)]


async def refused(engine: AsyncEngine, statement: str, *, as_tenant: bool = False) -> str:
    """What the database itself says to the statement."""
    async with engine.connect() as connection, connection.begin():
        if as_tenant:
            await connection.execute(
                text("SELECT set_config('role', :role, true), set_config(:setting, :tenant, true)"),
                {"role": TENANT_ROLE, "setting": TENANT_SETTING, "tenant": TENANT},
            )
        with pytest.raises(DBAPIError) as refusal:
            await connection.execute(text(statement))
    return str(refusal.value.orig)


async def test_u1_the_owner_of_the_table_cannot_change_or_remove_an_entry(
    database: Database, engine: AsyncEngine
) -> None:
    end = await record(database, event("one"), event("two"))
    own = ("TRUNCATE audit_entries",) if is_postgresql(engine) else ONLY_SQLITE
    duplicate = "duplicate key" if is_postgresql(engine) else "append-only"

    for statement in (*FORBIDDEN, *own):
        wanted = duplicate if statement.startswith("INSERT INTO") else "append-only"
        assert wanted in await refused(engine, statement), statement

    assert (await verified(database, end)).first_break is None


@only_postgresql
async def test_u1_the_role_that_the_service_takes_on_cannot_either(database: Database, engine: AsyncEngine) -> None:
    end = await record(database, event("one"), event("two"))

    for statement in (*FORBIDDEN[:2], *ONLY_POSTGRESQL):
        said = await refused(engine, statement, as_tenant=True)
        assert "permission denied" in said or "must be owner" in said, statement

    assert (await verified(database, end)).first_break is None


async def test_u1_nor_does_a_unit_of_work_of_the_service_itself(database: Database) -> None:
    await record(database, event("one"))

    for statement in FORBIDDEN:
        with pytest.raises((DBAPIError, StoreUnavailable)):
            async with database.writing(TENANT) as unit:
                await unit.session.execute(text(statement))

    assert [entry.object for entry in await stored(database)] == ["one"]


@only_postgresql
async def test_a_tenant_sees_no_entry_of_another_even_in_plain_sql(database: Database) -> None:
    await record(database, event(tenant="globex"), tenant="globex")

    async with database.writing(TENANT) as unit:
        count = (await unit.session.execute(text("SELECT count(*) FROM audit_entries"))).scalar_one()

    assert count == 0


async def test_every_action_fits_its_column(database: Database) -> None:
    await record(database, *(event(action=action) for action in AuditAction))

    assert [entry.action for entry in await stored(database)] == list(AuditAction)
