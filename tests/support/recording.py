"""Answers on their way to the ledger: waiting for those of a gate, and making batches of one's own."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing

from gate.checks.model import Decision
from gate.ledger.model import Document, Grounds, LedgerBatch, LedgerEntry
from gate.rpc.messages import day_message, decision_message
from gate.v1 import claim_pb2, decision_pb2
from tests.support.gates import Doors


async def ledger_has(gate: Doors, *given: decision_pb2.Decision, seconds: float = 20.0) -> None:
    """Wait until these decisions are in the database, which is SQLite beside the gate."""
    ids = [decision.decision_id for decision in given]
    query = f"SELECT count(*) FROM decisions WHERE decision_id IN ({', '.join('?' * len(ids))})"
    deadline = time.monotonic() + seconds
    with closing(sqlite3.connect(gate.data_dir / "gate.db", timeout=10)) as database:
        while database.execute(query, ids).fetchone() != (len(ids),):
            assert time.monotonic() < deadline, "decisions do not reach the ledger"
            await asyncio.sleep(0.02)


def batch_of(decisions: Sequence[Decision]) -> LedgerBatch:
    """One tenant's answers with what they rest on."""
    documents = {
        document.digest: document
        for decision in decisions
        for document in (Document.of(decision.policy), *map(Document.of, filter(None, [decision.evidence])))
    }
    return LedgerBatch(
        decisions[0].tenant,
        tuple(map(entry_of, decisions)),
        tuple(documents.values()),
        max(decision.evaluated_at for decision in decisions),
    )


def entry_of(decision: Decision) -> LedgerEntry:
    submitted = decision.submitted
    day = decision.claim.service_date, decision.claim.service_end_date
    message = claim_pb2.Claim(
        correlation_id=submitted.correlation_id,
        claim_id=submitted.claim_id,
        line_number=submitted.line_number,
        rendering_npi=submitted.rendering_npi,
        billing_npi=submitted.billing_npi,
        state=submitted.state,
        service_date=day_message(day[0]),
        service_end_date=day_message(day[1]),
        taxonomy_code=submitted.taxonomy_code,
        line_of_business=submitted.line_of_business,
        charge_cents=submitted.charge_cents,
    )
    return LedgerEntry(
        tenant=decision.tenant,
        decision_id=decision.decision_id,
        evaluated_at=decision.evaluated_at,
        claim_id=submitted.claim_id,
        line_number=submitted.line_number,
        npi=decision.claim.npi,
        state=decision.claim.state,
        service_date=decision.claim.service_date,
        code=decision.finding.code,
        detail=decision.finding.detail or "",
        action=decision.verdict.action,
        would_action=decision.verdict.would_action,
        mode=decision.policy.mode,
        config_version=decision.config_version,
        caller="pipeline",
        request_id="request-1",
        claim=message.SerializeToString(),
        answer=decision_message(decision, brief=True).SerializeToString(),
        grounds=Grounds(
            None if decision.evidence is None else Document.of(decision.evidence).digest,
            Document.of(decision.policy).digest,
        ),
    )
