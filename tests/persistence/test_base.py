from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.persistence.base import UtcDateTime

INSTANTS = Table("instants", MetaData(), Column("instant", UtcDateTime, nullable=True))


@pytest.fixture
async def kept(engine: AsyncEngine) -> AsyncEngine:
    async with engine.begin() as connection:
        await connection.run_sync(INSTANTS.metadata.create_all)
    return engine


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (datetime(2026, 1, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 1, 31, 23, 59, 59, 999_999, UTC)),
        (
            datetime(2026, 1, 31, 18, 30, tzinfo=timezone(timedelta(hours=-6))),
            datetime(2026, 2, 1, 0, 30, tzinfo=UTC),
        ),
        (None, None),
    ],
)
async def test_an_instant_comes_back_as_the_same_instant_in_utc(
    kept: AsyncEngine, stored: datetime | None, read: datetime | None
) -> None:
    async with kept.begin() as connection:
        await connection.execute(insert(INSTANTS).values(instant=stored))

        found = (await connection.execute(select(INSTANTS.c.instant))).scalar_one()

    assert found == read
    assert found is None or found.tzinfo is UTC or found.utcoffset() == timedelta(0)


async def test_a_naive_instant_is_refused(kept: AsyncEngine) -> None:
    async with kept.begin() as connection:
        with pytest.raises(StatementError, match="needs a time zone"):
            await connection.execute(insert(INSTANTS).values(instant=datetime(2026, 1, 31)))  # noqa: DTZ001 - the point
