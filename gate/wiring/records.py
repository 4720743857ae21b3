"""The decision ledger: its way in, its way to the database, and how long it is kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from gate.clock import Clock, system_clock
from gate.errors import PreconditionFailed
from gate.ledger.backlog import Backlog
from gate.ledger.condition import LedgerCondition
from gate.ledger.drainer import Drainer
from gate.ledger.journal import SpoolJournal
from gate.ledger.process import DrainerProcess, DrainOrder, EmbeddedDrainer, RunningDrainer
from gate.ledger.retention import Retained, Retention
from gate.ledger.spool import Spool, SpoolLimits
from gate.ledger.storing import DatabaseShelf
from gate.observability.ledger_series import LedgerSeries
from gate.rpc.ledger_wire import unpacked
from gate.settings import Settings
from gate.wiring.process import Process, process_for_once

_MEGABYTE: Final = 1_000_000


class Ledger(msgspec.Struct, frozen=True):
    """Where answers are kept before they are given; `drainer` has yet to be started."""

    journal: SpoolJournal
    condition: LedgerCondition
    drainer: RunningDrainer


def ledger(process: Process) -> Ledger:
    """The process's own spool, and who takes it to the database.

    Raises:
        gate.errors.PreconditionFailed: the spool's folder cannot be used.
    """
    wanted, clock, stack = process.settings.ledger, process.clock, process.stack
    limits = SpoolLimits(wanted.spool_limit_mb * _MEGABYTE, wanted.sync_seconds)
    directory = process.settings.data_dir / "ledger"
    try:
        spool = Spool(directory, limits, clock())
    except OSError as error:
        raise PreconditionFailed(
            f"the ledger's spool cannot be kept in {directory} (GATE_DATA_DIR): {error.strerror}"
        ) from error
    series = LedgerSeries(process.metrics.registry, limits.total_bytes)
    journal = SpoolJournal(spool, series, clock, answers_anyway=wanted.on_failure == "continue")
    condition = LedgerCondition(spool, journal, series, clock)
    process.metrics.noted.by(condition.tell)
    drainer = _drainer(process, directory, spool.owner, condition)
    spool.start()
    condition.start()
    # In the reverse order, once nothing more is answered.
    stack.callback(spool.release)
    stack.push_async_callback(condition.aclose)
    stack.push_async_callback(drainer.finish, process.settings.drain_seconds)
    stack.push_async_callback(spool.aclose)
    return Ledger(journal, condition, drainer)


def retention(process: Process) -> Retention:
    """Lets go of what is older than the deployment keeps it."""
    return Retention(
        process.database, process.log, process.clock, timedelta(days=process.settings.ledger.retention_days)
    )


async def retained(settings: Settings, tenants: Sequence[str], clock: Clock = system_clock) -> AsyncIterator[Retained]:
    """Apply the ledger's retention to these tenants; tells of each when it is done.

    Raises:
        gate.errors.StoreUnavailable: the database cannot be reached.
        gate.errors.PreconditionFailed: it has another schema than this release's.
    """
    async with AsyncExitStack() as stack:
        wanted = retention(await process_for_once(settings, clock, stack))
        for tenant in tenants:
            yield await wanted.apply(tenant)


def _drainer(process: Process, directory: Path, owner: str, condition: LedgerCondition) -> RunningDrainer:
    settings = process.settings
    if settings.ledger.drainer == "embedded":
        shelf = DatabaseShelf(process.database, process.log)
        return EmbeddedDrainer(Drainer(Backlog(directory, owner), shelf, unpacked, condition.progressed))
    order = DrainOrder(
        str(directory), owner, settings.sqlalchemy_url, settings.log_level, settings.audit.anchor_minutes
    )
    return DrainerProcess("gate.drain", order, condition.progressed)
