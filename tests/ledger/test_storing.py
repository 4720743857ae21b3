"""What reaches the shelf is kept once, whole, and unchanged."""

import random
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from gate.errors import StoreUnavailable
from gate.ledger import repository
from gate.ledger.model import Document, DocumentKind, LedgerBatch
from gate.ledger.observations import observed
from gate.ledger.past import ObservationLog
from gate.ledger.storing import DatabaseShelf
from gate.persistence.engine import open_engine
from gate.persistence.scope import TenantLeak
from gate.persistence.unit_of_work import Database
from sources.contract import SourceScope
from tests.decision.building import NPI, STATE_SOURCE, empty, evidence, failed, found, national, of, segment
from tests.ledger.builders import ENROLLED, NOON, ListedTrail, batch, entry, minutes, shelf_in
from tests.support.databases import SQLITE, migrated_database
from tests.support.servers import free_port

TABLES = ("decisions", "ledger_documents", "observations", "observed_answers")


async def contents(engine: AsyncEngine) -> dict[str, list[tuple[object, ...]]]:
    """Every row there is but for when documents arrived first."""
    found_rows = {}
    async with engine.connect() as connection:
        for table in TABLES:
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).mappings().all()
            kept = [tuple(value for name, value in row.items() if name != "recorded_at") for row in rows]
            found_rows[table] = sorted(kept, key=repr)
    return found_rows


async def test_what_is_stored_comes_back_as_it_was(database: Database, shelf: DatabaseShelf) -> None:
    given_entry = entry(claim=b"\x00\xff", answer=b"", claim_id="CLM-ü", detail="GAP")

    await shelf.store(batch(given_entry))

    async with database.reading("acme") as unit:
        assert await repository.entry(unit, given_entry.decision_id) == given_entry
        grounds = given_entry.grounds
        assert grounds.evidence is not None
        documents = await repository.documents(unit, [grounds.evidence, grounds.policy])
    assert documents[grounds.evidence].evidence() == ENROLLED


async def test_who_writes_in_bulk_keeps_what_others_keep(tmp_path: Path) -> None:
    given_entries = [entry(claim_id=f"C{number}") for number in range(6_000)]
    overlapping = [batch(*given_entries[:4_000]), batch(*given_entries[3_000:])]
    refused = batch(*(entry() for _ in range(100)), entry(claim_id=None))
    kept = []
    for writes_in_bulk in (False, True):
        url = await migrated_database(SQLITE, tmp_path / str(writes_in_bulk))
        engine = open_engine(url, writes_in_bulk=writes_in_bulk)
        for each in overlapping:
            await shelf_in(Database(engine)).store(each)
        with pytest.raises(DBAPIError):
            await shelf_in(Database(engine)).store(refused)
        kept.append(await contents(engine))
        await engine.dispose()
    assert kept[0] == kept[1]
    assert len(kept[0]["decisions"]) == 6_000


async def test_a_batch_that_comes_twice_is_kept_once(engine: AsyncEngine, shelf: DatabaseShelf) -> None:
    delivered = batch(entry(), entry())

    await shelf.store(delivered)
    once = await contents(engine)
    await shelf.store(delivered)

    assert await contents(engine) == once
    assert len(once["decisions"]) == 2


async def test_a_batch_is_kept_whole_or_not_at_all(engine: AsyncEngine, shelf: DatabaseShelf) -> None:
    with pytest.raises(TenantLeak):
        await shelf.store(batch(entry(), entry(tenant="globex")))

    assert not any((await contents(engine)).values())


async def test_a_repeat_with_other_words_does_not_change_what_was_said(
    database: Database, shelf: DatabaseShelf
) -> None:
    first = entry()
    await shelf.store(batch(first))

    await shelf.store(batch(msgspec.structs.replace(first, answer=b"something else")))

    async with database.reading("acme") as unit:
        assert await repository.entry(unit, first.decision_id) == first


async def test_one_tenant_never_sees_anothers_decisions_and_evidence(database: Database, shelf: DatabaseShelf) -> None:
    theirs = entry(tenant="globex")
    await shelf.store(batch(theirs, tenant="globex"))

    async with database.reading("acme") as unit:
        assert await repository.entry(unit, theirs.decision_id) is None
        assert await repository.documents(unit, [theirs.grounds.policy]) == {}
        assert await repository.last_observations(unit, [(NPI, "TX", STATE_SOURCE)], NOON + minutes(1)) == []
    assert await repository.tenants_with_a_ledger(database) == ["globex"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET code = 'PASS'",
        "DELETE FROM decisions",
        "UPDATE ledger_documents SET content = ''",
        "DELETE FROM ledger_documents",
        "UPDATE observations SET outcome = 'EMPTY'",
        "DELETE FROM observations",
        "DELETE FROM observed_answers",
        "DELETE FROM ledgers",
    ],
)
async def test_the_database_itself_refuses_to_change_or_delete(
    engine: AsyncEngine, shelf: DatabaseShelf, statement: str
) -> None:
    await shelf.store(batch(entry()))
    before = await contents(engine)

    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    assert await contents(engine) == before


@pytest.mark.parametrize("database_url", [SQLITE], indirect=True)
async def test_sqlite_replaces_no_row_even_where_its_user_asks_for_that(
    engine: AsyncEngine, shelf: DatabaseShelf
) -> None:
    await shelf.store(batch(entry()))
    before = await contents(engine)

    async with engine.begin() as connection:
        await connection.execute(text("PRAGMA recursive_triggers = OFF"))
        await connection.execute(text("INSERT OR REPLACE INTO decisions SELECT * FROM decisions"))

    assert await contents(engine) == before


async def test_an_outage_is_told_and_nothing_is_kept() -> None:
    engine = open_engine(f"postgresql+asyncpg://postgres@127.0.0.1:{free_port()}/gate")

    with pytest.raises(StoreUnavailable):
        await shelf_in(Database(engine)).store(batch(entry()))

    await engine.dispose()


async def test_evidence_that_this_release_cannot_read_is_kept_all_the_same(
    engine: AsyncEngine, shelf: DatabaseShelf
) -> None:
    strange = Document(b"0123456789abcdef", DocumentKind.EVIDENCE, b"\x93later")

    await shelf.store(LedgerBatch("acme", (entry(),), (strange,), NOON))

    kept = await contents(engine)
    assert (len(kept["decisions"]), len(kept["ledger_documents"]), len(kept["observations"])) == (1, 1, 0)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_any_order_any_split_and_any_repetition_give_the_same_ledger(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    said = [of(segment(upstream_id=str(number))) for number in range(3)]
    pieces = [
        batch(entry(NOON + minutes(number), evidence=each), evidence=[each], recorded_at=NOON)
        for number, each in enumerate(data.draw(st.lists(st.sampled_from([*said, evidence(failed())]), max_size=6)))
    ]
    again = data.draw(st.lists(st.sampled_from(pieces), max_size=4)) if pieces else []
    shuffled = data.draw(st.permutations([*pieces, *again]))

    ledgers = []
    for delivered in (_together(pieces), shuffled):
        engine = open_engine(await migrated_database(SQLITE, tmp_path_factory.mktemp("ledger")))
        for each in delivered:
            await shelf_in(Database(engine)).store(each)
        ledgers.append(await contents(engine))
        await engine.dispose()

    assert ledgers[0] == ledgers[1]


def _together(pieces: list[LedgerBatch]) -> list[LedgerBatch]:
    entries = tuple(each for piece in pieces for each in piece.entries)
    documents = tuple(each for piece in pieces for each in piece.documents)
    return [LedgerBatch("acme", entries, documents, NOON)] if pieces else []


def told(at: datetime, *, active: bool) -> LedgerBatch:
    """A look at the state's source."""
    answer = found(segment(verified_at=at)) if active else empty()
    told_then = evidence(msgspec.structs.replace(answer, verified_at=at), national(empty()))
    return batch(evidence=[told_then])


async def known(database: Database, before: datetime) -> SourceOutcome | None:
    answers = await ObservationLog(database).known_before("acme", NPI, "TX", [STATE_SOURCE], before)
    if STATE_SOURCE not in answers:
        return None
    return SourceOutcome.FOUND if answers[STATE_SOURCE].records else SourceOutcome.EMPTY


async def test_what_was_known_is_what_was_said_last_before_the_instant(
    database: Database, shelf: DatabaseShelf
) -> None:
    await shelf.store(told(NOON, active=True))
    await shelf.store(told(NOON + minutes(60), active=False))

    assert await known(database, NOON) is None
    assert await known(database, NOON + minutes(60)) is SourceOutcome.FOUND
    assert await known(database, NOON + minutes(61)) is SourceOutcome.EMPTY


async def test_an_absence_that_arrives_late_hides_nothing_that_was_confirmed_after_it(
    database: Database, shelf: DatabaseShelf
) -> None:
    looks = [told(NOON, active=True), told(NOON + minutes(2), active=True), told(NOON + minutes(1), active=False)]
    random.Random(9).shuffle(looks)
    for look in looks:
        await shelf.store(look)

    assert await known(database, NOON + minutes(2)) is SourceOutcome.EMPTY
    assert await known(database, NOON + minutes(3)) is SourceOutcome.FOUND


async def test_of_two_words_at_one_instant_the_one_with_records_stands(
    database: Database, shelf: DatabaseShelf
) -> None:
    await shelf.store(told(NOON, active=False))
    await shelf.store(told(NOON, active=True))

    assert await known(database, NOON + minutes(1)) is SourceOutcome.FOUND


def test_an_answer_that_only_repeats_another_has_its_content() -> None:
    first, second = (
        next(observed(evidence(msgspec.structs.replace(found(segment(verified_at=at)), verified_at=at))))
        for at in (NOON, NOON + minutes(1))
    )

    assert first.digest == second.digest
    assert [record.verified_at for record in second.records] == [NOON + minutes(1)]


def test_what_could_not_be_asked_is_no_observation() -> None:
    assert list(observed(evidence(failed(), national(failed())))) == []


async def test_each_call_to_a_source_is_audited_once_also_one_that_no_claim_had_waited_for(
    database: Database, trail: ListedTrail
) -> None:
    state, nation = STATE_SOURCE, "caqh_proview"
    told_first = SourceAnswer(
        source=state, scope=SourceScope.STATE, outcome=SourceOutcome.FOUND, records=(segment(),), verified_at=NOON
    )
    outrun = SourceAnswer(source=nation, scope=SourceScope.NATIONAL, outcome=SourceOutcome.SKIPPED)
    remembered = msgspec.structs.replace(told_first, freshness=Freshness.MEMORY)
    arrived = SourceAnswer(
        source=nation,
        scope=SourceScope.NATIONAL,
        outcome=SourceOutcome.EMPTY,
        verified_at=NOON + minutes(1),
        freshness=Freshness.MEMORY,
    )
    shelf = DatabaseShelf(database, trail)

    async def audited(*answers: SourceAnswer) -> list[tuple[object, object]]:
        before = len(trail.events)
        documents = (Document.of(Evidence(npi=NPI, state="TX", answers=answers)),)
        await shelf.store(LedgerBatch("acme", (), documents, NOON))
        return [(event.details["source"], event.details["outcome"]) for event in trail.events[before:]]

    assert await audited(told_first, outrun) == [(state, "FOUND")]
    assert await audited(remembered, arrived) == [(nation, "EMPTY")]
    assert await audited(remembered, arrived) == []
