"""The command line's way to a running server: address, credential, and errors in words."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

from gate.auth.permissions import Role
from gate.cli.ending import stop
from gate.clock import system_clock
from gate.errors import GateError, PreconditionFailed
from gate.rpc.limits import LARGEST_MESSAGE
from gate.rpc.metadata import TENANT_METADATA
from gate.settings import Settings

TOKEN_VARIABLE: Final = "GATE_TOKEN"  # noqa: S105 - the name of a variable
CA_VARIABLE: Final = "GATE_CLIENT_CA_FILE"
CERTIFICATE_VARIABLE: Final = "GATE_CLIENT_CERTIFICATE_FILE"
KEY_VARIABLE: Final = "GATE_CLIENT_KEY_FILE"
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
                    # Calls that reach a server in the moment it closes its door come back as cancelled.
                    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
                },
            }
        ]
    }
)
"""A check may be asked again: it changes nothing at the server."""

PATIENCE_SECONDS: Final = 300.0
"""How long a file's work is sent again to a server that has too much under way. One claim's is for `HASTE_SECONDS`."""
HASTE_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 10.0

Answer = TypeVar("Answer")
Metadata = tuple[tuple[str, str], ...]


def credential(settings: Settings, tenant: str | None, roles: Sequence[Role]) -> Metadata:
    """Call metadata with the token of `GATE_TOKEN`; else with one for `tenant`, signed with the local development key.

    Where both are given, `tenant` goes with the token: the server refuses a token of another tenant, which would
    otherwise be acted for without anybody's noticing.
    """
    if token := os.environ.get(TOKEN_VARIABLE):
        return bearer(token) if tenant is None else (*bearer(token), (TENANT_METADATA, tenant))
    if tenant is None:
        stop(f"whose claims are these? Set {TOKEN_VARIABLE}, or name --tenant to sign with the local development key.")
    return signed(settings, tenant, roles)


def signed(settings: Settings, tenant: str, roles: Sequence[Role]) -> Metadata:
    """Call metadata with a token that the local development key signed just now."""
    # What signs takes a tenth of a second to import, which who has a token shall not wait for.
    from gate.auth.development import development_key, sign_development_token

    try:
        key = development_key(settings.data_dir)
        token = sign_development_token(
            key, tenant=tenant, subject="command-line", roles=roles, now=system_clock(), ttl=timedelta(hours=1)
        )
    except (GateError, OSError) as error:
        stop(str(error))
    return bearer(token)


@asynccontextmanager
async def channel_to(settings: Settings) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the configured address; TLS when `GATE_CLIENT_CA_FILE` names whom to trust.

    `GATE_CLIENT_CERTIFICATE_FILE` and `GATE_CLIENT_KEY_FILE` are shown to a server that asks for a certificate.

    Raises:
        PreconditionFailed: one of the files cannot be read, or another has to be named beside it.
    """
    options = [
        ("grpc.max_receive_message_length", LARGEST_MESSAGE),
        ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ("grpc.service_config", _RETRY_WHILE_RESTARTING),
    ]
    if (credentials := _channel_credentials()) is not None:
        channel = grpc.aio.secure_channel(settings.grpc_address, credentials, options=options)
    else:
        channel = grpc.aio.insecure_channel(settings.grpc_address, options=options)
    async with channel:
        yield channel


def _channel_credentials() -> grpc.ChannelCredentials | None:
    trusted, certificate, key = map(_content, (CA_VARIABLE, CERTIFICATE_VARIABLE, KEY_VARIABLE))
    if (certificate is None) != (key is None) or (trusted is None and certificate is not None):
        raise PreconditionFailed(f"{CERTIFICATE_VARIABLE} and {KEY_VARIABLE} need each other, and {CA_VARIABLE}")
    return None if trusted is None else grpc.ssl_channel_credentials(trusted, key, certificate)


def _content(variable: str) -> bytes | None:
    """Of the file that the variable names, if it names one."""
    file = os.environ.get(variable)
    if not file:
        return None
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise PreconditionFailed(f"{variable}: {file}: {error.strerror}") from error


def bearer(token: str) -> Metadata:
    """Call metadata that carries the token."""
    return (("authorization", f"Bearer {token}"),)


async def patiently(ask: Callable[[], Awaitable[Answer]], seconds: float = PATIENCE_SECONDS) -> Answer:
    """The answer to `ask`, asked again for so long while the server says that it has too much under way.

    Pauses grow, and are no two clients' alike: whoever comes back at once, or all together, is the overload.

    Raises:
        grpc.RpcError: any other refusal, or still that one.
    """
    again = AsyncRetrying(
        retry=retry_if_exception(_asks_to_come_back),
        wait=wait_random_exponential(multiplier=0.5, min=0.5, max=_LONGEST_PAUSE_SECONDS),
        stop=stop_after_delay(seconds),
        reraise=True,
    )

    async def once() -> Answer:
        return await ask()

    return await again(once)


def _asks_to_come_back(error: BaseException) -> bool:
    """RESOURCE_EXHAUSTED alone also means a message too large for anybody, which no patience makes smaller."""
    if not isinstance(error, grpc.aio.AioRpcError) or error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
        return False
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads what this error has too
    return status is not None and any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in status.details)


def in_words(error: grpc.RpcError, address: str) -> str:
    """What went wrong at `address`, with the fields a refusal names."""
    if not isinstance(error, grpc.aio.AioRpcError):
        return str(error)
    if error.code() is grpc.StatusCode.UNAVAILABLE and "onnect" in (error.details() or ""):
        return f"no server answers at {address}; is `gate serve` running?"
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"the server at {address} did not answer in time"
    if _asks_to_come_back(error):
        return f"the server at {address} has too much under way; try again in a moment"
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


def carry_out(settings: Settings, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work; a refusal ends the program with its words and exit code 2."""
    try:
        return asyncio.run(work)
    except grpc.RpcError as error:
        stop(in_words(error, settings.grpc_address))
    except GateError as error:
        stop(str(error))
