"""``python -m gate.drain``: the ledger's drainer as a process of its own, started by `gate.ledger.process`.

Wired apart from `bootstrap`, whose imports would cost this process a second and most of its memory.
"""

import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from gate.audit.anchoring import AnchorLog
from gate.audit.log import AuditLog
from gate.clock import system_clock
from gate.ledger.backlog import Backlog
from gate.ledger.drainer import Drainer, Progress
from gate.ledger.process import FINISH, DrainOrder
from gate.ledger.storing import DatabaseShelf
from gate.observability.logging import configure_logging
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from gate.rpc.ledger_wire import unpacked

_PATIENCE_SECONDS: Final = 20.0
"""For one statement. Nobody waits for this process; a busy database shall have the time that it needs."""


_NICENESS: Final = 10
"""Where there are too few processors for both, answers come first: what waits in the spool is safe there."""

_OBJECTS_BETWEEN_COLLECTIONS: Final = 200_000
"""Some stretches' worth; Python's default is 700."""


def main() -> None:
    """Drain as the parent says, until it says that there is nothing more, or is gone."""
    os.nice(_NICENESS)
    # Thousands of entries are alive together and none refers back to itself: looking for those that do took a fifth.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    for number in (signal.SIGINT, signal.SIGTERM):
        # These come to the whole group of processes; the parent decides what they mean.
        signal.signal(number, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        asyncio.run(_obey())


async def _obey() -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    first = await orders.readline()
    if not first:
        return
    order = msgspec.json.decode(first, type=DrainOrder)
    configure_logging(order.log_level)
    engine = open_engine(order.database_url, patience_seconds=_PATIENCE_SECONDS, writes_in_bulk=True)
    anchors = AnchorLog(order.anchor_minutes * 60)
    anchors.start()
    backlog = Backlog(Path(order.directory), order.owner)
    shelf = DatabaseShelf(Database(engine), AuditLog(anchors, system_clock))
    drainer = Drainer(backlog, shelf, unpacked, _tell)
    draining = asyncio.create_task(drainer.run())
    listening = asyncio.create_task(_listen(orders, drainer))
    try:
        await asyncio.wait({draining, listening}, return_when=asyncio.FIRST_COMPLETED)
        if draining.done():
            draining.result()
    finally:
        for task in (draining, listening):
            task.cancel()
        await asyncio.gather(draining, listening, return_exceptions=True)
        await anchors.aclose()
        await engine.dispose()


async def _listen(orders: asyncio.StreamReader, drainer: Drainer) -> None:
    """Returns when the parent is gone."""
    while line := await orders.readline():
        if line == FINISH:
            drainer.finish()


def _tell(progress: Progress) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(progress) + b"\n")


if __name__ == "__main__":
    main()
