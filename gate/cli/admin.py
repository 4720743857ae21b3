"""What the commands for operators share: one call to `GateAdmin` in a tenant's name."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gate.auth.permissions import Role
from gate.cli.client import bearer, carry_out, channel_to, credential
from gate.cli.options import settings_of
from gate.v1 import gate_admin_pb2_grpc

Answer = TypeVar("Answer")
Metadata = tuple[tuple[str, str], ...]
CALL_SECONDS = 15


def ask_admin(
    config: Path | None,
    tenant: str | None,
    ask: "Callable[[gate_admin_pb2_grpc.GateAdminAsyncStub, Metadata], Awaitable[Answer]]",  # a name of the stubs only
) -> Answer:
    """The answer to `ask`; a refusal ends the program with its words."""
    settings = settings_of(config)
    token = credential(settings, tenant, [Role.GATE_OPERATOR])

    async def call() -> Answer:
        async with channel_to(settings) as channel:
            return await ask(gate_admin_pb2_grpc.GateAdminStub(channel), bearer(token))

    return carry_out(settings, call())
