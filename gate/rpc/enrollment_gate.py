"""The service `EnrollmentGate`: claims in, decisions out."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from gate.auth.permissions import Permission
from gate.checks.model import Decision
from gate.checks.profile import ProviderLookup
from gate.checks.service import CheckService
from gate.checks.turns import in_turns
from gate.errors import FieldViolation, InvalidInput
from gate.rpc.audit_records import AuditRecords
from gate.rpc.door import Call, Door, streaming, unary
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


class EnrollmentGateService(enrollment_gate_pb2_grpc.EnrollmentGateServicer):
    """Translates between the wire and the check; decides nothing."""

    def __init__(
        self, door: Door, checks: CheckService, lookup: ProviderLookup, budgets: Budgets, records: AuditRecords
    ) -> None:
        self.door = door
        self._checks = checks
        self._lookup = lookup
        self._budgets = budgets
        self._records = records

    @unary(Permission.GATE_CHECK)
    async def CheckClaim(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimRequest, call: Call
    ) -> enrollment_gate_pb2.CheckClaimResponse:
        """One claim, one answer."""
        decision = await self._checks.check(
            call.principal.tenant,
            submitted(request.claim),
            fresh=request.freshness == _FRESH,
            deadline=call.deadline_within(self._budgets.one_claim),
        )
        return enrollment_gate_pb2.CheckClaimResponse(decision=decision_message(decision, explain=request.explain))

    @unary(Permission.GATE_CHECK)
    async def CheckClaims(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> enrollment_gate_pb2.CheckClaimsResponse:
        """A batch, answered in order."""
        return await self._answer_batch(request, call)

    @streaming(Permission.GATE_CHECK)
    async def StreamClaims(  # noqa: N802 - the contract's name
        self, requests: AsyncIterator[enrollment_gate_pb2.CheckClaimsRequest], call: Call
    ) -> AsyncIterator[enrollment_gate_pb2.CheckClaimsResponse]:
        """One batch after the other: the next is read when the last was taken, which is the back-pressure."""
        async for request in requests:
            yield await self._answer_batch(request, call)

    @unary(Permission.GATE_DECISIONS_VIEW)
    async def LookupProvider(  # noqa: N802 - the contract's name
        self, request: enrollment_gate_pb2.LookupProviderRequest, call: Call
    ) -> enrollment_gate_pb2.LookupProviderResponse:
        """Everything the sources say about one provider."""
        as_of = day_in(request.as_of, "as_of") if request.HasField("as_of") else None
        entries = await self._lookup.lookup(
            call.principal.tenant,
            request.npi,
            request.states,
            as_of,
            fresh=request.freshness == _FRESH,
            deadline=call.deadline_within(self._budgets.one_claim),
        )
        await self._records.provider_read(call, request.npi, tuple(entry.state for entry in entries), as_of)
        return enrollment_gate_pb2.LookupProviderResponse(profile=profile_message(request.npi, entries))

    async def _answer_batch(
        self, request: enrollment_gate_pb2.CheckClaimsRequest, call: Call
    ) -> enrollment_gate_pb2.CheckClaimsResponse:
        _refuse_unfit_batch(request.claims)
        answers = await self._checks.check_many(
            call.principal.tenant,
            [submitted(claim) async for claim in in_turns(request.claims)],
            fresh=request.freshness == _FRESH,
            deadline=call.deadline_within(self._budgets.batch, len(request.claims)),
        )
        answered = zip(request.claims, answers, strict=True)
        results = [_result(claim.correlation_id, answer) async for claim, answer in in_turns(answered)]
        return enrollment_gate_pb2.CheckClaimsResponse(results=results)


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
