"""What PostgreSQL and SQLite do alike and SQLAlchemy says differently."""

from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

_KEY_BYTES: Final = 8


def is_postgresql(session: AsyncSession) -> bool:
    """Whether the session speaks to PostgreSQL; else to SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def insert_into(session: AsyncSession, table: Any) -> Any:  # noqa: ANN401 - a mapped class or a table, of one dialect or the other
    """An INSERT that can be told what to do where a row is there already (`on_conflict_…`)."""
    return (postgresql if is_postgresql(session) else sqlite).insert(table)


async def take_turn(session: AsyncSession, name: str) -> None:
    """Wait until nobody else has the turn of that name, and keep others waiting until the commit.

    On SQLite a transaction that writes has waited for its turn when it began.
    """
    if is_postgresql(session):
        digest = blake2b(name.encode(), digest_size=_KEY_BYTES).digest()
        await session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))
