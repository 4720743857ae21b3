"""Whatever bytes reach an RPC, its answer is a message or a well-formed refusal, in time; and the gate goes on."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Final

import grpc
import pytest
import pytest_asyncio
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.rpc.limits import LARGEST_MESSAGE
from gate.v1 import claim_pb2, enrollment_gate_pb2
from tests.e2e.test_callers import NEEDS
from tests.fuzz.messages import TEXTS, encoded, messages, mutated, nested
from tests.support.callers import Metadata, bearer, claim, code_of, status_in
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SECONDS: Final = 10.0
_SECONDS_TO_FOLLOW: Final = 0.5
_OURS: Final = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
}
"""What may answer a request, however odd."""
_LONGEST_REFUSAL: Final = 8_000
"""Bytes of trailing metadata that every client takes without being told to."""
_ANY_BYTES: Final = st.binary(max_size=200)
_ABSURD: Final = {
    "no message": b"\xff" * 64,
    "no UTF-8": b"\x0a\x02\xff\xfe",
    "a length beyond the end": b"\x0a\xff\xff\xff\xff\x0f",
    "nested 20 000 deep": nested(1, 20_000),
    "one field 200 000 times": b"\x0a\x00" * 200_000,
    "a text of a megabyte": b"\x0a" + bytes([0x80, 0x80, 0x40]) + b"x" * 2**20,
    "fields nobody knows": b"\xfa\xff\xff\x7f\x03abc" * 1000,
}
few = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def _method(rpc: str) -> MethodDescriptor:
    _, service, name = rpc.split("/")
    return descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]


@cache
def credential(gate: GateInProcess) -> Metadata:
    return gate.of("fuzz").metadata


async def answer_to(gate: GateInProcess, rpc: str, content: bytes, metadata: Any = None) -> grpc.StatusCode:
    """How the call ended, once it is sure that it ended well."""
    method = _method(rpc)
    kind = "stream_stream" if method.client_streaming else "unary_stream" if method.server_streaming else "unary_unary"
    ask: Any = getattr(gate.shared_channel, kind)(
        rpc, response_deserializer=GetMessageClass(method.output_type).FromString
    )
    metadata = credential(gate) if metadata is None else metadata
    follows = rpc.endswith("/WatchAlerts")  # and goes on for as long as its caller waits, where it is asked to
    seconds = _SECONDS_TO_FOLLOW if follows else _SECONDS
    call = ask(iter([content]) if method.client_streaming else content, metadata=metadata, timeout=seconds)
    try:
        if kind == "unary_unary":
            await call
        else:
            async for _ in call:
                pass
    except grpc.aio.AioRpcError as error:
        if follows and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return grpc.StatusCode.OK
        refusal = error
    else:
        return grpc.StatusCode.OK
    told = status_in(refusal)
    assert told.message == refusal.details()
    assert told.details or refusal.code() is not grpc.StatusCode.INVALID_ARGUMENT, refusal
    assert sum(len(key) + len(value) for key, value in refusal.trailing_metadata() or ()) < _LONGEST_REFUSAL
    return refusal.code()


async def still_answers(gate: GateInProcess) -> None:
    assert code_of(await gate.of("good").check(claim(), seconds=_SECONDS)) == "PASS"


@pytest_asyncio.fixture(loop_scope="module")
async def lasting(gate: GateInProcess) -> AsyncIterator[GateInProcess]:
    """Still answers a good claim after all the examples of a test."""
    yield gate
    await still_answers(gate)


@pytest.mark.parametrize("rpc", NEEDS)
@few
@given(data=st.data())
async def test_any_message_of_the_right_type(
    lasting: GateInProcess, caplog: pytest.LogCaptureFixture, rpc: str, data: st.DataObject
) -> None:
    request = data.draw(messages(_method(rpc).input_type))

    assert await answer_to(lasting, rpc, request.SerializeToString()) in _OURS
    assert not caplog.records


@pytest.mark.parametrize("rpc", NEEDS)
@few
@given(data=st.data())
async def test_mutated_messages_and_any_bytes(
    lasting: GateInProcess, caplog: pytest.LogCaptureFixture, rpc: str, data: st.DataObject
) -> None:
    content = data.draw(mutated(_method(rpc).input_type) | _ANY_BYTES)

    assert await answer_to(lasting, rpc, content) in _OURS
    assert not caplog.records


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rpc", NEEDS)
@settings(few, max_examples=5_000)
@given(data=st.data())
async def test_for_a_long_time(gate: GateInProcess, rpc: str, data: st.DataObject) -> None:
    taken = _method(rpc).input_type
    content = data.draw(encoded(taken) | mutated(taken) | st.binary(max_size=2_000))
    assert await answer_to(gate, rpc, content) in _OURS
    await still_answers(gate)


@pytest.mark.parametrize("rpc", NEEDS)
async def test_absurd_bytes(lasting: GateInProcess, caplog: pytest.LogCaptureFixture, rpc: str) -> None:
    for what, content in _ABSURD.items():
        assert await answer_to(lasting, rpc, content) in _OURS, what
        assert not caplog.records, what


async def test_a_message_larger_than_the_limit_is_refused_without_being_read(gate: GateInProcess) -> None:
    call: Any = gate.shared_channel.unary_unary("/gate.v1.EnrollmentGate/CheckClaim")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call(b"\x0a" * (LARGEST_MESSAGE + 1), metadata=credential(gate), timeout=_SECONDS)
    assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    await still_answers(gate)


@few
@given(st.lists(st.one_of(st.just(None), messages(claim_pb2.Claim.DESCRIPTOR)), min_size=1, max_size=8), st.booleans())
async def test_one_bad_item_never_fails_the_rest_of_a_batch(
    gate: GateInProcess, items: list[claim_pb2.Claim | None], named: bool
) -> None:
    claims = [claim(claim_id="good") if item is None else item for item in items]
    for number, each in enumerate(claims):
        each.correlation_id = f"{number}" if named else ""

    results = await gate.of("good").check_many(claims)

    assert len(results) == len(claims)
    for item, result in zip(items, results, strict=True):
        assert item is not None or code_of(result.decision) == "PASS"
        assert result.WhichOneof("result") in {"decision", "error"}


@few
@given(TEXTS | st.text(max_size=200))
async def test_credentials_in_odd_encodings_are_refused(gate: GateInProcess, text: str) -> None:
    token = "".join(character for character in text if character.isascii() and character.isprintable())
    for metadata in (
        bearer(token),
        (("authorization", token),),
        (("authorization", f"bEaReR   {token}"),),
        (("authorization-bin", text.encode()),),
        (*credential(gate), *bearer(token)),
    ):
        status = await answer_to(gate, "/gate.v1.EnrollmentGate/CheckClaim", b"", metadata)
        assert status is grpc.StatusCode.UNAUTHENTICATED


async def test_a_caller_that_breaks_off_in_the_middle_of_a_stream_takes_nobody_along(gate: GateInProcess) -> None:
    caller = gate.of("good")
    batch = enrollment_gate_pb2.CheckClaimsRequest(claims=[claim()] * 200)
    for _ in range(10):
        stream = caller.gate.StreamClaims(metadata=caller.metadata, timeout=_SECONDS)
        await stream.write(batch)
        stream.cancel()
    await asyncio.sleep(0.1)
    await still_answers(gate)
