"""A claim file through a running server: read, check and write overlap, in constant memory and in file order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Final, NamedTuple, Protocol

import grpc

from gate.claimfiles.results import Result, result_of
from gate.cli.client import Metadata, patiently
from gate.cli.file_answers import Answer, answer_of, by_claim, had_no_turn
from gate.cli.file_questions import Batch
from gate.v1 import enrollment_gate_pb2

BATCHES_IN_FLIGHT: Final = 4
BATCH_SECONDS: Final = 120.0
TURNS_WAITED_FOR: Final = 5
"""How often what had no turn at a source is asked again. A file of unknown providers is slowed down to the rate that
the source's contract allows, instead of pending what came too fast."""
_CHECK_CLAIMS: Final = "/gate.v1.EnrollmentGate/CheckClaims"

CheckBatch = Callable[[bytes], Awaitable[enrollment_gate_pb2.CheckClaimsResponse]]
"""Asks about a serialized `CheckClaimsRequest`."""


class Answered(NamedTuple):
    """A batch with what became of it."""

    batch: Batch
    answers: list[list[Answer]]
    """Of each claim, in the order of its questions."""
    results: list[Result]


class ResultSink(Protocol):
    """Takes results in file order."""

    def write(self, answered: Answered) -> None:
        """Append these."""
        ...


def checking_by(channel: grpc.aio.Channel, metadata: Metadata) -> CheckBatch:
    """Ask through `channel`, in requests that were serialized where the file was read.

    It is patient where the server has too much under way.
    """
    # Requests were serialized where the file was read.
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, enrollment_gate_pb2.CheckClaimsResponse] = channel.unary_unary(
        _CHECK_CLAIMS, response_deserializer=enrollment_gate_pb2.CheckClaimsResponse.FromString
    )

    async def check(request: bytes) -> enrollment_gate_pb2.CheckClaimsResponse:
        return await patiently(lambda: method(request, metadata=metadata, timeout=BATCH_SECONDS))

    return check


async def check_claims(batches: AsyncIterable[Batch], check: CheckBatch, sink: ResultSink) -> None:
    """Check batches, a few of them in flight at a time.

    Raises:
        grpc.RpcError: a batch was refused or could not be answered.
        ClaimFileError: the file cannot be read on.
    """
    under_way: deque[asyncio.Task[Answered]] = deque()
    try:
        async for batch in batches:
            under_way.append(asyncio.create_task(_answered(batch, check)))
            if len(under_way) >= BATCHES_IN_FLIGHT:
                sink.write(await under_way.popleft())
        while under_way:
            sink.write(await under_way.popleft())
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _answered(batch: Batch, check: CheckBatch) -> Answered:
    asks = any(claim.questions for claim in batch.claims)
    results = (await check(batch.request)).results if asks else ()
    answers = [answer_of(result) for result in results]
    in_line = [index for index, result in enumerate(results) if had_no_turn(answers[index], result)]
    if in_line:
        await _in_their_turn(batch.request, answers, in_line, check)
    by_claims = by_claim(batch.claims, answers)
    return Answered(batch, by_claims, list(map(result_of, batch.claims, by_claims)))


async def _in_their_turn(request: bytes, answers: list[Answer], in_line: list[int], check: CheckBatch) -> None:
    """Ask again, in the place of what had no turn."""
    asked = enrollment_gate_pb2.CheckClaimsRequest.FromString(request)
    for _ in range(TURNS_WAITED_FOR):
        again = enrollment_gate_pb2.CheckClaimsRequest(
            claims=[asked.claims[index] for index in in_line], freshness=asked.freshness
        )
        results = (await check(again.SerializeToString())).results
        still: list[int] = []
        for index, result in zip(in_line, results, strict=True):
            answers[index] = answer_of(result)
            if had_no_turn(answers[index], result):
                still.append(index)
        if not still:
            return
        in_line = still
