"""Pages, filters, and damage done to the database behind the gate's back."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.audit.model import AuditAction, EntryFilter
from gate.audit.reading import AuditReader, EntryPage
from gate.audit.verification import BreakKind
from gate.errors import InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database
from tests.audit.builders import NOW, TENANT, event, record, stored, verified
from tests.support.databases import tamper

LONG = 600
"""More than are read at once."""


async def newest(database: Database, wanted: EntryFilter | None = None, size: int = 0, token: str = "") -> EntryPage:
    async with database.reading(TENANT) as unit:
        return await AuditReader(database).newest(unit, wanted or EntryFilter(), page_size=size, page_token=token)


async def objects(database: Database, **wanted: object) -> list[str]:
    return [entry.object for entry in (await newest(database, EntryFilter(**wanted))).entries]  # type: ignore[arg-type]  # each test names a part


async def test_pages_hold_every_entry_once_newest_first(database: Database) -> None:
    await record(database, *(event(f"{number}") for number in range(1, 8)))

    seen, token = [], ""
    while True:
        page = await newest(database, size=3, token=token)
        seen.append([entry.object for entry in page.entries])
        if not (token := page.next_page_token):
            break

    assert seen == [["7", "6", "5"], ["4", "3", "2"], ["1"]]


async def test_what_is_recorded_meanwhile_does_not_shift_the_pages(database: Database) -> None:
    await record(database, *(event(f"{number}") for number in range(1, 5)))
    first = await newest(database, size=2)
    await record(database, event("later"))

    second = await newest(database, size=2, token=first.next_page_token)

    assert [entry.object for entry in second.entries] == ["2", "1"]


async def test_a_page_holds_50_and_never_more_than_500(database: Database) -> None:
    await record(database, *(event() for _ in range(501)))

    assert len((await newest(database)).entries) == 50
    assert len((await newest(database, size=10_000)).entries) == 500


async def test_each_part_of_a_filter_must_hold(database: Database) -> None:
    await record(
        database,
        event("provider/1", subject="ada"),
        event("provider/2", subject="bob", at=NOW + timedelta(hours=1)),
        event("gate_mode/TX/*", action=AuditAction.MODE_CHANGED, at=NOW + timedelta(hours=2)),
        event("provider0"),
        event("provider"),
        event("Provider/3"),
        event("provider/"),
    )

    assert await objects(database, subject="bob") == ["provider/2"]
    assert await objects(database, action="gate_mode.changed") == ["gate_mode/TX/*"]
    assert await objects(database, object="provider/1") == ["provider/1"]
    assert await objects(database, object="provider/") == ["provider/", "provider/2", "provider/1"]
    assert await objects(database, since=NOW + timedelta(hours=1)) == ["gate_mode/TX/*", "provider/2"]
    assert await objects(database, since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=2)) == ["provider/2"]
    assert await objects(database, subject="ada", object="provider/2") == []


@pytest.mark.parametrize(
    ("wanted", "size", "token", "field"),
    [
        (EntryFilter(action="provider.raed"), 0, "", "filter.action"),
        (EntryFilter(since=NOW, until=NOW), 0, "", "filter.until_time"),
        (EntryFilter(), -1, "", "page_size"),
        (EntryFilter(), 0, "0", "page_token"),
        (EntryFilter(), 0, "٣", "page_token"),
        (EntryFilter(), 0, "1 OR 1", "page_token"),
        (EntryFilter(), 0, "9" * 19, "page_token"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_field(
    database: Database, wanted: EntryFilter, size: int, token: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await newest(database, wanted, size, token)

    assert [violation.field for violation in refusal.value.violations] == [field]


async def test_a_long_log_is_verified_in_pieces(database: Database) -> None:
    end = await record(database, *(event(f"{number}") for number in range(LONG)))

    verdict = await verified(database, end)

    assert (verdict.entries, verdict.head_hash, verdict.first_break) == (LONG, end.hash, None)
    assert len(await stored(database)) == LONG


@pytest.mark.parametrize(
    ("statements", "sequence", "kind"),
    [
        (["UPDATE audit_entries SET subject = 'eve' WHERE sequence = 301"], 301, BreakKind.CHANGED),
        (["UPDATE audit_entries SET at = at + 1 WHERE sequence = 2"], 2, BreakKind.CHANGED),
        (["UPDATE audit_entries SET details = 'not even JSON' WHERE sequence = 600"], 600, BreakKind.CHANGED),
        (["DELETE FROM audit_entries WHERE sequence = 1"], 1, BreakKind.REMOVED),
        (["DELETE FROM audit_entries WHERE sequence BETWEEN 250 AND 251"], 250, BreakKind.REMOVED),
        (["DELETE FROM audit_entries WHERE sequence = 600"], 600, BreakKind.CUT_OFF),
        (["DELETE FROM audit_entries"], 1, BreakKind.CUT_OFF),
        (
            [
                "UPDATE audit_entries SET sequence = 9999 WHERE sequence = 300",
                "UPDATE audit_entries SET sequence = 300 WHERE sequence = 301",
                "UPDATE audit_entries SET sequence = 301 WHERE sequence = 9999",
            ],
            300,
            BreakKind.REORDERED,
        ),
        (["UPDATE audit_entries SET tenant = 'globex' WHERE sequence = 7"], 7, BreakKind.REMOVED),
    ],
)
async def test_damage_is_found_where_it_was_done(
    database: Database, engine: AsyncEngine, statements: list[str], sequence: int, kind: BreakKind
) -> None:
    end = await record(database, *(event(f"{number}") for number in range(LONG)))
    await tamper(engine, *statements)

    first_break = (await verified(database, end)).first_break

    assert first_break is not None
    assert (first_break.sequence, first_break.kind) == (sequence, kind)


async def test_an_entry_slipped_in_from_another_tenant_is_found(database: Database, engine: AsyncEngine) -> None:
    await record(database, event())
    await record(database, event(tenant="globex"), event(tenant="globex"), tenant="globex")
    await tamper(engine, "UPDATE audit_entries SET tenant = 'acme' WHERE tenant = 'globex' AND sequence = 2")

    first_break = (await verified(database)).first_break

    assert first_break is not None
    assert first_break.sequence == 2


async def test_damage_does_not_stop_the_log_from_being_written_and_read(
    database: Database, engine: AsyncEngine
) -> None:
    await record(database, event("one"), event("two"))
    await tamper(engine, "UPDATE audit_entries SET details = '{' WHERE sequence = 2")

    await record(database, event("three"))

    assert await objects(database) == ["three", "two", "one"]
    verdict = await verified(database)
    assert verdict.first_break is not None
    assert (verdict.entries, verdict.first_break.sequence) == (1, 2)


async def test_what_a_later_release_wrote_is_neither_intact_nor_broken(database: Database, engine: AsyncEngine) -> None:
    await record(database, event())
    await tamper(engine, "UPDATE audit_entries SET format = 2")

    with pytest.raises(PreconditionFailed, match="verify with the release that wrote it"):
        await verified(database)
