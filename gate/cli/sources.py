"""`gate sources`: every source as a tenant would ask it."""

import json
from datetime import UTC

import typer

from gate.cli.admin import CALL_SECONDS, ask_admin
from gate.cli.options import AsJson, ConfigFile, Tenant
from gate.cli.rendering import enum_name, plain
from gate.cli.tables import show_table
from gate.v1 import gate_admin_pb2

sources = typer.Typer(help="The sources that can be asked.", no_args_is_help=True)


@sources.command("list")
def list_sources(tenant: Tenant = None, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List every source with its condition."""
    answer = ask_admin(
        config,
        tenant,
        lambda admin, metadata: admin.ListSources(
            gate_admin_pb2.ListSourcesRequest(), metadata=metadata, timeout=CALL_SECONDS
        ),
    )
    if as_json:
        print(json.dumps([plain(source) for source in answer.sources], indent=2))
        return
    show_table(("source", "speaks for", "status", "breaker", "last answer", "last error"), map(_row, answer.sources))


def _row(source: gate_admin_pb2.Source) -> tuple[str, ...]:
    answered = source.HasField("last_success_at")
    return (
        source.name,
        " ".join(source.states) or "every state",
        enum_name(gate_admin_pb2.SourceStatus.DESCRIPTOR, source.status),
        source.breaker,
        f"{source.last_success_at.ToDatetime(UTC):%Y-%m-%d %H:%M:%SZ}" if answered else "",
        source.last_error_kind,
    )
