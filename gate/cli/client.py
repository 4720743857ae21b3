"""The command line's way to a running server: address, credential, and errors in words."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import grpc
import typer
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from gate.auth.development import development_key, sign_development_token
from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.errors import GateError
from gate.rpc.server import LARGEST_MESSAGE
from gate.settings import Settings

TOKEN_VARIABLE: Final = "GATE_TOKEN"  # noqa: S105 - the name of a variable
CA_VARIABLE: Final = "GATE_CLIENT_CA_FILE"
_RETRY_WHILE_RESTARTING: Final = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{"service": "gate.v1.EnrollmentGate"}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.2s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)
"""A check may be asked again: it changes nothing at the server."""
FAILED: Final = 2
"""Exit code: the command could not be carried out."""

Answer = TypeVar("Answer")


def credential(settings: Settings, tenant: str | None, roles: Sequence[Role]) -> str:
    """The token of `GATE_TOKEN`; else one for `tenant` signed with the local development key."""
    if token := os.environ.get(TOKEN_VARIABLE):
        return token
    if tenant is None:
        stop(f"whose claims are these? Set {TOKEN_VARIABLE}, or name --tenant to sign with the local development key.")
    key = development_key(settings.data_dir)
    return sign_development_token(
        key, tenant=tenant, subject="command-line", roles=roles, now=system_clock(), ttl=timedelta(hours=1)
    )


@asynccontextmanager
async def channel_to(settings: Settings) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the configured address; TLS when `GATE_CLIENT_CA_FILE` names whom to trust."""
    options = [
        ("grpc.max_receive_message_length", LARGEST_MESSAGE),
        ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ("grpc.service_config", _RETRY_WHILE_RESTARTING),
    ]
    if ca_file := os.environ.get(CA_VARIABLE):
        trusted = grpc.ssl_channel_credentials(Path(ca_file).read_bytes())  # noqa: ASYNC240 - before anything runs
        channel = grpc.aio.secure_channel(settings.grpc_address, trusted, options=options)
    else:
        channel = grpc.aio.insecure_channel(settings.grpc_address, options=options)
    async with channel:
        yield channel


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Call metadata that carries the token."""
    return (("authorization", f"Bearer {token}"),)


def in_words(error: grpc.RpcError) -> str:
    """What went wrong, with the fields a refusal names."""
    if not isinstance(error, grpc.aio.AioRpcError):
        return str(error)
    if error.code() is grpc.StatusCode.UNAVAILABLE and "onnect" in (error.details() or ""):
        return "no server answers there; is `gate serve` running?"
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads what this error has too
    if status is not None and status.details:
        return f"{error.code().name}: {in_words_of_status(status)}"
    return f"{error.code().name}: {error.details()}"


def in_words_of_status(status: status_pb2.Status) -> str:
    """A refusal with the fields it names."""
    violations = []
    for detail in status.details:
        bad_request = error_details_pb2.BadRequest()
        if detail.Unpack(bad_request):
            violations += [f"{violation.field} {violation.description}" for violation in bad_request.field_violations]
    return "; ".join(violations) or str(status.message)


def carry_out(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work; a refusal ends the program with its words and exit code 2."""
    try:
        return asyncio.run(work)
    except grpc.RpcError as error:
        stop(in_words(error))
    except GateError as error:
        stop(str(error))


def warn(message: str) -> None:
    """Say what the user should know while the work goes on."""
    print(f"gate: {message}", file=sys.stderr)


def stop(message: str) -> NoReturn:
    """End the program because the command could not be carried out."""
    print(f"gate: {message}", file=sys.stderr)
    raise typer.Exit(FAILED)
