"""How commands complain and end."""

import sys
from typing import Final, NoReturn

import typer

FAILED: Final = 2
"""Exit code: the command could not be carried out."""


def warn(message: str) -> None:
    """Say what the user should know while the work goes on."""
    print(f"gate: {message}", file=sys.stderr)


def stop(message: str) -> NoReturn:
    """End the program because the command could not be carried out."""
    print(f"gate: {message}", file=sys.stderr)
    raise typer.Exit(FAILED)
