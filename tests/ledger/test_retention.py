"""Old decisions leave, and only they; nothing else that anybody does deletes a row."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.audit.model import AuditAction, Via
from gate.ledger import repository
from gate.ledger.pages import DecisionFilter
from gate.ledger.retention import Retained, Retention
from gate.ledger.storing import DatabaseShelf
from gate.persistence.unit_of_work import Database
from tests.decision.building import of, segment
from tests.ledger.builders import NOON, ListedTrail, batch, entry, ids

A_YEAR = timedelta(days=365)
OLD, YOUNG = NOON - 11 * A_YEAR, NOON - A_YEAR
ONLY_OF_OLD, STILL_NEEDED, ONLY_OF_YOUNG = (of(segment(upstream_id=name)) for name in ("old", "both", "young"))


@pytest.fixture
def retention(database: Database, trail: ListedTrail) -> Retention:
    return Retention(database, trail, lambda: NOON, 10 * A_YEAR)


async def kept_ids(database: Database, tenant: str = "acme") -> set[str]:
    async with database.reading(tenant) as unit:
        return set(ids(await repository.entries(unit, DecisionFilter(), after=None, limit=5000)))


async def evidence_count(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        query = text("SELECT count(*) FROM ledger_documents WHERE kind = 'evidence'")
        counted: int = (await connection.execute(query)).scalar_one()
    return counted


async def test_decisions_past_their_time_leave_with_the_evidence_that_only_they_rest_on(
    engine: AsyncEngine, database: Database, shelf: DatabaseShelf, retention: Retention, trail: ListedTrail
) -> None:
    old = [entry(OLD, evidence=ONLY_OF_OLD), entry(OLD, evidence=STILL_NEEDED)]
    young = [entry(YOUNG, evidence=STILL_NEEDED), entry(YOUNG, evidence=ONLY_OF_YOUNG)]
    await shelf.store(batch(*old, evidence=[ONLY_OF_OLD, STILL_NEEDED], recorded_at=OLD))
    await shelf.store(batch(*young, evidence=[ONLY_OF_YOUNG], recorded_at=YOUNG))

    assert await retention.apply("acme") == Retained("acme", decisions=2, evidence=1)

    assert await kept_ids(database) == set(ids(young))
    assert await evidence_count(engine) == 2
    begun, event = trail.events
    assert (begun.action, begun.details["begun"]) == (AuditAction.RETENTION_APPLIED, True)
    assert (event.action, event.actor.via, event.actor.tenant) == (AuditAction.RETENTION_APPLIED, Via.SYSTEM, "acme")
    assert (event.details["decisions"], event.details["evidence"]) == (2, 1)


async def test_a_run_that_is_cut_off_is_on_record_before_anything_leaves(
    database: Database, shelf: DatabaseShelf, retention: Retention, trail: ListedTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.store(batch(entry(OLD), recorded_at=OLD))

    async def killed(*_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(repository, "delete_decisions", killed)
    with pytest.raises(KeyboardInterrupt):
        await retention.apply("acme")

    assert [event.details["begun"] for event in trail.events] == [True]


async def test_a_second_run_finds_nothing_left_to_do(shelf: DatabaseShelf, retention: Retention) -> None:
    await shelf.store(batch(entry(OLD), recorded_at=OLD))
    await retention.apply("acme")

    assert await retention.apply("acme") == Retained("acme", decisions=0, evidence=0)


async def test_more_than_one_transaction_holds_leave_too(
    database: Database, shelf: DatabaseShelf, retention: Retention
) -> None:
    evidence = [of(segment(upstream_id=str(number))) for number in range(1_101)]
    old = [entry(OLD, evidence=each) for each in evidence]
    await shelf.store(batch(*old, evidence=evidence, recorded_at=OLD))

    assert await retention.apply("acme") == Retained("acme", decisions=1_101, evidence=1_101)
    assert await kept_ids(database) == set()


async def test_one_tenants_retention_leaves_the_others_alone(
    database: Database, shelf: DatabaseShelf, retention: Retention
) -> None:
    mine, theirs = entry(OLD), entry(OLD, tenant="globex")
    await shelf.store(batch(mine, recorded_at=OLD))
    await shelf.store(batch(theirs, recorded_at=OLD, tenant="globex"))

    await retention.apply("acme")

    assert await kept_ids(database, "globex") == {theirs.decision_id}
    assert await retention.tenants() == ["acme", "globex"]


async def test_the_database_lets_go_only_of_what_is_older_than_the_retention_on_record(
    engine: AsyncEngine, database: Database, shelf: DatabaseShelf, retention: Retention
) -> None:
    await shelf.store(batch(entry(YOUNG), recorded_at=YOUNG))
    await retention.apply("acme")

    for table in ("decisions", "ledger_documents", "ledger_retentions"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(text(f"DELETE FROM {table}"))

    assert len(await kept_ids(database)) == 1


async def test_no_retention_reaches_into_the_future(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.writing("acme") as unit:
            await repository.add_retention(unit, NOON, by="somebody", at=NOON)
