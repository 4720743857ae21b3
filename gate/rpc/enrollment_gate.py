"""The service `EnrollmentGate`: claims in, decisions out."""

from functools import partial
from typing import ClassVar, Final

from gate.auth.permissions import Permission
from gate.checks.profile import ProviderLookup, ProviderQuestion
from gate.ledger.model import WireKind
from gate.rpc.answering import WayOut, answering, answering_stream
from gate.rpc.batch import Answered
from gate.rpc.claim_answers import ClaimAnswers
from gate.rpc.decision_records import DecisionRecordCalls, DecisionRecords
from gate.rpc.door import Call, Door, unary
from gate.rpc.messages import day_in, profile_message
from gate.v1 import claim_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

_FRESH: Final = claim_pb2.FRESHNESS_REQUIREMENT_FRESH


class Budgets:
    """How long a check may take when the caller names no deadline, in seconds."""

    def __init__(self, one_claim: float, batch: float) -> None:
        self.one_claim = one_claim
        self.batch = batch


def _claims_of(request: enrollment_gate_pb2.CheckClaimsRequest) -> int:
    return len(request.claims)


class EnrollmentGateService(DecisionRecordCalls, enrollment_gate_pb2_grpc.EnrollmentGateServicer):
    """Translates between the wire and the check; decides nothing."""

    service: ClassVar = enrollment_gate_pb2.DESCRIPTOR.services_by_name["EnrollmentGate"]

    def __init__(
        self,
        door: Door,
        way_out: WayOut,
        answers: ClaimAnswers,
        lookup: ProviderLookup,
        records: DecisionRecords,
        budgets: Budgets,
    ) -> None:
        self.door = door
        self.way_out = way_out
        self._answers = answers
        self._lookup = lookup
        self._records = records
        self._budgets = budgets

    @answering(WireKind.CHECK_CLAIM, enrollment_gate_pb2.CheckClaimRequest, claims=lambda _: 1)
    async def CheckClaim(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimRequest, call: Call
    ) -> Answered:
        """One claim, one answer."""
        return await self._answers.one(
            call.principal.tenant,
            request.claim,
            fresh=request.freshness == _FRESH,
            explain=request.explain,
            deadline=partial(call.deadline_within, self._budgets.one_claim),
        )

    @answering(
        WireKind.CHECK_CLAIMS, enrollment_gate_pb2.CheckClaimsRequest, claims=lambda request: len(request.claims)
    )
    async def CheckClaims(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> Answered:
        """A batch, answered in order."""
        return await self._answer_batch(request, call)

    @answering_stream(
        WireKind.CHECK_CLAIMS, enrollment_gate_pb2.CheckClaimsRequest, claims=lambda request: len(request.claims)
    )
    async def StreamClaims(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> Answered:
        """One batch after the other."""
        return await self._answer_batch(request, call)

    @unary(Permission.GATE_DECISIONS_VIEW, claims=lambda request: len(request.states))
    async def LookupProvider(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.LookupProviderRequest, call: Call
    ) -> enrollment_gate_pb2.LookupProviderResponse:
        """Everything the sources say about one provider, or said by a day in the past."""
        question = ProviderQuestion(
            npi=request.npi,
            states=request.states,
            as_of=day_in(request.as_of, "as_of") if request.HasField("as_of") else None,
            service_date=day_in(request.service_date, "service_date") if request.HasField("service_date") else None,
        )
        entries = await self._lookup.lookup(
            call.principal.tenant,
            question,
            fresh=request.freshness == _FRESH,
            deadline=call.deadline_within(self._budgets.one_claim),
        )
        reply = enrollment_gate_pb2.LookupProviderResponse(profile=profile_message(request.npi, entries))
        await self.way_out.show(call, (request, reply), question, entries)
        return reply

    async def _answer_batch(self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call) -> Answered:
        return await self._answers.many(
            call.principal.tenant,
            request.claims,
            fresh=request.freshness == _FRESH,
            deadline=partial(call.deadline_within, self._budgets.batch, len(request.claims)),
        )
