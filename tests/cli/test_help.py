"""What the command line says of itself, and how little it loads to say it."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

from gate.cli.main import app
from tests.cli.shell import Shell

_HEAVY = ("aiohttp", "alembic", "fastapi", "grpc", "redis", "sqlalchemy", "uvicorn")
_COMMANDS = {command.name or "": command.help or "" for command in app.registered_commands}
_BELOW = (
    *(("tenants", name) for name in ("list", "show", "configure", "mode", "mode-changes")),
    ("sources", "list"),
    *(("audit", name) for name in ("list", "verify", "anchor", "export")),
    *(("jobs", name) for name in ("list", "run", "history")),
    *(("keys", name) for name in ("create", "list", "revoke")),
)


def test_the_list_of_commands_names_each_with_its_own_first_sentence() -> None:
    for name, listed in _COMMANDS.items():
        identifier = name.replace("-", "_")
        command = getattr(import_module(f"gate.cli.{identifier}"), identifier)
        own = inspect.getdoc(command) if inspect.isfunction(command) else command.info.help
        assert own is not None
        assert own.partition("\n\n")[0] == listed


def test_help_lists_every_command(lonely: Shell) -> None:
    ran = lonely.script("--help")
    assert ran.code == 0
    assert all(f" {name} " in ran.out and sentence in ran.out for name, sentence in _COMMANDS.items())


@pytest.mark.parametrize("command", [*((name,) for name in _COMMANDS), *_BELOW], ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    ran = CliRunner().invoke(app, [*command, "-h"])
    assert ran.exit_code == 0
    assert f"Usage: gate {' '.join(command)} " in ran.output


@pytest.mark.parametrize("arguments", [["--help"], ["token", "--tenant", "acme", "--role", "pipeline"]], ids=" ".join)
def test_what_needs_no_server_loads_none_of_its_libraries(arguments: list[str], lonely: Shell) -> None:
    program = (
        "import sys; from gate.cli.main import app\n"
        f"try: app({arguments!r})\n"
        f"finally: print(*(name for name in {_HEAVY!r} if name in sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=lonely.environment, capture_output=True, text=True, check=True
    )
    assert ran.stderr == "\n"


def test_a_misspelt_command_is_told_what_was_probably_meant(lonely: Shell) -> None:
    ran = lonely.gate("chekc")
    assert ran.code == 2
    assert "'check'" in ran.err
