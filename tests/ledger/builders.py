"""Decisions for the ledger, as the door would have recorded them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import uuid_utils

from aggregator.evidence import Evidence
from gate.audit.chain import Anchor
from gate.audit.log import AuditLog
from gate.audit.model import Actor, AuditEvent, Via
from gate.decision.model import ClaimAction, DecisionCode, GateMode, Policy
from gate.ledger.model import Document, Grounds, LedgerBatch, LedgerEntry
from gate.ledger.storing import DatabaseShelf
from gate.persistence.unit_of_work import Database, UnitOfWork
from tests.decision.building import NPI, of, segment

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
ENROLLED = of(segment())
POLICY = Policy()
ADA = Actor(tenant="acme", subject="ada", via=Via.TOKEN)


class ListedTrail:
    """Keeps events in a list."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        assert all(event.actor.tenant == unit.tenant for event in events)
        self.events += events


class NoAnchors:
    """Forgets what chains end with."""

    def appended(self, head: Anchor) -> None:
        pass


def shelf_in(database: Database) -> DatabaseShelf:
    """The shelf of that database, with a real audit log beside it."""
    return DatabaseShelf(database, AuditLog(NoAnchors(), lambda: NOON))


def entry(at: datetime = NOON, *, evidence: Evidence | None = ENROLLED, **changes: Any) -> LedgerEntry:
    """A decision that passed, of tenant acme."""
    return LedgerEntry(
        **{
            "tenant": "acme",
            "decision_id": str(uuid_utils.uuid7()),
            "evaluated_at": at,
            "claim_id": "CLM-1",
            "line_number": 1,
            "npi": NPI,
            "state": "TX",
            "service_date": date(2026, 3, 10),
            "code": DecisionCode.PASS,
            "detail": "",
            "action": ClaimAction.CONTINUE,
            "would_action": ClaimAction.CONTINUE,
            "mode": GateMode.AUDIT,
            "config_version": 1,
            "caller": "pipeline",
            "request_id": "request-1",
            "claim": b"a claim",
            "answer": b"an answer",
            "grounds": Grounds(None if evidence is None else Document.of(evidence).digest, Document.of(POLICY).digest),
            **changes,
        }
    )


def batch(
    *entries: LedgerEntry,
    evidence: Iterable[Evidence] = (ENROLLED,),
    recorded_at: datetime = NOON,
    tenant: str = "acme",
) -> LedgerBatch:
    """Decisions with the documents they rest on."""
    documents = (Document.of(POLICY), *(Document.of(each) for each in evidence))
    return LedgerBatch(tenant, entries, documents, recorded_at)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def ids(entries: Sequence[LedgerEntry]) -> list[str]:
    return [each.decision_id for each in entries]
