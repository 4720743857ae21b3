"""Keeps the answers of a gate in this event loop, so that a test decides when they reach the ledger."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

import gate.bootstrap
from gate.checks.model import Decision
from gate.checks.recording import AnswerCounter, CountingRecorder
from gate.ledger.model import Document, Grounds, LedgerBatch, LedgerEntry
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from gate.rpc.messages import day_message, decision_message
from gate.v1 import claim_pb2
from tests.ledger.builders import shelf_in
from tests.support.gates import GateInProcess


class Recording:
    """What was answered and is not in the ledger yet."""

    def __init__(self) -> None:
        self.waiting: list[Decision] = []

    async def reach_the_ledger(self, gate: GateInProcess) -> None:
        """Store everything, as the door would have."""
        decisions, self.waiting = self.waiting, []
        by_tenant: dict[str, list[Decision]] = defaultdict(list)
        for decision in decisions:
            by_tenant[decision.tenant].append(decision)
        engine = open_engine(gate.settings.sqlalchemy_url)
        for answered in by_tenant.values():
            await shelf_in(Database(engine)).store(batch_of(answered))
        await engine.dispose()


@contextmanager
def recording(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """Gates that start inside the block tell of every answer."""
    kept = Recording()

    class Recorder(CountingRecorder):
        def __init__(self, counter: AnswerCounter) -> None:
            super().__init__(counter)

        def record(self, decisions: Sequence[Decision]) -> None:
            super().record(decisions)
            kept.waiting += decisions

    with monkeypatch.context() as patched:
        patched.setattr(gate.bootstrap, "CountingRecorder", Recorder)
        yield kept


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
