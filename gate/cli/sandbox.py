"""`gate sandbox`: the doubles of the five portals alone."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gate.cli.options import ConfigFile, settings_of
from gate.cli.portals import refuse_in_production, started_portals
from gate.cli.stopping import until_stopped
from gate.settings import Settings
from sources.sandbox.population import PORTALS


def sandbox(
    population: Annotated[Path | None, typer.Option(help="A population in YAML instead of the bundled one.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port instead of the one in GATE_SANDBOX_ADDRESS.", min=0, max=65_535)
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Serve the doubles of the five portals until stopped."""
    settings = settings_of(config)
    refuse_in_production(settings)
    asyncio.run(_serve(settings, population, port))


async def _serve(settings: Settings, population: Path | None, port: int | None) -> None:
    running = await started_portals(settings, population=population, port=port)
    print("The portals' doubles:")
    for portal in PORTALS:
        print(f"  {running.base_url}/{portal}")
    print("Change them while they run: PUT /sandbox/population, PUT /sandbox/faults. Ctrl-C stops.", flush=True)
    await until_stopped()
    await running.stop()
