"""`gate jobs`: scheduled work, run by hand or by a Kubernetes CronJob, and how it went. Works on the database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gate.cli.ending import stop, warn
from gate.cli.options import AsJson, ConfigFile, instant, settings_of
from gate.cli.tables import show_table
from gate.errors import GateError
from gate.settings import Settings

if TYPE_CHECKING:
    from gate.jobs.model import Run
    from gate.wiring.work import Work

jobs = typer.Typer(help="Work that is done on a schedule; in this process, on the database.", no_args_is_help=True)
_RETENTION: Final = "ledger-retention"


@jobs.command("list")
def list_jobs(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List every job: when it is due, when it ran last, and how that went."""

    async def overview(work: "Work") -> None:
        views = await work.desk.overview()
        if as_json:
            told = [
                {
                    "job": view.name,
                    "title": view.title,
                    "schedule": view.schedule,
                    "next_due": _time(view.next_due),
                    "succeeded_at": _time(view.succeeded_at),
                    "last_run": None if view.last_run is None else _plain(view.last_run),
                }
                for view in views
            ]
            print(json.dumps(told, indent=2))
            return
        show_table(
            ("job", "schedule", "next", "last run", "result"),
            (
                (
                    view.name,
                    view.schedule,
                    _minute(view.next_due),
                    "never" if view.last_run is None else _minute(view.last_run.started_at),
                    "-" if view.last_run is None else view.last_run.state.value,
                )
                for view in views
            ),
        )

    _on_jobs(config, overview)


@jobs.command("run")
def run(
    name: Annotated[str, typer.Argument(help="As `gate jobs list` shows it.")],
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at", parser=instant, metavar="TIME", help="As of this day or instant; once for each. Default: now."
        ),
    ] = None,
    tenant: Annotated[
        list[str] | None,
        typer.Option(help="ledger-retention: only this tenant's ledger, off the record of runs; several times."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Run one job once, in this process; it may be interrupted and run again.

    Exit code: 0 done, by this run or by another process that is at it; 2 it failed, or the database cannot be reached.
    """
    if tenant:
        _run_for_tenants(name, tenant, config, as_json=as_json)
        return

    async def perform(work: "Work") -> None:
        job = work.desk.job(name)
        begun = await work.runner.claim_for(job, at or work.clock())
        if begun is None:
            warn(f"{name}: nothing to do: another process is at it, or it ran for that time already")
            return
        ended = await work.runner.perform(job, begun, at)
        if as_json:
            print(json.dumps(_plain(ended)))
        else:
            print(_sentence(ended))
        if ended.error:
            stop(f"{name} failed: {ended.error}")

    _on_jobs(config, perform)


@jobs.command("history")
def history(
    name: Annotated[str, typer.Argument(help="As `gate jobs list` shows it.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs.")] = 20,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List a job's runs, newest first."""

    async def listed(work: "Work") -> None:
        runs = await work.desk.history(name, limit=limit)
        if as_json:
            print(json.dumps([_plain(each) for each in runs], indent=2))
            return
        show_table(
            ("for", "began", "took", "result", "what", "worker"),
            (
                (
                    _minute(each.scheduled_for),
                    _minute(each.started_at),
                    "-" if each.duration is None else f"{each.duration.total_seconds():.1f} s",
                    each.state.value,
                    each.error or _counts(each),
                    each.worker,
                )
                for each in runs
            ),
        )

    _on_jobs(config, listed)


def _on_jobs(config: Path | None, act: "Callable[[Work], Awaitable[None]]") -> None:
    from gate.wiring.work import jobs_of

    async def within(settings: Settings) -> None:
        async with jobs_of(settings) as work:
            await act(work)

    _within(config, within)


def _run_for_tenants(name: str, tenants: list[str], config: Path | None, *, as_json: bool) -> None:
    if name != _RETENTION:
        stop(f"--tenant is for {_RETENTION}; other jobs look after all tenants")

    async def apply(settings: Settings) -> None:
        from gate.wiring.records import retained

        async for each in retained(settings, tenants):
            if as_json:
                print(json.dumps({"tenant": each.tenant, "decisions": each.decisions, "evidence": each.evidence}))
            else:
                print(f"{each.tenant}: {each.decisions:,} decisions and {each.evidence:,} pieces of evidence deleted")

    _within(config, apply)


def _within(config: Path | None, act: Callable[[Settings], Awaitable[None]]) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from gate.observability.logging import configure_logging

    settings = settings_of(config)
    configure_logging(settings.log_level)

    async def done() -> None:
        await act(settings)

    try:
        asyncio.run(done())
    except GateError as error:
        stop(str(error))
    except SQLAlchemyError as error:
        stop(
            f"the database refuses ({type(error).__name__}); does it have the schema of this release? See gate migrate"
        )


def _plain(run: "Run") -> dict[str, object]:
    return {
        "job": run.job,
        "scheduled_for": _time(run.scheduled_for),
        "state": run.state.value,
        "is_ordered": run.is_ordered,
        "worker": run.worker,
        "attempts": run.attempts,
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "summary": dict(run.summary),
        "error": run.error,
    }


def _sentence(run: "Run") -> str:
    took = 0.0 if run.duration is None else run.duration.total_seconds()
    return f"{run.job}: {run.state.value} in {took:.1f} s{f': {_counts(run)}' if run.summary else ''}"


def _counts(run: "Run") -> str:
    return ", ".join(f"{name} {count}" for name, count in run.summary.items())


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _minute(instant: datetime | None) -> str:
    return "-" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
