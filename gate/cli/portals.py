"""The doubles of the portals, as the commands that need them start them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.ending import stop
from gate.settings import Environment, Settings

if TYPE_CHECKING:
    from sources.sandbox.server import RunningSandbox


def refuse_in_production(settings: Settings) -> None:
    """Nobody's claims are answered by doubles in production."""
    if settings.environment is Environment.PRODUCTION:
        stop("GATE_ENVIRONMENT=production refuses the sandbox")


async def started_portals(
    settings: Settings, *, population: Path | None = None, port: int | None = None
) -> "RunningSandbox":
    """Serve them at GATE_SANDBOX_ADDRESS, or at another port there; ends the program where that cannot be."""
    # Not for `gate serve` without them.
    from sources.sandbox.population import PopulationError, default_population, read_population
    from sources.sandbox.server import start_sandbox

    try:
        people = read_population(population) if population is not None else default_population()
    except PopulationError as error:
        stop(str(error))
    except OSError as error:
        stop(f"{population}: {error.strerror}")
    host, _, configured_port = settings.sandbox_address.rpartition(":")
    chosen_port = int(configured_port) if port is None else port
    try:
        return await start_sandbox(host.strip("[]"), chosen_port, people)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        stop(f"the sandbox cannot be served at {host}:{chosen_port} (GATE_SANDBOX_ADDRESS): {reason}")
