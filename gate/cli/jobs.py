"""`gate jobs`: work that is done on a schedule, by cron or a Kubernetes CronJob. Runs here, not in the server."""

import asyncio
import json
from typing import Annotated

import typer

from gate.cli.ending import stop
from gate.cli.options import AsJson, ConfigFile, settings_of
from gate.errors import GateError
from gate.settings import Settings

jobs = typer.Typer(help="Work that is done on a schedule; in this process, on the database.", no_args_is_help=True)
run = typer.Typer(help="Run one job now, once; it may be interrupted and run again.", no_args_is_help=True)
jobs.add_typer(run, name="run")


@run.command("ledger-retention")
def ledger_retention(
    tenant: Annotated[
        list[str] | None, typer.Option(help="Only this tenant's ledger; may be given several times. Default: all.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Delete decisions older than GATE_LEDGER__RETENTION_DAYS, and evidence that nobody refers to any more.

    Exit code: 0 done, 2 not; what was deleted by then stays deleted, and the next run goes on from there.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from gate.observability.logging import configure_logging

    settings = settings_of(config)
    configure_logging(settings.log_level)
    try:
        done = asyncio.run(_apply(settings, tenant or [], as_json=as_json))
    except GateError as error:
        stop(str(error))
    except SQLAlchemyError as error:
        stop(
            f"the database refuses ({type(error).__name__}); does it have the schema of this release? See gate migrate"
        )
    if not done and not as_json:
        print("There is no ledger yet.")


async def _apply(settings: Settings, tenants: list[str], *, as_json: bool) -> int:
    from gate.bootstrap import retained

    done = 0
    async for each in retained(settings, tenants):
        done += 1
        if as_json:
            print(json.dumps({"tenant": each.tenant, "decisions": each.decisions, "evidence": each.evidence}))
        else:
            print(f"{each.tenant}: {each.decisions:,} decisions and {each.evidence:,} pieces of evidence deleted")
    return done
