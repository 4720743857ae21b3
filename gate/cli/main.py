"""The console script `gate`."""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

_COMMANDS: Final = {
    "demo": "Check a claim file against the portals' doubles, and keep serving until Ctrl-C.",
    "serve": "Serve gRPC and HTTP until stopped (SIGTERM or Ctrl-C); calls in flight are finished first.",
    "sandbox": "Serve the doubles of the five portals until stopped.",
    "migrate": "Bring the database to the schema of this release. Safe to run from several places at once.",
    "jobs": "Work that is done on a schedule; in this process, on the database.",
    "check": "Check one claim.",
    "check-file": "Check a file of claims: one result per claim, in file order, and a summary on standard error.",
    "decisions": "List the decisions given, newest first.",
    "explain": "Explain one decision: the sentence, the periods, the rule, and who configured it.",
    "replay": "Judge a kept claim once more by what was kept: it must come to the same answer.",
    "lookup": "Show what is known of one provider, now or as of a day in the past.",
    "tenants": "What tenants configured, and their modes.",
    "sources": "The sources that can be asked.",
    "audit": "The audit log: who did what, when, and that nobody changed it since.",
    "accounts": "Who signs in to the portal, and what they may do where.",
    "keys": "API keys of service accounts.",
    "token": "Print one token signed with the local development key.",
    "bench": "Measure this installation against bare counterparts, in one run, and say which figures hold.",
}
"""The first sentence of each command's own help. Each is in the module of its name, under its name."""

_PANELS: Final = {
    "Service": ("demo", "serve", "sandbox", "migrate", "jobs", "bench"),
    "Claims and their decisions": ("check", "check-file", "decisions", "explain", "replay", "lookup"),
    "Tenants": ("tenants", "sources", "audit"),
    "Who may do what": ("accounts", "keys", "token"),
}
"""How `gate --help` sorts them."""


class _LateGroup(TyperGroup):
    """Imports a command when it is to be run: listing them all must not cost what importing them all would."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - the library's own types are private
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else _imported(name), rest


def _imported(name: str) -> Any:  # noqa: ANN401 - as above
    identifier = name.replace("-", "_")
    command = getattr(import_module(f"gate.cli.{identifier}"), identifier)
    if isinstance(command, typer.Typer):
        return typer.main.get_group(command)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(command)
    return typer.main.get_command(alone)


def _listed() -> None:
    """Stands for a command in the list of them; `_LateGroup` runs the real one."""


app = typer.Typer(
    cls=_LateGroup,
    name="gate",
    help="Is the rendering provider enrolled in this state's Medicaid on the date of service?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _panel, _names in _PANELS.items():
    for _name in _names:
        app.command(_name, help=_COMMANDS[_name], rich_help_panel=_panel)(_listed)


def main() -> None:
    """Run the command line."""
    app()
