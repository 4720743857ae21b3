"""`gate sandbox`: the doubles of the five portals alone."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from gate.cli.client import stop
from gate.cli.options import ConfigFile, settings_of
from gate.settings import Environment


def sandbox(
    population: Annotated[Path | None, typer.Option(help="A population in YAML instead of the bundled one.")] = None,
    port: Annotated[int | None, typer.Option(help="Port instead of the one in GATE_SANDBOX_ADDRESS.")] = None,
    config: ConfigFile = None,
) -> None:
    """Serve the doubles of the five portals until stopped."""
    settings = settings_of(config)
    if settings.environment is Environment.PRODUCTION:
        stop("GATE_ENVIRONMENT=production refuses the sandbox")
    host, _, configured_port = settings.sandbox_address.rpartition(":")
    asyncio.run(_serve(host.strip("[]"), port if port is not None else int(configured_port), population))


async def _serve(host: str, port: int, population: Path | None) -> None:
    from sources.sandbox.population import PORTALS, PopulationError, default_population, read_population
    from sources.sandbox.server import start_sandbox

    try:
        people = read_population(population) if population is not None else default_population()
    except (PopulationError, OSError) as error:
        stop(str(error))
    running = await start_sandbox(host, port, people)
    print(f"The portals' doubles serve {len(people.providers)} providers:")
    for portal in PORTALS:
        print(f"  {running.base_url}/{portal}")
    print("Change them while they run: PUT /sandbox/population, PUT /sandbox/faults. Ctrl-C stops.", flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await running.stop()
