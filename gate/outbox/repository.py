"""How messages are stored, taken on and settled. All SQL of the outbox is here."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import uuid_utils
from sqlalchemy import ColumnElement, delete, func, select, update

from gate.outbox.letter import DeadLetter, Letter, LetterState
from gate.outbox.message import OutgoingMessage
from gate.outbox.tables import OutboxTable
from gate.persistence.dialects import insert_into
from gate.persistence.unit_of_work import Database, UnitOfWork


async def add(unit: UnitOfWork, messages: Sequence[OutgoingMessage], now: datetime) -> None:
    """Keep those whose channel and key are not kept yet."""
    if not messages:
        return
    rows = [
        {
            "tenant": unit.tenant,
            "id": str(uuid_utils.uuid7()),
            "channel": message.channel,
            "key": message.key,
            "topic": message.topic,
            "subject": message.subject,
            "recipient": message.recipient,
            "body": message.body,
            "state": LetterState.WAITING.value,
            "attempts": 0,
            "not_before": message.not_before,
            "due_at": message.not_before,
            "created_at": now,
            "last_error": "",
        }
        for message in messages
    ]
    await unit.session.execute(insert_into(unit.session, OutboxTable).on_conflict_do_nothing(), rows)


async def tenants_with_due(database: Database, now: datetime, channels: Collection[str]) -> list[str]:
    """Who has something that could be sent on one of these channels.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    query = select(OutboxTable.tenant).where(*_is_due(now), OutboxTable.channel.in_(channels)).distinct()
    async with database.reading_across_tenants() as session:
        return list(await session.scalars(query.order_by(OutboxTable.tenant)))


async def backlog(database: Database, now: datetime) -> tuple[int, datetime | None, int]:
    """Of all tenants: how many messages are due, since when the oldest of them is, and how many were given up.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    due = select(func.count(), func.min(OutboxTable.due_at)).where(*_is_due(now))
    dead = select(func.count()).where(OutboxTable.state == LetterState.DEAD.value)
    async with database.reading_across_tenants() as session:
        count, oldest = (await session.execute(due)).one()
        return count, oldest, (await session.execute(dead)).scalar_one()


async def take_on(
    unit: UnitOfWork, channel: str, *, now: datetime, until: datetime, but_not_to: Collection[str], limit: int
) -> Sequence[Letter]:
    """Take on what is due on a channel, oldest first; until then nobody else does, whichever process asks."""
    wanted = select(OutboxTable.id).where(
        OutboxTable.tenant == unit.tenant, OutboxTable.channel == channel, *_is_due(now)
    )
    if but_not_to:
        wanted = wanted.where(OutboxTable.recipient.not_in(but_not_to))
    oldest_first = wanted.order_by(OutboxTable.due_at, OutboxTable.id).limit(limit)
    # SQLite has no such lock and needs none: its writers queue up before they read.
    ids = list(await unit.session.scalars(oldest_first.with_for_update(skip_locked=True)))
    if not ids:
        return []
    taken = await unit.session.scalars(
        update(OutboxTable)
        .where(OutboxTable.tenant == unit.tenant, OutboxTable.id.in_(ids), *_is_due(now))
        .values(due_at=until, attempts=OutboxTable.attempts + 1)
        .returning(OutboxTable)
        .execution_options(synchronize_session=False)
    )
    return sorted(map(_letter, taken), key=lambda letter: ids.index(letter.id))


async def mark_delivered(unit: UnitOfWork, letter: Letter, now: datetime) -> None:
    """It arrived."""
    await _settle(unit, letter, state=LetterState.DELIVERED.value, last_error="", settled_at=now)


async def postpone(unit: UnitOfWork, letter: Letter, until: datetime, error: str) -> None:
    """It is to be tried again."""
    await _settle(unit, letter, due_at=until, last_error=error)


async def bury(unit: UnitOfWork, letter: Letter, now: datetime, error: str) -> None:
    """It is given up."""
    await _settle(unit, letter, state=LetterState.DEAD.value, last_error=error, settled_at=now)


async def give_back(unit: UnitOfWork, letters: Sequence[Letter], until: datetime) -> None:
    """They were taken on and not tried, which does not count as a try."""
    for letter in letters:
        await _settle(unit, letter, due_at=until, attempts=letter.attempts - 1)


async def dead_letters(unit: UnitOfWork, *, before: str, limit: int) -> Sequence[DeadLetter]:
    """Those given up, newest first, from the one after the id `before` (empty: from the first)."""
    query = select(OutboxTable).where(OutboxTable.tenant == unit.tenant, _is(LetterState.DEAD))
    if before:
        query = query.where(OutboxTable.id < before)
    rows = await unit.session.scalars(query.order_by(OutboxTable.id.desc()).limit(limit))
    return [_dead(row) for row in rows]


async def dead_letter(unit: UnitOfWork, letter_id: str) -> DeadLetter | None:
    """The one of that id, if it was given up."""
    query = select(OutboxTable).where(
        OutboxTable.tenant == unit.tenant, OutboxTable.id == letter_id, _is(LetterState.DEAD)
    )
    row = (await unit.session.scalars(query)).one_or_none()
    return None if row is None else _dead(row)


async def count_by_state(unit: UnitOfWork) -> dict[LetterState, int]:
    """How many messages the tenant has in each state."""
    query = select(OutboxTable.state, func.count()).where(OutboxTable.tenant == unit.tenant).group_by(OutboxTable.state)
    return {LetterState(state): count for state, count in await unit.session.execute(query)}


async def revive(unit: UnitOfWork, letter_id: str, now: datetime) -> bool:
    """Have a dead letter tried again from the beginning; whether there was one."""
    return await _raise(
        unit, letter_id, state=LetterState.WAITING.value, attempts=0, not_before=now, due_at=now, settled_at=None
    )


async def discard(unit: UnitOfWork, letter_id: str, now: datetime) -> bool:
    """Let a dead letter rest; whether there was one."""
    return await _raise(unit, letter_id, state=LetterState.DISCARDED.value, settled_at=now)


async def forget(unit: UnitOfWork, before: datetime, limit: int) -> int:
    """Delete up to `limit` messages that were delivered or discarded before that instant; how many there were."""
    settled = OutboxTable.state.in_((LetterState.DELIVERED.value, LetterState.DISCARDED.value))
    old = (
        select(OutboxTable.id)
        .where(OutboxTable.tenant == unit.tenant, settled, OutboxTable.settled_at < before)
        .limit(limit)
    )
    deleted = await unit.session.scalars(
        delete(OutboxTable)
        .where(OutboxTable.tenant == unit.tenant, OutboxTable.id.in_(old.scalar_subquery()))
        .returning(OutboxTable.id)
        .execution_options(synchronize_session=False)
    )
    return len(deleted.all())


async def all_tenants(database: Database) -> list[str]:
    """Everybody who ever had a message that is still kept.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    async with database.reading_across_tenants() as session:
        return list(await session.scalars(select(OutboxTable.tenant).distinct().order_by(OutboxTable.tenant)))


def _is(state: LetterState) -> ColumnElement[bool]:
    return OutboxTable.state == state.value


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _is(LetterState.WAITING), OutboxTable.due_at <= now


async def _settle(unit: UnitOfWork, letter: Letter, **values: Any) -> None:  # noqa: ANN401 - one value per column
    """Nothing happens where somebody else took the letter on since, because its sender's time was over."""
    await unit.session.execute(
        update(OutboxTable)
        .where(
            OutboxTable.tenant == unit.tenant,
            OutboxTable.id == letter.id,
            _is(LetterState.WAITING),
            OutboxTable.attempts == letter.attempts,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def _raise(unit: UnitOfWork, letter_id: str, **values: Any) -> bool:  # noqa: ANN401 - as above
    raised = await unit.session.execute(
        update(OutboxTable)
        .where(OutboxTable.tenant == unit.tenant, OutboxTable.id == letter_id, _is(LetterState.DEAD))
        .values(**values)
        .returning(OutboxTable.id)
        .execution_options(synchronize_session=False)
    )
    return raised.one_or_none() is not None


def _letter(row: OutboxTable) -> Letter:
    return Letter(
        tenant=row.tenant,
        id=row.id,
        key=row.key,
        channel=row.channel,
        topic=row.topic,
        subject=row.subject,
        recipient=row.recipient,
        body=row.body,
        not_before=row.not_before,
        created_at=row.created_at,
        attempts=row.attempts,
    )


def _dead(row: OutboxTable) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        channel=row.channel,
        topic=row.topic,
        subject=row.subject,
        recipient=row.recipient,
        created_at=row.created_at,
        attempts=row.attempts,
        last_error=row.last_error,
        died_at=row.settled_at or row.created_at,
    )
