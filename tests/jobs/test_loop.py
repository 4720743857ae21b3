"""What a process does about jobs while it runs, and when it is stopped."""

import asyncio
from datetime import timedelta

from gate.jobs.model import RunState
from gate.jobs.schedule import Every
from tests.jobs.workshop import NOON, OLGA, Workshop
from tests.support.waiting import until


async def test_a_loop_begins_what_is_due_and_tells_where_jobs_stand(shop: Workshop) -> None:
    loop = shop.loop("a")

    await loop.look()
    await until(lambda: bool(shop.heard.ended))
    shop.later(minutes=90)
    shop.work.fails = ZeroDivisionError()
    await loop.look()
    await until(lambda: len(shop.heard.ended) == 2)
    shop.later(minutes=10)
    await loop.look()

    assert [result for _, result in shop.heard.ended] == ["succeeded", "failed"]
    assert shop.heard.overdue["scan"] == timedelta(minutes=40).total_seconds()


async def test_one_job_that_takes_long_holds_up_no_other(shop: Workshop) -> None:
    shop.work.may_end.clear()
    loop = shop.loop("a", shop.job, shop.job_of(Every(timedelta(minutes=5)), "other"))

    await loop.look()
    await until(lambda: shop.work.begun == 2)

    shop.work.may_end.set()
    await loop.aclose(5)
    assert sorted(shop.heard.ended) == [("other", "succeeded"), ("scan", "succeeded")]


async def test_two_loops_do_everything_once(shop: Workshop) -> None:
    loops = [shop.loop("a"), shop.loop("b")]
    for _ in range(6):
        await asyncio.gather(*(loop.look() for loop in loops))
        await asyncio.sleep(0.05)
        shop.later(minutes=30)
    for loop in loops:
        await loop.aclose(5)

    assert sorted(shop.work.done_at) == [NOON + timedelta(hours=hours) for hours in range(3)]


async def test_who_is_stopped_asks_its_runs_to_finish_and_waits_for_them(shop: Workshop) -> None:
    shop.work.may_end.clear()
    loop = shop.loop("a")
    await loop.look()
    await until(lambda: shop.work.begun == 1)

    await loop.aclose(5)

    assert shop.work.was_asked_to_finish
    assert (await shop.history())[0].state is RunState.SUCCEEDED


async def test_what_does_not_finish_in_time_is_left_to_others(shop: Workshop) -> None:
    shop.work.may_end.clear()
    stubborn = shop.job_of(Every(timedelta(hours=1)))
    loop = shop.loop(
        "a", type(stubborn)(name="scan", title="Does not listen.", schedule=stubborn.schedule, run=shop.work.run)
    )
    await loop.look()
    await until(lambda: shop.work.begun == 1)

    await loop.aclose(0.1)
    shop.work.may_end.set()
    await shop.do(shop.worker("b"))

    (run,) = await shop.history()
    assert (run.worker, run.attempts, run.state) == ("b", 2, RunState.SUCCEEDED)


async def test_the_overview_tells_schedule_last_run_and_next(shop: Workshop) -> None:
    (before,) = await shop.desk.overview()
    await shop.do(shop.worker("a"))
    shop.later(minutes=10)
    await shop.desk.order("scan", OLGA)
    (after,) = await shop.desk.overview()

    assert (before.last_run, before.succeeded_at, before.schedule) == (None, None, "every 60 min")
    assert after.next_due == NOON + timedelta(hours=1)
    assert after.succeeded_at == NOON
    assert after.last_run is not None
    assert after.last_run.state is RunState.ORDERED


async def test_a_job_that_never_ended_well_is_overdue_too(shop: Workshop) -> None:
    shop.work.fails = ZeroDivisionError()
    loop = shop.loop("a")
    await loop.look()
    await until(lambda: bool(shop.heard.ended))
    assert shop.heard.overdue["scan"] == 0

    shop.later(minutes=90)
    await loop.look()

    assert shop.heard.overdue["scan"] == timedelta(minutes=30).total_seconds()
    await loop.aclose(5)


async def test_the_last_run_is_the_last_that_has_ended_of_jobs_that_come_seldom(shop: Workshop) -> None:
    assert [(each.name, each.run) for each in await shop.desk.last_runs(timedelta(hours=1))] == [("scan", None)]
    assert await shop.desk.last_runs(timedelta(hours=2)) == []

    ended = await shop.do(shop.worker("one"))
    shop.later(hours=1)
    begun = await shop.worker("one").claim(shop.job)
    assert begun is not None
    assert begun.state is RunState.RUNNING

    (last,) = await shop.desk.last_runs(timedelta(hours=1))
    assert last.run == ended
