"""The options that commands share."""

from datetime import UTC, date, datetime
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated

import typer

from gate.cli.ending import stop
from gate.settings import Settings, load_settings

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", help="A TOML file with settings; environment variables come first.", exists=True, dir_okay=False
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", help="Speak for this tenant; without GATE_TOKEN, by the local development key."),
]


def instant(text: str) -> datetime:
    """An ISO date or instant from the command line; without a zone, UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a time is written like 2026-03-10 or 2026-03-10T14:30Z") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=instant, metavar="TIME", help="From this day or instant on; without a zone, UTC."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", parser=instant, metavar="TIME", help="Before this day or instant; without a zone, UTC."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]


def settings_of(config: Path | None) -> Settings:
    """The settings of this process, or the end of it with every key that does not fit."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    try:
        return load_settings(config)
    except ValidationError as error:
        problems = [
            f"  {_key(problem['loc'])}{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False)
        ]
        stop("the settings do not fit:\n" + "\n".join(problems))
    except (SettingsError, TOMLDecodeError, OSError) as error:
        stop(f"the settings cannot be read: {error}")


def day(text: str) -> date:
    """An ISO calendar date from the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a date is written like 2026-03-10") from None


def _key(location: tuple[int | str, ...]) -> str:
    return f"GATE_{'__'.join(str(part).upper() for part in location)}: " if location else ""
