"""A caller finds its request again: the name it gave, or was given, is in the answer and on the log."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import grpc
import pytest

from gate.v1 import enrollment_gate_pb2
from tests.support.callers import CALL_SECONDS, Caller, claim
from tests.support.gates import GateInProcess, gate_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HEADER = "x-request-id"


async def name_of(call: Any) -> str:
    """As the trailing metadata of a call tell it, whether it was answered or refused."""
    trailing = await call.trailing_metadata()
    (name,) = [str(value) for key, value in trailing or () if key == _HEADER]
    return name


def checking(caller: Caller, *named: str, npi: str = "1234567893") -> Any:
    request = enrollment_gate_pb2.CheckClaimRequest(claim=claim(npi))
    metadata = (*caller.metadata, *((_HEADER, name) for name in named))
    return caller.gate.CheckClaim(request, metadata=metadata, timeout=CALL_SECONDS)


async def test_the_answer_names_the_request_as_its_caller_did(caller: Caller) -> None:
    assert await name_of(checking(caller, "claim-run-17")) == "claim-run-17"


async def test_a_request_without_a_fitting_name_is_given_one(caller: Caller) -> None:
    given = [await name_of(checking(caller, *named)) for named in ((), ("",), ("A" * 200,))]
    assert [UUID(name).version for name in given] == [7, 7, 7]
    assert len(set(given)) == 3


async def test_refusals_are_named_too_beside_their_details(caller: Caller) -> None:
    call = checking(caller, "claim-run-18", npi="nobody")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert {key for key, _ in refusal.value.trailing_metadata() or ()} == {_HEADER, "grpc-status-details-bin"}
    assert await name_of(call) == "claim-run-18"


async def test_http_requests_are_named_as_well(gate: GateInProcess) -> None:
    async with aiohttp.ClientSession(gate.http_url) as session:
        async with session.get("/healthz", headers={_HEADER: "look-1"}) as answer:
            assert answer.headers[_HEADER] == "look-1"
        async with session.get("/nowhere") as answer:
            assert (answer.status, UUID(answer.headers[_HEADER]).version) == (404, 7)


async def test_what_is_logged_for_a_call_carries_its_name(tmp_path: Path) -> None:
    environment = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate, gate.caller("acme") as caller:
        await checking(caller, "claim-run-19", npi="1000000004")
        async with asyncio.timeout(10):
            while "claims_would_pend" not in gate.log:  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.05)
    lines = [json.loads(line) for line in gate.log.splitlines()]
    would_pend = [line for line in lines if line["event"] == "claims_would_pend"]
    assert {claim["request_id"] for line in would_pend for claim in line["first"]} == {"claim-run-19"}
    assert not [line for line in would_pend if "request_id" in line], "such a line tells of many requests"
    assert all("request_id" not in line for line in lines if line["event"] == "serving")
