"""A claim file through a running server: read, check and write overlap, in constant memory and in file order."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec
from google.protobuf.descriptor import EnumDescriptor
from google.type.date_pb2 import Date

from gate.claimfiles.checks import CheckUnit, checks_of
from gate.claimfiles.model import FileClaim
from gate.claimfiles.results import CheckAnswer, CheckFailure, Result, result_of
from gate.cli.client import in_words_of_status, patiently
from gate.cli.rendering import enum_name
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

UNITS_PER_BATCH: Final = 500
BATCHES_IN_FLIGHT: Final = 4
BATCH_SECONDS: Final = 120.0
TURNS_WAITED_FOR: Final = 5
"""How often what had no turn at a source is asked again. A file of unknown providers is slowed down to the rate that
the source's contract allows, instead of pending what came too fast."""

Metadata = tuple[tuple[str, str], ...]


class _Batch(msgspec.Struct):
    claims: list[tuple[FileClaim, tuple[CheckUnit, ...]]]
    units: int = 0


class ResultSink(Protocol):
    """Takes results in file order."""

    def write(self, results: Iterable[Result]) -> None:
        """Append these."""
        ...


async def check_claims(
    claims: Iterable[FileClaim],
    gate: "enrollment_gate_pb2_grpc.EnrollmentGateAsyncStub",  # a name of the stubs only
    metadata: Metadata,
    sink: ResultSink,
    *,
    fresh: bool = False,
) -> None:
    """Check `claims` in batches, a few of them in flight at a time.

    Raises:
        grpc.RpcError: a batch was refused or could not be answered.
        ClaimFileError: the file cannot be read on.
    """
    freshness = claim_pb2.FRESHNESS_REQUIREMENT_FRESH if fresh else claim_pb2.FRESHNESS_REQUIREMENT_UNSPECIFIED
    under_way: deque[asyncio.Task[list[Result]]] = deque()

    async def asked(questions: Iterable[claim_pb2.Claim]) -> Sequence[enrollment_gate_pb2.ClaimResult]:
        request = enrollment_gate_pb2.CheckClaimsRequest(claims=questions, freshness=freshness)
        if not request.claims:
            return ()
        response = await patiently(lambda: gate.CheckClaims(request, metadata=metadata, timeout=BATCH_SECONDS))
        return response.results

    async def answered(batch: _Batch) -> list[Result]:
        questions = list(_messages(batch))
        answers = list(await asked(questions))
        for _ in range(TURNS_WAITED_FOR):
            in_line = [index for index, answer in enumerate(answers) if _had_no_turn(answer)]
            for index, answer in zip(in_line, await asked(questions[index] for index in in_line), strict=True):
                answers[index] = answer
        return _results(batch, answers)

    try:
        for batch in _batches(claims):
            under_way.append(asyncio.create_task(answered(batch)))
            if len(under_way) >= BATCHES_IN_FLIGHT:
                sink.write(await under_way.popleft())
            else:
                await asyncio.sleep(0)  # let what was just begun go out before more is read
        while under_way:
            sink.write(await under_way.popleft())
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _batches(claims: Iterable[FileClaim]) -> Iterator[_Batch]:
    batch = _Batch([])
    for claim in claims:
        units = checks_of(claim)
        if batch.claims and (batch.units + len(units) > UNITS_PER_BATCH or len(batch.claims) >= UNITS_PER_BATCH):
            yield batch
            batch = _Batch([])
        batch.claims.append((claim, units))
        batch.units += len(units)
    if batch.claims:
        yield batch


def _messages(batch: _Batch) -> Iterator[claim_pb2.Claim]:
    for claim, units in batch.claims:
        for unit in units:
            last = unit.service_end_date
            yield claim_pb2.Claim(
                claim_id=claim.claim_id,
                line_number=unit.line_number,
                rendering_npi=unit.rendering_npi,
                billing_npi=unit.billing_npi,
                state=unit.state,
                service_date=Date(
                    year=unit.service_date.year, month=unit.service_date.month, day=unit.service_date.day
                ),
                service_end_date=Date(year=last.year, month=last.month, day=last.day) if last is not None else None,
                taxonomy_code=unit.taxonomy_code,
                line_of_business=unit.line_of_business,
                charge_cents=unit.charge_cents,
            )


def _had_no_turn(answer: enrollment_gate_pb2.ClaimResult) -> bool:
    unanswered = answer.decision.code == decision_pb2.DECISION_CODE_SOURCE_UNAVAILABLE
    return unanswered and any(source.error_kind == "THROTTLED" for source in answer.decision.sources)


def _results(batch: _Batch, answers: Sequence[enrollment_gate_pb2.ClaimResult]) -> list[Result]:
    """The answers come in the order of the questions."""
    following = iter(answers)
    return [result_of(claim, [(unit, _answer(next(following))) for unit in units]) for claim, units in batch.claims]


def _answer(result: enrollment_gate_pb2.ClaimResult) -> CheckAnswer | CheckFailure:
    if result.HasField("error"):
        return CheckFailure(in_words_of_status(result.error))
    decision = result.decision
    return CheckAnswer(
        code=_CODES[decision.code],
        detail=decision.detail,
        warnings=tuple(decision.warnings),
        action=_ACTIONS[decision.action],
        would_action=_ACTIONS[decision.would_action],
        source=decision.source,
        freshness=_FRESHNESS[decision.freshness],
        decision_id=decision.decision_id,
        reason=decision.reason,
    )


def _names(descriptor: EnumDescriptor) -> dict[int, str]:
    return {number: enum_name(descriptor, number) for number in descriptor.values_by_number}


_CODES: Final = _names(decision_pb2.DecisionCode.DESCRIPTOR)
_ACTIONS: Final = _names(decision_pb2.ClaimAction.DESCRIPTOR)
_FRESHNESS: Final = _names(decision_pb2.Freshness.DESCRIPTOR)
