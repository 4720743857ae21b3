"""How audit entries are stored and found. All SQL of the audit log is here."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gate.audit.chain import NO_HASH, AuditEntry, microseconds
from gate.audit.model import EntryFilter
from gate.audit.tables import AuditEntryTable
from gate.persistence import dialects

_FIELDS: Final = AuditEntry.__struct_fields__
_COLUMNS: Final = tuple(getattr(AuditEntryTable, name) for name in _FIELDS)


class Head(msgspec.Struct, frozen=True):
    """The newest entry of a chain; 0 and `NO_HASH` where there is none."""

    sequence: int
    hash: str


async def take_turn(session: AsyncSession, tenant: str) -> None:
    """Wait until nobody else is about to append to the tenant's chain, and keep others waiting until the commit."""
    await dialects.take_turn(session, f"audit/{tenant}")


async def head(session: AsyncSession, tenant: str) -> Head:
    """What the next entry follows."""
    query = (
        select(AuditEntryTable.sequence, AuditEntryTable.hash)
        .where(AuditEntryTable.tenant == tenant)
        .order_by(AuditEntryTable.sequence.desc())
        .limit(1)
    )
    found = (await session.execute(query)).one_or_none()
    return Head(0, NO_HASH) if found is None else Head(found.sequence, found.hash)


async def append(session: AsyncSession, entries: Iterable[AuditEntry]) -> None:
    """Store entries."""
    await session.execute(insert(AuditEntryTable), [msgspec.structs.asdict(entry) for entry in entries])


async def oldest_first(
    session: AsyncSession, tenant: str, wanted: EntryFilter, *, after: int, until: int, limit: int
) -> Sequence[AuditEntry]:
    """Entries that follow number `after`, up to number `until`."""
    query = (
        select(*_COLUMNS)
        .where(*_conditions(tenant, wanted), AuditEntryTable.sequence > after, AuditEntryTable.sequence <= until)
        .order_by(AuditEntryTable.sequence)
        .limit(limit)
    )
    return [_entry(row) for row in await session.execute(query)]


async def newest_first(
    session: AsyncSession, tenant: str, wanted: EntryFilter, *, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Entries that precede number `before`."""
    query = select(*_COLUMNS).where(*_conditions(tenant, wanted))
    if before is not None:
        query = query.where(AuditEntryTable.sequence < before)
    query = query.order_by(AuditEntryTable.sequence.desc()).limit(limit)
    return [_entry(row) for row in await session.execute(query)]


def _conditions(tenant: str, wanted: EntryFilter) -> list[ColumnElement[bool]]:
    conditions = [AuditEntryTable.tenant == tenant]
    if wanted.subject:
        conditions.append(AuditEntryTable.subject == wanted.subject)
    if wanted.action:
        conditions.append(AuditEntryTable.action == wanted.action)
    if wanted.object.endswith("/"):
        # A range, not LIKE: both databases answer it from the index, and no sign has a second meaning.
        following = wanted.object[:-1] + chr(ord("/") + 1)
        conditions += [AuditEntryTable.object >= wanted.object, AuditEntryTable.object < following]
    elif wanted.object:
        conditions.append(AuditEntryTable.object == wanted.object)
    if wanted.since is not None:
        conditions.append(AuditEntryTable.at >= microseconds(wanted.since))
    if wanted.until is not None:
        conditions.append(AuditEntryTable.at < microseconds(wanted.until))
    return conditions


def _entry(row: Sequence[Any]) -> AuditEntry:
    return AuditEntry(**dict(zip(_FIELDS, row, strict=True)))
