"""The service `EnrollmentGate`: claims in, decisions out."""

from collections.abc import Sequence
from typing import ClassVar, Final

from gate.auth.permissions import Permission
from gate.checks.model import Decision
from gate.checks.profile import ProviderLookup, ProviderQuestion
from gate.checks.service import CheckService
from gate.checks.turns import in_turns
from gate.errors import FieldViolation, InvalidInput
from gate.ledger.model import WireKind
from gate.rpc.answering import Answered, WayOut, answering, answering_stream
from gate.rpc.decision_records import DecisionRecordCalls, DecisionRecords
from gate.rpc.door import Call, Door, unary
from gate.rpc.messages import day_in, decision_message, profile_message, submitted
from gate.rpc.refusals import status_of
from gate.v1 import claim_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

LARGEST_BATCH: Final = 10_000
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
        checks: CheckService,
        lookup: ProviderLookup,
        records: DecisionRecords,
        budgets: Budgets,
    ) -> None:
        self.door = door
        self.way_out = way_out
        self._checks = checks
        self._lookup = lookup
        self._records = records
        self._budgets = budgets

    @answering(WireKind.CHECK_CLAIM, enrollment_gate_pb2.CheckClaimRequest, claims=lambda _: 1)
    async def CheckClaim(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimRequest, call: Call
    ) -> Answered[enrollment_gate_pb2.CheckClaimResponse]:
        """One claim, one answer."""
        decision = await self._checks.check(
            call.principal.tenant,
            submitted(request.claim),
            fresh=request.freshness == _FRESH,
            deadline=call.deadline_within(self._budgets.one_claim),
        )
        message = decision_message(decision, explain=request.explain)
        return Answered(enrollment_gate_pb2.CheckClaimResponse(decision=message), (decision,))

    @answering(
        WireKind.CHECK_CLAIMS, enrollment_gate_pb2.CheckClaimsRequest, claims=lambda request: len(request.claims)
    )
    async def CheckClaims(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> Answered[enrollment_gate_pb2.CheckClaimsResponse]:
        """A batch, answered in order."""
        return await self._answer_batch(request, call)

    @answering_stream(
        WireKind.CHECK_CLAIMS, enrollment_gate_pb2.CheckClaimsRequest, claims=lambda request: len(request.claims)
    )
    async def StreamClaims(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> Answered[enrollment_gate_pb2.CheckClaimsResponse]:
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

    async def _answer_batch(
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> Answered[enrollment_gate_pb2.CheckClaimsResponse]:
        _refuse_unfit_batch(request.claims)
        answers = await self._checks.check_many(
            call.principal.tenant,
            [submitted(claim) async for claim in in_turns(request.claims)],
            fresh=request.freshness == _FRESH,
            deadline=call.deadline_within(self._budgets.batch, len(request.claims)),
        )
        answered = zip(request.claims, answers, strict=True)
        results = [_result(claim.correlation_id, answer) async for claim, answer in in_turns(answered)]
        return Answered(enrollment_gate_pb2.CheckClaimsResponse(results=results), answers)


def _result(correlation_id: str, answer: Decision | InvalidInput) -> enrollment_gate_pb2.ClaimResult:
    if isinstance(answer, InvalidInput):
        return enrollment_gate_pb2.ClaimResult(correlation_id=correlation_id, error=status_of(answer))
    return enrollment_gate_pb2.ClaimResult(correlation_id=correlation_id, decision=decision_message(answer, brief=True))


def _refuse_unfit_batch(claims: Sequence[claim_pb2.Claim]) -> None:
    """Rows B2 and B4."""
    if len(claims) > LARGEST_BATCH:
        raise InvalidInput(
            FieldViolation("claims", f"holds {len(claims)} claims; a batch may hold {LARGEST_BATCH} at most")
        )
    first_use: dict[str, int] = {}
    for index, claim in enumerate(claims):
        if claim.correlation_id and first_use.setdefault(claim.correlation_id, index) != index:
            raise InvalidInput(
                FieldViolation(
                    f"claims[{index}].correlation_id",
                    f"was used before, by claims[{first_use[claim.correlation_id]}]",
                )
            )
