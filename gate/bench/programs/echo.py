"""The bare counterparts: ``python -m gate.bench.programs.echo PORT REPLY [REDIS_URL]``.

A grpc.aio server that decides nothing. REPLY is a file with a `CheckClaimResponse` that a gate once gave. It answers

* `CheckClaim` by reading the request and writing that response;
* `CheckClaims` by reading the request and writing, for each claim, a `ClaimResult` with the claim's correlation
  identifier and one small decision;
* `/gate.bench.Echo/Bytes` by reading the request as `CheckClaims` does, and sending its own bytes back;
* `/gate.bench.Echo/Get`, whose request is a key, by the seconds that one GET of it took in Redis.
"""

import asyncio
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import grpc
from redis.asyncio import Redis

from gate.rpc.limits import LARGEST_MESSAGE
from gate.v1 import decision_pb2, enrollment_gate_pb2

ECHO: Final = "gate.bench.Echo"
_GATE: Final = "gate.v1.EnrollmentGate"
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),
)
_SMALL: Final = decision_pb2.Decision(
    decision_id="019a0000-0000-7000-8000-000000000000",
    code=decision_pb2.DECISION_CODE_PASS,
    action=decision_pb2.CLAIM_ACTION_CONTINUE,
    would_action=decision_pb2.CLAIM_ACTION_CONTINUE,
    mode=decision_pb2.GATE_MODE_AUDIT,
    source="tmhp_pems",
    freshness=decision_pb2.FRESHNESS_MEMORY,
)
"""A batch's decision without its record, reason and times."""
Context: TypeAlias = object
"""Nothing of a call is looked at."""


def handlers(canned: enrollment_gate_pb2.CheckClaimResponse, redis: Redis | None) -> dict[str, dict[str, Any]]:
    """By service and method."""

    async def one(request: enrollment_gate_pb2.CheckClaimRequest, _: Context) -> enrollment_gate_pb2.CheckClaimResponse:
        del request
        return canned

    async def many(
        request: enrollment_gate_pb2.CheckClaimsRequest, _: Context
    ) -> enrollment_gate_pb2.CheckClaimsResponse:
        return enrollment_gate_pb2.CheckClaimsResponse(
            results=[
                enrollment_gate_pb2.ClaimResult(correlation_id=claim.correlation_id, decision=_SMALL)
                for claim in request.claims
            ]
        )

    async def same(request: bytes, _: Context) -> bytes:
        enrollment_gate_pb2.CheckClaimsRequest.FromString(request)
        return request

    async def get(key: bytes, _: Context) -> bytes:
        if redis is None:
            raise RuntimeError("there is no Redis")
        began = time.perf_counter()
        await redis.get(key)
        return struct.pack("d", time.perf_counter() - began)

    return {
        _GATE: {
            "CheckClaim": _unary(
                one,
                enrollment_gate_pb2.CheckClaimRequest.FromString,
                enrollment_gate_pb2.CheckClaimResponse.SerializeToString,
            ),
            "CheckClaims": _unary(
                many,
                enrollment_gate_pb2.CheckClaimsRequest.FromString,
                enrollment_gate_pb2.CheckClaimsResponse.SerializeToString,
            ),
        },
        ECHO: {"Bytes": _unary(same), "Get": _unary(get)},
    }


def _unary(
    behaviour: Callable[[Any, Any], Awaitable[Any]],
    reads: Callable[[bytes], Any] | None = None,
    writes: Callable[[Any], bytes] | None = None,
) -> "grpc.RpcMethodHandler[Any, Any]":  # generic in the stubs only
    return grpc.unary_unary_rpc_method_handler(behaviour, request_deserializer=reads, response_serializer=writes)


async def serve(port: str, reply: bytes, redis_url: str = "") -> None:
    """Until it is ended."""
    canned = enrollment_gate_pb2.CheckClaimResponse.FromString(reply)
    redis = Redis.from_url(redis_url) if redis_url else None
    server = grpc.aio.server(options=_OPTIONS)
    for service, methods in handlers(canned, redis).items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
        server.add_registered_method_handlers(service, methods)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    _, own_port, canned_reply, *redis_at = sys.argv
    asyncio.run(serve(own_port, Path(canned_reply).read_bytes(), *redis_at))
