"""A file slows down to what a source allows: what had no turn there is asked again, and only that."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date

from gate.claimfiles.model import ClaimKind, FileClaim
from gate.claimfiles.results import ClaimResult, Result
from gate.cli.file_check import TURNS_WAITED_FOR, Answered, check_claims
from gate.cli.file_questions import Batch, batches_of
from gate.v1 import decision_pb2, enrollment_gate_pb2

NPIS = ["1234567893", "1003000639", "1568946812"]


class CrowdedGate:
    """Has a turn for so many claims a call; the rest are told that the source is throttled."""

    def __init__(self, turns: int, error_kind: str = "THROTTLED") -> None:
        self.turns = turns
        self.error_kind = error_kind
        self.asked: list[list[str]] = []

    async def check(self, serialized: bytes) -> enrollment_gate_pb2.CheckClaimsResponse:
        request = enrollment_gate_pb2.CheckClaimsRequest.FromString(serialized)
        self.asked.append([claim.rendering_npi for claim in request.claims])
        await asyncio.sleep(0)
        return enrollment_gate_pb2.CheckClaimsResponse(
            results=[
                enrollment_gate_pb2.ClaimResult(decision=self._decision(has_turn=index < self.turns))
                for index, _ in enumerate(request.claims)
            ]
        )

    def _decision(self, *, has_turn: bool) -> decision_pb2.Decision:
        if has_turn:
            return decision_pb2.Decision(code=decision_pb2.DECISION_CODE_PASS)
        return decision_pb2.Decision(
            code=decision_pb2.DECISION_CODE_SOURCE_UNAVAILABLE,
            sources=[decision_pb2.SourceAnswer(error_kind=self.error_kind)],
        )


class Kept:
    def __init__(self) -> None:
        self.results: list[Result] = []

    def write(self, answered: Answered) -> None:
        self.results.extend(answered.results)


async def batches(claims: Iterable[FileClaim]) -> AsyncIterator[Batch]:
    for batch in batches_of(claims):
        yield batch


async def codes_from(gate: CrowdedGate, npis: Sequence[str] = NPIS) -> list[tuple[str, str]]:
    day = date(2026, 3, 10)
    claims = [
        FileClaim(
            claim_id=npi,
            claim_key=npi,
            kind=ClaimKind.ROW,
            position=1,
            rendering_npi=npi,
            state="TX",
            service_date=day,
            service_end_date=day,
        )
        for npi in npis
    ]
    kept = Kept()
    await check_claims(batches(claims), gate.check, kept)
    return [(result.claim_id, result.code if isinstance(result, ClaimResult) else "") for result in kept.results]


async def test_what_had_no_turn_is_asked_again_until_it_had_one() -> None:
    gate = CrowdedGate(turns=1)
    assert await codes_from(gate) == [(npi, "PASS") for npi in NPIS]
    assert gate.asked == [NPIS, NPIS[1:], NPIS[2:]]


async def test_a_source_that_is_down_is_not_asked_again() -> None:
    gate = CrowdedGate(turns=0, error_kind="UNREACHABLE")
    assert {code for _, code in await codes_from(gate)} == {"SOURCE_UNAVAILABLE"}
    assert len(gate.asked) == 1


async def test_a_source_that_never_has_a_turn_does_not_hold_the_file_for_ever() -> None:
    gate = CrowdedGate(turns=0)
    assert {code for _, code in await codes_from(gate)} == {"SOURCE_UNAVAILABLE"}
    assert len(gate.asked) == 1 + TURNS_WAITED_FOR
