"""What operators are told of what waits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.ledger.condition import LedgerCondition
from gate.ledger.drainer import Progress
from tests.ledger.spooling import kept, spool_in

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


async def test_what_is_written_is_queued_until_the_drainer_says_otherwise(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (spool, journal, series):
        condition = LedgerCondition(spool, journal, series, Time())
        await kept(journal)
        await kept(journal)
        assert condition.queued == 2

        condition.progressed(Progress(1, 0, dict.fromkeys(spool.written, 1), NOON))
        assert condition.queued == 1
        condition.progressed(Progress(1, 1, dict.fromkeys(spool.written, 2), None))

        assert condition.queued == 0
        assert (series.drained, series.damaged) == (2, 1)


async def test_the_oldest_decision_s_age_is_told_and_becomes_a_trouble_after_five_minutes(tmp_path: Path) -> None:
    time = Time()
    with spool_in(tmp_path) as (spool, journal, series):
        condition = LedgerCondition(spool, journal, series, time)
        await kept(journal)
        condition.progressed(Progress(0, 0, {}, NOON - timedelta(seconds=30)))
        assert (condition.oldest_seconds(), condition.troubles()) == (30, [])

        time.now += timedelta(minutes=5)
        assert "for 330 seconds" in condition.troubles()[0]
        condition.progressed(Progress(1, 0, dict.fromkeys(spool.written, 1), None))
        assert (condition.oldest_seconds(), condition.troubles()) == (0, [])


async def test_a_drainer_that_says_nothing_does_not_look_like_one_with_nothing_to_do(tmp_path: Path) -> None:
    time = Time()
    with spool_in(tmp_path) as (spool, journal, series):
        condition = LedgerCondition(spool, journal, series, time)
        condition.progressed(Progress(0, 0, {}, None))
        time.now += timedelta(minutes=10)
        assert condition.oldest_seconds() == 0

        await kept(journal)

        assert condition.oldest_seconds() == 600
