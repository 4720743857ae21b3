"""`gate token`: a token signed with the local development key."""

from datetime import timedelta
from typing import Annotated

import typer

from gate.auth.development import development_key, sign_development_token
from gate.auth.permissions import Role
from gate.cli.ending import stop
from gate.cli.options import ConfigFile, settings_of
from gate.clock import system_clock
from gate.errors import GateError


def token(
    tenant: Annotated[str, typer.Option(help="Tenant the token speaks for.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    sub: Annotated[str, typer.Option(help="Who the token stands for.")] = "command-line",
    ttl: Annotated[int, typer.Option(help="Seconds until it expires.")] = 3600,
    config: ConfigFile = None,
) -> None:
    """Print one token signed with the local development key."""
    settings = settings_of(config)
    if not settings.uses_development_key:
        stop("this deployment's tokens come from its identity provider (GATE_AUTH__JWKS_URL is set)")
    try:
        key = development_key(settings.data_dir)
        print(
            sign_development_token(
                key, tenant=tenant, subject=sub, roles=role, now=system_clock(), ttl=timedelta(seconds=ttl)
            )
        )
    except GateError as error:
        stop(str(error))
