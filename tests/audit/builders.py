"""Events, chains and logs to test with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from gate.audit.chain import NO_HASH, Anchor, AuditEntry, linked
from gate.audit.log import AuditLog
from gate.audit.model import Actor, AuditAction, AuditEvent, Via
from gate.audit.reading import AuditReader
from gate.audit.verification import Verdict
from gate.persistence.unit_of_work import Database

TENANT = "acme"
NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def actor(tenant: str = TENANT, subject: str = "ada") -> Actor:
    return Actor(tenant=tenant, subject=subject, via=Via.TOKEN, request_id="req-1", address="ipv4:192.0.2.1:5000")


def event(
    what: str = "provider/1234567893",
    *,
    tenant: str = TENANT,
    subject: str = "ada",
    action: AuditAction = AuditAction.PROVIDER_READ,
    at: datetime = NOW,
    details: Mapping[str, Any] | None = None,
) -> AuditEvent:
    return AuditEvent(actor=actor(tenant, subject), action=action, object=what, at=at, details=details or {})


def chain(*events: AuditEvent) -> list[AuditEntry]:
    """A chain from its first entry on."""
    return linked(events, sequence=0, previous_hash=NO_HASH)


def anchor_of(entry: AuditEntry) -> Anchor:
    return Anchor(tenant=entry.tenant, sequence=entry.sequence, hash=entry.hash, at=NOW)


class Heard:
    """Remembers what chains were said to end with."""

    def __init__(self) -> None:
        self.heads: list[Anchor] = []

    def appended(self, head: Anchor) -> None:
        self.heads.append(head)


def audit_log(heard: Heard | None = None) -> AuditLog:
    return AuditLog(heard or Heard(), lambda: NOW)


async def record(database: Database, *events: AuditEvent, tenant: str = TENANT) -> Anchor:
    """What the chain ends with once the events are recorded in one unit."""
    log = audit_log()
    async with database.writing(tenant) as unit:
        await log.record(unit, *events)
        return await log.anchor(unit)


async def verified(database: Database, *anchors: Anchor, tenant: str = TENANT) -> Verdict:
    return await AuditReader(database).verify(tenant, anchors)


async def stored(database: Database, tenant: str = TENANT) -> list[AuditEntry]:
    """Every entry, oldest first."""
    pieces = AuditReader(database).in_order(tenant, until=1_000_000_000)
    return [entry async for piece in pieces for entry in piece]


def is_postgresql(engine: AsyncEngine) -> bool:
    return engine.dialect.name == "postgresql"
