"""`gate keys`: API keys of service accounts."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from gate.auth.permissions import Permission, Role
from gate.cli.admin import CALL_SECONDS, ask_service
from gate.cli.client import Metadata
from gate.cli.ending import warn
from gate.cli.options import AsJson, ConfigFile, Tenant
from gate.cli.rendering import plain
from gate.cli.tables import show_table
from gate.clock import system_clock
from gate.v1 import access_pb2, access_pb2_grpc

keys = typer.Typer(help="API keys of service accounts.", no_args_is_help=True)

_MOST_DAYS = 366
_PAGE = 500
Answer = TypeVar("Answer")


@keys.command("create")
def create(  # noqa: PLR0913, PLR0917 - options of one command
    account: Annotated[str, typer.Option(help="Name of the service account; it may have several keys.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times; nobody gives what they do not hold.")],
    days: Annotated[int, typer.Option(help="Until it expires.", min=1, max=_MOST_DAYS)],
    only: Annotated[
        list[Permission] | None, typer.Option(help="Of what the roles allow, only this; may be given several times.")
    ] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Make a key and print it, this once; alone on standard output."""
    expires_at = Timestamp()
    expires_at.FromDatetime(system_clock() + timedelta(days=days) - timedelta(minutes=1))  # clocks may differ
    request = access_pb2.CreateApiKeyRequest(
        service_account=account, roles=role, narrowed_to=only or [], expires_at=expires_at
    )
    made = _ask(
        config, tenant, lambda access, metadata: access.CreateApiKey(request, metadata=metadata, timeout=CALL_SECONDS)
    )
    if as_json:
        print(json.dumps(plain(made), indent=2))
        return
    warn(f"key {made.api_key.key_id} of {account} is shown this once; it expires {_minute(made.api_key.expires_at)}")
    print(made.token)


@keys.command("list")
def list_keys(tenant: Tenant = None, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List the tenant's keys, newest first, those that are good no more too."""

    async def every_page(access: "access_pb2_grpc.AccessAsyncStub", metadata: Metadata) -> list[access_pb2.ApiKey]:
        found: list[access_pb2.ApiKey] = []
        request = access_pb2.ListApiKeysRequest(page_size=_PAGE)
        while True:
            answer = await access.ListApiKeys(request, metadata=metadata, timeout=CALL_SECONDS)
            found += answer.api_keys
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    found = _ask(config, tenant, every_page)
    if as_json:
        print(json.dumps([plain(key) for key in found], indent=2))
        return
    now = system_clock()
    show_table(
        ("key", "account", "roles", "only", "made by", "expires", "last used", "state"),
        (_row(key, now) for key in found),
    )


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `gate keys list` shows it.")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Revoke a key for good; within a second it opens nothing any more."""
    request = access_pb2.RevokeApiKeyRequest(key_id=key_id)
    revoked = _ask(
        config, tenant, lambda access, metadata: access.RevokeApiKey(request, metadata=metadata, timeout=CALL_SECONDS)
    ).api_key
    if as_json:
        print(json.dumps(plain(revoked), indent=2))
        return
    print(f"{key_id} of {revoked.service_account}: revoked {_minute(revoked.revoked_at)} by {revoked.revoked_by}")


def _ask(
    config: Path | None,
    tenant: str | None,
    ask: "Callable[[access_pb2_grpc.AccessAsyncStub, Metadata], Awaitable[Answer]]",  # a name of the stubs only
) -> Answer:
    return ask_service(config, tenant, Role.ORG_ADMIN, access_pb2_grpc.AccessStub, ask)


def _row(key: access_pb2.ApiKey, now: datetime) -> tuple[str, ...]:
    expired = key.expires_at.ToDatetime(UTC) <= now
    return (
        key.key_id,
        key.service_account,
        " ".join(key.roles),
        " ".join(key.narrowed_to) or "-",
        key.created_by,
        _minute(key.expires_at),
        _minute(key.last_used_at) if key.HasField("last_used_at") else "never",
        f"revoked by {key.revoked_by}" if key.HasField("revoked_at") else "expired" if expired else "good",
    )


def _minute(instant: Timestamp) -> str:
    return f"{instant.ToDatetime(UTC):%Y-%m-%d %H:%MZ}"
