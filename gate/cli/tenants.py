"""`gate tenants`: what tenants configured, and their modes."""

import json
from collections.abc import Iterator
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.json_format import ParseError

from gate.cli.admin import CALL_SECONDS, ask_admin
from gate.cli.ending import stop
from gate.cli.options import AsJson, ConfigFile, Tenant
from gate.cli.rendering import enum_name, plain
from gate.cli.tables import show_table
from gate.cli.tenant_files import message_of
from gate.v1 import decision_pb2, gate_admin_pb2

tenants = typer.Typer(help="What tenants configured, and their modes.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why; kept with the change.")]


class Mode(StrEnum):
    """As operators write it; `warn` and `disabled` are other words for audit and off."""

    AUDIT = "audit"
    ENFORCE = "enforce"
    OFF = "off"
    WARN = "warn"
    DISABLED = "disabled"


_MODES = {
    Mode.AUDIT: decision_pb2.GATE_MODE_AUDIT,
    Mode.WARN: decision_pb2.GATE_MODE_AUDIT,
    Mode.ENFORCE: decision_pb2.GATE_MODE_ENFORCE,
    Mode.OFF: decision_pb2.GATE_MODE_OFF,
    Mode.DISABLED: decision_pb2.GATE_MODE_OFF,
}


@tenants.command("list")
def list_tenants(tenant: Tenant = None, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List the tenants that the credential covers."""
    answer = ask_admin(
        config,
        tenant,
        lambda admin, metadata: admin.ListTenants(
            gate_admin_pb2.ListTenantsRequest(), metadata=metadata, timeout=CALL_SECONDS
        ),
    )
    if as_json:
        print(json.dumps([plain(summary) for summary in answer.tenants], indent=2))
        return
    show_table(("tenant", "mode", "enabled states", "version"), map(_row, answer.tenants))


@tenants.command("show")
def show(
    tenant: Tenant = None,
    effective: Annotated[bool, typer.Option("--effective", help="With inherited values filled in.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Show a tenant's configuration; with --json in the form that `gate tenants configure` reads."""
    answer = ask_admin(
        config,
        tenant,
        lambda admin, metadata: admin.GetTenantConfig(
            gate_admin_pb2.GetTenantConfigRequest(), metadata=metadata, timeout=CALL_SECONDS
        ),
    )
    shown = plain(answer.effective if effective else answer.config)
    if as_json:
        print(json.dumps(shown, indent=2))
        return
    for name, value in shown.items():
        for line in _lines(value):
            print(f"{name:<26}{line}")
    if not effective and not answer.config.version:
        print("Nothing is stored: the deployment's defaults are in force; --effective shows them.")


@tenants.command("configure")
def configure(
    file: Annotated[Path, typer.Argument(help="JSON as `gate tenants show --json` writes it.")],
    reason: Reason = "",
    tenant: Tenant = None,
    config: ConfigFile = None,
) -> None:
    """Store a configuration in place of the version that the file names; version 0 creates."""
    try:
        message = message_of(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        stop(f"{file}: {error.strerror}")
    except (ValueError, ParseError) as error:
        stop(f"{file} is no tenant configuration: {error}")
    answer = ask_admin(
        config,
        tenant,
        lambda admin, metadata: admin.UpdateTenantConfig(
            gate_admin_pb2.UpdateTenantConfigRequest(config=message, reason=reason),
            metadata=metadata,
            timeout=CALL_SECONDS,
        ),
    )
    print(f"Version {answer.config.version} is in force.")
    for warning in answer.warnings:
        print(f"warning: {warning}")


@tenants.command("mode")
def set_mode(  # noqa: PLR0913, PLR0917 - one option per field of a switch
    mode: Annotated[Mode, typer.Argument(help="What to switch to.")],
    reason: Reason,
    tenant: Tenant = None,
    state: Annotated[str, typer.Option(help="Only for this state.")] = "",
    lob: Annotated[str, typer.Option(help="Only for this line of business.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Enforce even where no source is implemented.")] = False,
    config: ConfigFile = None,
) -> None:
    """Switch to observe, enforce or off; at once, and back just as quickly."""
    request = gate_admin_pb2.SetGateModeRequest(
        state=state, line_of_business=lob, mode=_MODES[mode], reason=reason, force=force
    )
    answer = ask_admin(
        config,
        tenant,
        lambda admin, metadata: admin.SetGateMode(request, metadata=metadata, timeout=CALL_SECONDS),
    )
    print(_in_words(answer.change))
    for warning in answer.warnings:
        print(f"warning: {warning}")


@tenants.command("mode-changes")
def mode_changes(
    tenant: Tenant = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=500)] = 50,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List who switched modes, when, and why."""
    answer = ask_admin(
        config,
        tenant,
        lambda admin, metadata: admin.ListModeChanges(
            gate_admin_pb2.ListModeChangesRequest(page_size=limit), metadata=metadata, timeout=CALL_SECONDS
        ),
    )
    if as_json:
        print(json.dumps([plain(change) for change in answer.changes], indent=2))
        return
    for change in answer.changes:
        print(_in_words(change))


def _lines(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """A line for each thing that is set; a list of simple things is one."""
    if isinstance(value, dict):
        yield "  ".join(f"{name}: {line}" for name, field in value.items() for line in _lines(field))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from _lines(item)
    elif isinstance(value, list) and value:
        yield " ".join(str(item) for item in value)
    elif value not in ("", 0, []):
        yield str(value)


def _in_words(change: gate_admin_pb2.ModeChange) -> str:
    modes = decision_pb2.GateMode.DESCRIPTOR
    scope = " ".join(filter(None, (change.state, change.line_of_business))) or "the whole tenant"
    at = f"{change.changed_at.ToDatetime(UTC):%Y-%m-%d %H:%M:%SZ}"
    switched = f"{enum_name(modes, change.from_mode)} to {enum_name(modes, change.to_mode)}"
    return f"{at}  {scope}: {switched} by {change.changed_by}, version {change.config_version}: {change.reason}"


def _row(summary: gate_admin_pb2.TenantSummary) -> tuple[str, ...]:
    mode = enum_name(decision_pb2.GateMode.DESCRIPTOR, summary.gate_mode)
    states = " ".join(summary.enabled_states) or "none: checking is off"
    return summary.tenant, mode, states, str(summary.config_version)
