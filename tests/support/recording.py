"""Answers on their way to the ledger: waiting for those of a gate, and making batches of one's own."""

import asyncio
import re
import time
from collections.abc import Sequence

from gate.checks.model import Decision
from gate.ledger.model import Document, Grounds, LedgerBatch, LedgerEntry
from gate.rpc.messages import day_message, decision_message
from gate.v1 import claim_pb2
from tests.support.gates import Doors


async def ledger_has_all(gate: Doors, seconds: float = 20.0) -> None:
    """Wait until everything that was answered so far is in the database."""
    deadline = time.monotonic() + seconds
    while await _measured(gate, "drained") < await _measured(gate, "written"):
        assert time.monotonic() < deadline, "decisions do not reach the ledger"
        await asyncio.sleep(0.02)


async def _measured(gate: Doors, what: str) -> float:
    metrics = (await gate.page("/metrics")).text
    found = re.search(rf"^enrollment_gate_ledger_{what}_total (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0


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
