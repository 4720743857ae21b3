"""Reading, checking and writing overlap, and nobody can tell by the results; what had no turn is asked again."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date

import msgspec
import pytest
from google.rpc import status_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.claimfiles.model import ClaimKind, FileClaim
from gate.claimfiles.reading import ClaimFile
from gate.claimfiles.results import ClaimResult, Result, result_of
from gate.cli.file_answers import answer_of
from gate.cli.file_check import BATCHES_IN_FLIGHT, TURNS_WAITED_FOR, Answered, check_claims
from gate.cli.file_questions import Batch, batches_of
from gate.errors import PreconditionFailed
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2

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


class Answering:
    """Decides by the claim alone, and takes its time."""

    def __init__(self, delays: Sequence[float]) -> None:
        self._delays = delays
        self.calls = 0

    async def check(self, serialized: bytes) -> enrollment_gate_pb2.CheckClaimsResponse:
        request = enrollment_gate_pb2.CheckClaimsRequest.FromString(serialized)
        self.calls += 1
        await asyncio.sleep(self._delays[self.calls % len(self._delays)])
        return enrollment_gate_pb2.CheckClaimsResponse(results=[self.result(claim) for claim in request.claims])

    @staticmethod
    def result(claim: claim_pb2.Claim) -> enrollment_gate_pb2.ClaimResult:
        turn = (int(claim.rendering_npi or claim.billing_npi) + claim.service_date.day + claim.line_number) % 6
        if turn == 0:
            return enrollment_gate_pb2.ClaimResult(error=status_pb2.Status(code=3, message=f"no {claim.claim_id}"))
        decision = decision_pb2.Decision(
            code=turn, action=1 + turn % 3, would_action=1 + turn % 2, reason=claim.claim_id
        )
        return enrollment_gate_pb2.ClaimResult(decision=decision)


def one_after_another(content: bytes) -> list[Result]:
    """The plain way: read a claim, ask about it, and only then read the next."""
    results = []
    for claim in ClaimFile(io.BytesIO(content)):
        (batch,) = batches_of([claim])
        asked = enrollment_gate_pb2.CheckClaimsRequest.FromString(batch.request)
        answers = [answer_of(Answering.result(each)) for each in asked.claims]
        results.append(result_of(batch.claims[0], answers))
    return results


rows = st.lists(
    st.tuples(
        st.sampled_from([*NPIS, "12345", ""]),
        st.sampled_from(["TX", "NM", "??"]),
        st.lists(st.tuples(st.sampled_from(NPIS), st.integers(1, 28)), max_size=4),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(rows, st.integers(1, 12), st.lists(st.sampled_from([0.0, 0.0005, 0.002]), min_size=1, max_size=4))
def test_what_overlaps_writes_what_a_plain_loop_writes(
    claims: list[tuple[str, str, list[tuple[str, int]]]], units_per_batch: int, delays: list[float]
) -> None:
    content = b"".join(
        msgspec.json.encode(
            {
                "claim_id": f"A{number}",
                "npi": npi,
                "state": state,
                "dos": "2026-03-10",
                "lines": [{"npi": of_line, "dos": f"2026-03-{day:02}"} for of_line, day in lines],
            }
        )
        + b"\n"
        for number, (npi, state, lines) in enumerate(claims)
    )

    async def overlapping() -> list[Result]:
        async def each() -> AsyncIterator[Batch]:
            for batch in batches_of(ClaimFile(io.BytesIO(content)), units_per_batch=units_per_batch):
                yield batch

        kept = Kept()
        await check_claims(each(), Answering(delays).check, kept)
        return kept.results

    assert asyncio.run(overlapping()) == one_after_another(content)


async def test_an_answer_too_few_is_no_answer_for_the_next_claim() -> None:
    async def forgetful(_: bytes) -> enrollment_gate_pb2.CheckClaimsResponse:
        decision = decision_pb2.Decision(code=decision_pb2.DECISION_CODE_PASS)
        return enrollment_gate_pb2.CheckClaimsResponse(results=[enrollment_gate_pb2.ClaimResult(decision=decision)])

    claims = ClaimFile(io.BytesIO(b"npi,state,dos\n" + b"1234567893,TX,2026-03-10\n" * 2))
    with pytest.raises(PreconditionFailed, match="1 answers to 2 questions"):
        await check_claims(batches(claims), forgetful, Kept())


async def test_no_more_is_read_than_is_under_way() -> None:
    read = 0

    async def each() -> AsyncIterator[Batch]:
        nonlocal read
        claims = ClaimFile(io.BytesIO(b"npi,state,dos\n" + b"1234567893,TX,2026-03-10\n" * 50))
        for batch in batches_of(claims, units_per_batch=1):
            read += 1
            yield batch

    async def never(_: bytes) -> enrollment_gate_pb2.CheckClaimsResponse:
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(check_claims(each(), never, Kept()))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert read == BATCHES_IN_FLIGHT
