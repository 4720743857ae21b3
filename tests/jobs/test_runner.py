"""A job runs once for each time, whoever runs it and whoever is killed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from gate.errors import NotFound, PreconditionFailed, StoreUnavailable
from gate.jobs import repository
from gate.jobs.model import DEPLOYMENT, RunState
from gate.jobs.tables import JobRunTable
from gate.tenancy.validation import is_tenant_id
from tests.jobs.workshop import NOON, OLGA, Workshop
from tests.support.waiting import until


async def test_a_run_is_kept_with_its_time_worker_and_counts(shop: Workshop) -> None:
    await shop.do(shop.worker("a"))

    (run,) = await shop.history()
    assert (run.state, run.scheduled_for, run.worker, run.attempts) == (RunState.SUCCEEDED, NOON, "a", 1)
    assert run.summary == {"things": 1}
    assert run.duration == timedelta(0)
    assert shop.heard.ended == [("scan", "succeeded")]


async def test_two_workers_run_a_job_once_for_one_time(shop: Workshop) -> None:
    for _ in range(5):
        await asyncio.gather(*(shop.do(shop.worker(name)) for name in "abcd"))
        shop.later(hours=1)

    assert shop.work.done_at == [NOON + timedelta(hours=hours) for hours in range(5)]
    assert len(await shop.history()) == 5


async def test_what_was_missed_is_done_once(shop: Workshop) -> None:
    await shop.do(shop.worker("a"))
    shop.later(days=3)

    await shop.do(shop.worker("a"))
    await shop.do(shop.worker("a"))

    assert len(shop.work.done_at) == 2


async def test_while_somebody_is_at_it_nobody_else_begins_even_when_it_is_due_again(shop: Workshop) -> None:
    shop.work.may_end.clear()
    first = asyncio.create_task(shop.do(shop.worker("a", lease=7200)))
    await until(lambda: shop.work.begun == 1)
    shop.later(hours=1)

    assert await shop.worker("b").claim(shop.job) is None

    shop.work.may_end.set()
    await first
    assert await shop.worker("b").claim(shop.job) is not None


async def test_a_killed_run_is_taken_over_when_its_lease_is_over_and_not_before(shop: Workshop) -> None:
    assert await shop.worker("killed").claim(shop.job) is not None

    shop.later(seconds=29)
    assert await shop.do(shop.worker("b")) is None
    shop.later(seconds=1)
    run = await shop.do(shop.worker("b"))

    assert run is not None
    assert (run.scheduled_for, run.worker, run.attempts, run.state) == (NOON, "b", 2, RunState.SUCCEEDED)
    assert len(await shop.history()) == 1


async def test_a_killed_run_that_a_later_one_makes_good_for_is_lost_and_not_done_again(shop: Workshop) -> None:
    assert await shop.worker("killed").claim(shop.job) is not None
    shop.later(hours=2)

    await shop.do(shop.worker("b"))
    await shop.do(shop.worker("b"))

    assert [run.state for run in await shop.history()] == [RunState.SUCCEEDED, RunState.LOST]


async def test_a_lease_is_prolonged_for_as_long_as_the_run_takes(shop: Workshop) -> None:
    shop.work.may_end.clear()
    long = asyncio.create_task(shop.do(shop.worker("a", lease=0.6)))
    await until(lambda: shop.work.begun == 1)
    for _ in range(8):
        shop.later(seconds=0.3)
        await asyncio.sleep(0.3)
        assert await shop.worker("b").claim(shop.job) is None
    shop.work.may_end.set()
    run = await long

    assert run is not None
    assert run.state is RunState.SUCCEEDED


async def test_whoever_lost_its_lease_is_stopped_and_its_run_gone_on_with(shop: Workshop) -> None:
    shop.work.may_end.clear()
    paused = asyncio.create_task(shop.do(shop.worker("paused", lease=0.6)))
    await until(lambda: shop.work.begun == 1)
    shop.later(seconds=1)
    taken_over = asyncio.create_task(shop.do(shop.worker("b")))

    ended = await paused
    assert ended is not None
    assert (ended.state, shop.work.done_at) == (RunState.LOST, [])

    shop.work.may_end.set()
    await taken_over
    (run,) = await shop.history()
    assert (run.worker, run.attempts, run.state, run.error) == ("b", 2, RunState.SUCCEEDED, "")


async def test_who_cannot_tell_that_it_lives_stops_before_another_may_begin(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.work.may_end.clear()
    cut_off = asyncio.create_task(shop.do(shop.worker("a", lease=0.6)))
    await until(lambda: shop.work.begun == 1)

    async def unreachable(*_: object) -> bool:
        raise StoreUnavailable("the database cannot be reached")

    monkeypatch.setattr(repository, "prolong", unreachable)
    ended = await cut_off

    assert ended is not None
    assert ended.state is RunState.LOST
    shop.later(seconds=1)
    shop.work.may_end.set()
    again = await shop.do(shop.worker("b"))
    assert again is not None
    assert (again.scheduled_for, again.attempts) == (NOON, 2)


async def test_a_run_that_is_cancelled_is_gone_on_with_by_others_at_once(shop: Workshop) -> None:
    shop.work.may_end.clear()
    stopped = asyncio.create_task(shop.do(shop.worker("a")))
    await until(lambda: shop.work.begun == 1)
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    shop.work.may_end.set()

    run = await shop.do(shop.worker("b"))

    assert run is not None
    assert (run.scheduled_for, run.attempts) == (NOON, 2)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StoreUnavailable("the database cannot be reached"), "the database cannot be reached"),
        (ZeroDivisionError("a member's name"), "ZeroDivisionError; the service's log tells more"),
    ],
)
async def test_a_failure_is_kept_in_words_that_tell_no_data(shop: Workshop, error: Exception, words: str) -> None:
    shop.work.fails = error

    run = await shop.do(shop.worker("a"))

    assert run is not None
    assert (run.state, run.error) == (RunState.FAILED, words)


async def test_what_failed_is_not_tried_again_before_its_next_time(shop: Workshop) -> None:
    shop.work.fails = StoreUnavailable("away")
    await shop.do(shop.worker("a"))

    assert await shop.do(shop.worker("a")) is None
    shop.later(hours=1)
    assert await shop.do(shop.worker("a")) is not None


async def test_a_run_with_nothing_to_do_says_so(shop: Workshop) -> None:
    shop.work.counts = {"things": 0}

    run = await shop.do(shop.worker("a"))

    assert run is not None
    assert run.state is RunState.IDLE


async def test_a_person_orders_a_run_which_is_on_record_and_done_by_whoever_looks(shop: Workshop) -> None:
    await shop.do(shop.worker("a"))
    shop.later(minutes=1)

    await shop.desk.order("scan", OLGA)
    with pytest.raises(PreconditionFailed):
        await shop.desk.order("scan", OLGA)
    await shop.do(shop.worker("b"))

    newest, _ = await shop.history()
    assert (newest.is_ordered, newest.worker, newest.state) == (True, "b", RunState.SUCCEEDED)
    assert shop.trail.told()[0] == ("acme", "job.ordered", "olga")
    shop.later(minutes=59)
    assert await shop.do(shop.worker("b")) is not None, "an ordered run takes no scheduled one's place"


async def test_a_run_for_a_given_time_is_done_once(shop: Workshop) -> None:
    runner = shop.worker("cli")
    at = NOON - timedelta(days=1)
    run = await runner.claim_for(shop.job, at)
    assert run is not None
    await runner.perform(shop.job, run, at)

    assert await runner.claim_for(shop.job, at) is None
    assert shop.work.done_at == [at]


async def test_there_is_no_history_of_a_job_that_does_not_exist(shop: Workshop) -> None:
    with pytest.raises(NotFound):
        await shop.desk.history("nonsense")
    with pytest.raises(NotFound):
        await shop.desk.order("nonsense", OLGA)


async def test_no_tenant_sees_jobs_and_no_credential_can_name_whose_they_are(shop: Workshop) -> None:
    await shop.do(shop.worker("a"))

    async with shop.database.reading("acme") as unit:
        assert (await unit.session.scalars(select(JobRunTable))).all() == []
    assert not is_tenant_id(DEPLOYMENT)


async def test_history_is_forgotten_but_for_the_last_run_of_each_job(shop: Workshop) -> None:
    await shop.do(shop.worker("a"))
    shop.work.counts = {}
    for _ in range(9):
        shop.later(hours=1)
        await shop.do(shop.worker("a"))
    assert len(await shop.history()) == 10

    assert await shop.kept.forget() == 2, "idle ones after six hours"
    shop.later(days=91)
    assert await shop.kept.forget() == 7
    assert len(await shop.history()) == 1
    assert await shop.kept.forget() == 0
