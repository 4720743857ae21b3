"""From the spool to the shelf: everything once, in order, whatever fails on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import StoreUnavailable
from gate.ledger import drainer as draining
from gate.ledger import repository
from gate.ledger.frames import read
from gate.ledger.model import LedgerBatch
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.ledger.builders import shelf_in
from tests.ledger.spooling import Answer, Draining, MemoryShelf, drainer_of, kept, left_in, spool_files, spool_in
from tests.support.databases import KINDS, migrated_database
from tests.support.waiting import until

DOWN = StoreUnavailable("the database cannot be reached or does not answer")


@asynccontextmanager
async def running(drained: Draining) -> AsyncIterator[None]:
    task = asyncio.create_task(drained.drainer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def drain_all(directory: Path, owner: str, shelf: MemoryShelf) -> Draining:
    """To the end, as a process does that stops."""
    drained = drainer_of(directory, owner, shelf)
    drained.drainer.finish()
    await asyncio.wait_for(drained.drainer.run(), 20)
    return drained


async def test_a_new_decision_is_on_the_shelf_within_a_moment(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with spool_in(tmp_path) as (spool, journal, _):
        drained = drainer_of(tmp_path, spool.owner, shelf)
        async with running(drained):
            for _ in range(3):
                (name,) = await kept(journal)
                await until(lambda name=name: name in shelf.decisions, seconds=2)  # type: ignore[misc]
        assert spool_files(tmp_path)  # it may still be written to


async def test_tenants_and_order_are_kept_and_drained_files_are_deleted(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    given: dict[str, str] = {}
    with spool_in(tmp_path, limit=250_000) as (spool, journal, _):
        for number in range(300):
            tenant = f"tenant-{number % 7 // 3}"
            given |= dict.fromkeys(await kept(journal, Answer(), Answer(None), tenant=tenant), tenant)
        assert len(spool_files(tmp_path)) > 2

        drained = await drain_all(tmp_path, spool.owner, shelf)

    assert shelf.decisions == given
    for tenant in {*given.values()}:
        assert [name for name in shelf.decisions if given[name] == tenant] == [
            name for name in given if given[name] == tenant
        ]
    assert left_in(tmp_path) == []
    assert sum(progress.drained for progress in drained.told) == len(given)
    assert drained.told[-1].waiting_since is None


async def test_after_a_crash_of_the_drainer_nothing_is_missing_and_nothing_twice(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with spool_in(tmp_path) as (spool, journal, _):
        given = await kept(journal)
        async with running(drainer_of(tmp_path, spool.owner, shelf)):
            await until(lambda: len(shelf.decisions) == 1)
        given += await kept(journal)

        await drain_all(tmp_path, spool.owner, shelf)

    assert list(shelf.decisions) == given
    assert shelf.brought == 3  # the first one was brought again


async def test_files_of_a_process_that_is_gone_are_drained_with_a_torn_last_frame(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (_, journal, _):
        given = await kept(journal)
        await kept(journal)
    (path,) = spool_files(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])

    shelf = MemoryShelf()
    drained = drainer_of(tmp_path, "the-next-process", shelf)
    async with running(drained):
        await until(lambda: not spool_files(tmp_path))

    assert list(shelf.decisions) == given
    assert sum(progress.damaged for progress in drained.told) == 0
    assert left_in(tmp_path) == []


async def test_damage_is_told_and_set_aside_and_what_comes_before_is_kept(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (_, journal, _):
        given = await kept(journal)
        whole = spool_files(tmp_path)[0].stat().st_size
        await kept(journal)
        await kept(journal)
    (path,) = spool_files(tmp_path)
    content = bytearray(path.read_bytes())
    content[whole + 20] ^= 1
    path.write_bytes(content)

    shelf = MemoryShelf()
    drained = drainer_of(tmp_path, "the-next-process", shelf)
    async with running(drained):
        await until(lambda: not spool_files(tmp_path))
        await until(lambda: any(progress.damaged for progress in drained.told))

    assert list(shelf.decisions) == given
    (aside,) = left_in(tmp_path)
    assert aside.name == f"{path.name}.damaged"
    assert aside.read_bytes() == content


async def test_a_frame_that_is_not_understood_is_set_aside_and_its_documents_are_kept(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with spool_in(tmp_path) as (spool, journal, _):
        await kept(journal, request=b"gibberish")
        given = await kept(journal)  # refers to documents that the first frame holds

        drained = await drain_all(tmp_path, spool.owner, shelf)

    assert list(shelf.decisions) == given
    assert sum(progress.damaged for progress in drained.told) == 1
    (aside,) = left_in(tmp_path)
    assert aside.name.endswith(".spool.frames.damaged")
    assert len(read(aside.read_bytes(), from_start=True).contents) == 1


class SlowShelf(MemoryShelf):
    """One on a bad disk: each decision takes its time, until it is repaired."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds_each = 0.001
        self.sizes: list[int] = []

    async def store(self, batch: LedgerBatch) -> None:
        self.sizes.append(len(batch.entries))
        await super().store(batch)
        await asyncio.sleep(self.seconds_each * len(batch.entries))


async def test_where_storing_is_slow_transactions_are_short_and_grow_again_when_it_is_not(tmp_path: Path) -> None:
    shelf = SlowShelf()
    with spool_in(tmp_path) as (spool, journal, _):
        drained = drainer_of(tmp_path, spool.owner, shelf)
        async with running(drained):
            given = await kept(journal, *[Answer()] * 1_000)
            await until(lambda: len(shelf.decisions) == 1_000)
            given += await kept(journal, *[Answer()] * 1_000)
            await until(lambda: len(shelf.decisions) == 2_000)
            assert max(shelf.sizes[1:]) <= 300, "three tenths of a second"
            shelf.seconds_each = 0.0
            given += await kept(journal, *[Answer()] * 3_000)
            await until(lambda: len(shelf.decisions) == 5_000)

    assert list(shelf.decisions) == given
    assert shelf.sizes[0] == 1_000
    assert max(shelf.sizes[-3:]) > 1_000


async def test_an_outage_of_the_shelf_loses_nothing_and_its_age_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "_SHORTEST_WAIT", 0.01)
    monkeypatch.setattr(draining, "_SIGN_OF_LIFE_SECONDS", 0.0)
    shelf = MemoryShelf(*[DOWN] * 5)
    with spool_in(tmp_path) as (spool, journal, _):
        drained = drainer_of(tmp_path, spool.owner, shelf)
        async with running(drained):
            given = await kept(journal)
            await until(lambda: any(progress.waiting_since for progress in drained.told))
            given += await kept(journal)
            await until(lambda: len(shelf.decisions) == 2)
            await until(lambda: drained.told[-1].waiting_since is None)

    assert list(shelf.decisions) == given


async def test_a_shelf_that_is_not_there_yet_sets_nothing_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the database is migrated every statement is refused, as a mistake would be."""
    monkeypatch.setattr(draining, "_SHORTEST_WAIT", 0.01)
    shelf = MemoryShelf(*[LookupError("no such table")] * 9)
    with spool_in(tmp_path) as (spool, journal, _):
        given = [*await kept(journal), *await kept(journal)]
        drained = drainer_of(tmp_path, spool.owner, shelf)
        async with running(drained):
            await until(lambda: len(shelf.decisions) == 2)

    assert list(shelf.decisions) == given
    assert not any(path.suffix == ".damaged" for path in left_in(tmp_path))


class PickyShelf(MemoryShelf):
    """Cannot keep one tenant's decisions."""

    async def store(self, batch: LedgerBatch) -> None:
        if batch.tenant == "poison":
            raise ValueError("the database refuses this value")
        await super().store(batch)


async def test_a_frame_that_only_the_shelf_cannot_keep_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "_SHORTEST_WAIT", 0.01)
    shelf = PickyShelf()
    with spool_in(tmp_path) as (spool, journal, _):
        given = await kept(journal)
        await kept(journal, tenant="poison")
        given += await kept(journal)

        drained = await drain_all(tmp_path, spool.owner, shelf)

    assert list(shelf.decisions) == given
    assert sum(progress.damaged for progress in drained.told) == 1
    (aside,) = left_in(tmp_path)
    assert b"poison" in aside.read_bytes()


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["answer", "crash", "outage"]), max_size=12))
def test_whatever_happens_in_whichever_order_every_decision_arrives_once(
    tmp_path_factory: pytest.TempPathFactory, events: list[str]
) -> None:
    async def happen() -> None:
        shelf = MemoryShelf()
        directory = tmp_path_factory.mktemp("ledger")
        with spool_in(directory) as (spool, journal, _):
            given: list[str] = []
            for event in events:
                if event == "answer":
                    given += await kept(journal, Answer(), Answer(None))
                else:
                    shelf.failures = [DOWN] if event == "outage" else []
                    drained = drainer_of(directory, spool.owner, shelf)
                    await drained.drainer._step()
                    shelf.failures = []
            await drain_all(directory, spool.owner, shelf)
        assert list(shelf.decisions) == given
        assert left_in(directory) == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draining, "LOOK_SECONDS", 0)
        patch.setattr(draining, "_SHORTEST_WAIT", 0.001)
        asyncio.run(happen())


@pytest.mark.parametrize("kind", KINDS)
async def test_the_database_holds_what_the_spool_held(kind: str, tmp_path: Path) -> None:
    engine = open_engine(await migrated_database(kind, tmp_path))
    database = Database(engine)
    shelf = shelf_in(database)
    with spool_in(tmp_path / "ledger") as (spool, journal, _):
        given = await kept(journal, *[Answer()] * 500)
        for _ in range(2):  # the second time nothing is new
            drained = drainer_of(tmp_path / "ledger", spool.owner, MemoryShelf())
            drained.drainer._shelf = shelf
            async with running(drained):
                await until(lambda told=drained.told: sum(each.drained for each in told) == 500)  # type: ignore[misc]

    async with database.reading("acme") as unit:
        stored = [await repository.entry(unit, name) for name in given]
    assert [each.decision_id for each in stored if each is not None] == given
    await engine.dispose()
