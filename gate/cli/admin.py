"""What the commands for operators share: one call to a service in a tenant's name."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import grpc

from gate.auth.permissions import Role
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.options import settings_of
from gate.v1 import gate_admin_pb2_grpc

Answer = TypeVar("Answer")
Stub = TypeVar("Stub")
CALL_SECONDS = 15


def ask_service(
    config: Path | None,
    tenant: str | None,
    role: Role,
    stub: Callable[[grpc.aio.Channel], Stub],
    ask: Callable[[Stub, Metadata], Awaitable[Answer]],
) -> Answer:
    """The answer to `ask`; a refusal ends the program with its words."""
    settings = settings_of(config)
    metadata = credential(settings, tenant, [role])

    async def call() -> Answer:
        async with channel_to(settings) as channel:
            return await ask(stub(channel), metadata)

    return carry_out(settings, call())


def ask_admin(
    config: Path | None,
    tenant: str | None,
    ask: "Callable[[gate_admin_pb2_grpc.GateAdminAsyncStub, Metadata], Awaitable[Answer]]",  # a name of the stubs only
) -> Answer:
    """The answer of `GateAdmin` to `ask`; a refusal ends the program with its words."""
    return ask_service(config, tenant, Role.GATE_OPERATOR, gate_admin_pb2_grpc.GateAdminStub, ask)
