"""The console script `gate`."""

import typer

from gate.cli.check import check
from gate.cli.check_file import check_file
from gate.cli.demo import demo
from gate.cli.migrate import migrate
from gate.cli.sandbox import sandbox
from gate.cli.serve import serve
from gate.cli.sources import sources
from gate.cli.tenants import tenants
from gate.cli.token import token

app = typer.Typer(
    name="gate",
    help="Is the rendering provider enrolled in this state's Medicaid on the date of service?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, serve, check, check_file, sandbox, token, migrate):
    app.command(command.__name__.replace("_", "-"))(command)
app.add_typer(tenants, name="tenants")
app.add_typer(sources, name="sources")


def main() -> None:
    """Run the command line."""
    app()
