"""Claims by the thousand: rows B, over gRPC."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from google.rpc import code_pb2

from gate.rpc.limits import LARGEST_MESSAGE
from gate.v1 import claim_pb2, enrollment_gate_pb2
from tests.e2e.bundled import SUSPENDED, WITH_GAP
from tests.support.callers import Caller, claim, code_of, fields_in, status_in, today
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

INVALID = grpc.StatusCode.INVALID_ARGUMENT
CLIENTS_OWN_LIMIT = 4 * 1024 * 1024
"""Bytes of a response that a gRPC client takes without being told otherwise."""
FITS_THAT_LIMIT = 10_000
"""Answers."""
LONGEST_IDENTIFIERS = {"claim_id": "C" * 38, "correlation_id": "0" * 31}
"""X12 allows 38 characters for CLM01; five digits follow the correlation id to make a UUID's 36."""


def in_full(number: int) -> claim_pb2.Claim:
    """A claim of an enrolled provider with identifiers as long as they come."""
    return claim(
        correlation_id=f"{LONGEST_IDENTIFIERS['correlation_id']}{number:05d}", claim_id=LONGEST_IDENTIFIERS["claim_id"]
    )


async def test_b1_k8_two_days_of_service_of_one_provider_are_two_answers_from_one_call(
    gate: GateInProcess, checked: Caller
) -> None:
    covered, gap = await checked.check_many(
        [claim(WITH_GAP, day=today()), claim(WITH_GAP, day=today() - timedelta(days=550))]
    )

    assert (code_of(covered.decision), code_of(gap.decision)) == ("PASS", "ENROLLMENT_EXPIRED")
    assert gap.decision.detail == "GAP"
    assert gate.calls()["tmhp_pems"] == 1


async def test_b2_a_correlation_id_used_twice_refuses_the_batch_and_names_both_places(checked: Caller) -> None:
    batch = [claim(correlation_id=name) for name in ("a", "b", "a")]

    with pytest.raises(grpc.aio.AioRpcError, match=r"claims\[0\]") as refusal:
        await checked.check_many(batch)

    assert refusal.value.code() is INVALID
    assert fields_in(status_in(refusal.value)) == ["claims[2].correlation_id"]


async def test_claims_without_a_correlation_id_are_no_duplicates_of_each_other(checked: Caller) -> None:
    assert [code_of(result.decision) for result in await checked.check_many([claim(), claim()])] == ["PASS", "PASS"]


async def test_b3_a_malformed_item_gets_its_own_error_and_the_others_their_answers_in_order(checked: Caller) -> None:
    batch = [
        claim(correlation_id="first"),
        claim(state="ZZ", correlation_id="second"),
        claim(SUSPENDED, correlation_id="third"),
        claim("abc", service_date=None, correlation_id="fourth"),
    ]

    first, second, third, fourth = await checked.check_many(batch)

    assert [each.correlation_id for each in (first, second, third, fourth)] == ["first", "second", "third", "fourth"]
    assert (code_of(first.decision), code_of(third.decision)) == ("PASS", "ENROLLMENT_INACTIVE")
    assert (second.error.code, fields_in(second.error)) == (code_pb2.INVALID_ARGUMENT, ["claims[1].state"])
    assert fields_in(fourth.error) == ["claims[3].rendering_npi", "claims[3].service_date"]


async def test_b4_a_batch_over_the_limit_is_refused_with_the_limit(checked: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="10000") as refusal:
        await checked.check_many([claim()] * 10_001)

    assert refusal.value.code() is INVALID
    assert fields_in(status_in(refusal.value)) == ["claims"]


async def test_b4_a_batch_at_the_limit_is_answered_whole(gate: GateInProcess, checked: Caller) -> None:
    options = [("grpc.max_receive_message_length", LARGEST_MESSAGE)]
    async with grpc.aio.insecure_channel(gate.grpc_address, options=options) as channel:
        roomy = Caller(channel, gate.data_dir, checked.tenant)
        batch = [in_full(number) for number in range(10_000)]
        results = await roomy.check_many(batch, seconds=60)

    assert [result.correlation_id for result in results] == [each.correlation_id for each in batch]
    assert {code_of(result.decision) for result in results} == {"PASS"}
    size_of_each = max(result.ByteSize() for result in results)
    assert size_of_each * FITS_THAT_LIMIT < CLIENTS_OWN_LIMIT


async def test_other_callers_are_heard_while_a_large_batch_is_answered(gate: GateInProcess, checked: Caller) -> None:
    await checked.check(in_full(0))
    # Each asks something else, so that none is answered with what is ready.
    claims = [claim(correlation_id=str(number), taxonomy_code=f"{number:010}") for number in range(FITS_THAT_LIMIT)]
    batch = asyncio.create_task(checked.check_many(claims))
    heard = 0
    while not batch.done():
        await checked.check(claim())
        heard += 1

    assert len(await batch) == FITS_THAT_LIMIT
    assert heard > 10


async def test_an_empty_batch_has_an_empty_answer(checked: Caller) -> None:
    assert await checked.check_many([]) == []


async def test_in_a_stream_an_unfit_batch_ends_the_stream_after_the_answers_before_it(checked: Caller) -> None:
    answered: list[enrollment_gate_pb2.CheckClaimsResponse] = []

    async def read() -> None:
        async for response in checked.stream([[claim()], [claim(correlation_id="a"), claim(correlation_id="a")]]):
            answered.append(response)  # noqa: PERF401 - a comprehension would keep nothing of what came before the error

    with pytest.raises(grpc.aio.AioRpcError, match="correlation_id"):
        await read()

    assert [code_of(result.decision) for response in answered for result in response.results] == ["PASS"]
