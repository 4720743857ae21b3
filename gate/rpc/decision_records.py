"""The calls of `EnrollmentGate` that tell what was decided: from the ledger, and into the audit log."""

from gate.audit.model import AuditAction
from gate.auth.permissions import Permission
from gate.checks.profile import PastAnswers
from gate.checks.reevaluation import reevaluated
from gate.checks.replay import explained, replayed
from gate.checks.service import CheckService
from gate.ledger.history import KeptDecision
from gate.ledger.service import DecisionLedger
from gate.persistence.unit_of_work import Database
from gate.rpc.decision_messages import (
    claim_in,
    differences,
    event_messages,
    explanation_message,
    filter_in,
    given_in,
    page_message,
    reevaluation_message,
)
from gate.rpc.door import Call, Door, unary
from gate.rpc.messages import decision_message, submitted
from gate.v1 import enrollment_gate_pb2


class DecisionRecords:
    """What the calls work on."""

    def __init__(
        self, database: Database, ledger: DecisionLedger, past: PastAnswers, checks: CheckService, budget: float
    ) -> None:
        """`budget` seconds are there to ask the sources anew when the caller names no deadline."""
        self.database = database
        self.ledger = ledger
        self.past = past
        self.checks = checks
        self.budget = budget


class DecisionRecordCalls:
    """To be mixed into the servicer. Reading a decision and noting that it was read are one transaction."""

    door: Door
    _records: DecisionRecords

    @unary(Permission.GATE_DECISIONS_VIEW)
    async def ListDecisions(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.ListDecisionsRequest, call: Call
    ) -> enrollment_gate_pb2.ListDecisionsResponse:
        """Newest first, in pages."""
        wanted = filter_in(request.filter)
        async with self._records.database.writing(call.principal.tenant) as unit:
            page = await self._records.ledger.list(
                unit, call.actor(), wanted, size=request.page_size, page_token=request.page_token
            )
        return page_message(page)

    @unary(Permission.GATE_DECISIONS_VIEW)
    async def ExplainDecision(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.ExplainDecisionRequest, call: Call
    ) -> enrollment_gate_pb2.ExplainDecisionResponse:
        """Why it was what it was; where wanted, what would be answered now."""
        kept = await self._read(request.decision_id, call, AuditAction.DECISION_EXPLAINED)
        given, claim = given_in(kept.entry), submitted(claim_in(kept.entry))
        message = explanation_message(kept, explained(kept, claim, given.warnings))
        if request.reevaluate:
            deadline = call.deadline_within(self._records.budget)
            reevaluation = await reevaluated(self._records.checks, self._records.past, kept, claim, deadline)
            async with self._records.database.writing(call.principal.tenant) as unit:
                events = await self._records.ledger.note_reevaluation(
                    unit,
                    call.actor(),
                    reevaluation.event(kept, call.principal.subject),
                    reevaluation.decision.evidence,
                )
            message.reevaluation.CopyFrom(reevaluation_message(reevaluation))
            del message.reevaluations[:]
            message.reevaluations.extend(event_messages(events))
        return enrollment_gate_pb2.ExplainDecisionResponse(explanation=message)

    @unary(Permission.GATE_DECISIONS_VIEW)
    async def ReplayDecision(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.ReplayDecisionRequest, call: Call
    ) -> enrollment_gate_pb2.ReplayDecisionResponse:
        """The same question once more."""
        kept = await self._read(request.decision_id, call, AuditAction.DECISION_REPLAYED)
        given = given_in(kept.entry)
        again = replayed(kept, submitted(claim_in(kept.entry)), config_stale=given.config_stale)
        recomputed = decision_message(again, explain=bool(given.considered))
        found = differences(given, recomputed)
        return enrollment_gate_pb2.ReplayDecisionResponse(
            same=not found, given=given, recomputed=recomputed, differences=found
        )

    async def _read(self, decision_id: str, call: Call, purpose: AuditAction) -> KeptDecision:
        async with self._records.database.writing(call.principal.tenant) as unit:
            return await self._records.ledger.read(unit, call.actor(), decision_id, purpose)
