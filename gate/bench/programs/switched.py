"""A gate whose ledger, metrics and logs can be switched off: ``python -m gate.bench.programs.switched ANSWERS PAIRS``.

It is configured as `gate serve` is, writes its address, and counts the answers it gives. After so many in each turn and
so many pairs of turns, it writes how much processor time an answer took in either (`gate.bench.turns`), and serves on.

Switched off, the journal keeps nothing, nothing is counted and no line is logged. The switches are in subclasses here,
put in the place of what they stand for where a gate is wired; the product has none.
"""

import asyncio
import sys
import time
from typing import Any, Final

import msgspec
from prometheus_client import CollectorRegistry

from gate import bootstrap
from gate.bench.turns import Turns
from gate.checks.model import GivenAnswers
from gate.checks.recording import CountingRecorder
from gate.event_loop import run_serving
from gate.ledger.batches import GivenBatch
from gate.ledger.grounding import Grounded
from gate.ledger.journal import Exchange, SpoolJournal
from gate.observability.logging import configure_logging
from gate.observability.metrics import Metrics
from gate.observability.noted import Noted
from gate.settings import load_settings
from gate.wiring import records

WIRING: Final = (bootstrap, records)
"""Where what can be switched is made."""


class Switch:
    """Whether records are made. An object of its own: a class whose attribute changes is slower in every use."""

    def __init__(self) -> None:
        self.is_on = True
        self.turns: Turns | None = None
        """Told of every answer."""
        self.noted: Noted | None = None

    def set(self, on: bool) -> None:
        self.is_on = on

    def count(self) -> None:
        """What a turn noted, that turn pays for."""
        if self.noted is not None:
            self.noted.count()


_switch = Switch()


class SwitchableJournal(SpoolJournal):
    """Keeps, or keeps nothing."""

    async def keep(self, exchange: Exchange, answer: Grounded) -> None:
        if _switch.turns is not None:
            _switch.turns.answered()
        if _switch.is_on:
            await super().keep(exchange, answer)

    async def keep_batch(self, exchange: Exchange, batch: GivenBatch) -> None:
        if _switch.turns is not None:
            _switch.turns.answered()
        if _switch.is_on:
            await super().keep_batch(exchange, batch)


class SwitchableRecorder(CountingRecorder):
    """Counts and logs answers, or does neither."""

    def record(self, answers: GivenAnswers) -> None:
        if _switch.is_on:
            super().record(answers)


class SwitchableMetrics(Metrics):
    """Counts and times calls, or does neither."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        _switch.noted = self.noted

    def request_ended(self, method: str, status: str, seconds: float) -> None:
        if _switch.is_on:
            super().request_ended(method, status, seconds)


async def serve(answers: int, pairs: int) -> None:
    """Until it is ended."""
    async with bootstrap.running_gate(load_settings()) as gate:
        _say(gate.grpc_port)
        # From here on; what was asked before counts for nothing.
        _switch.turns = turns = Turns(answers, pairs, time.process_time, _switch.set, _switch.count)
        while not turns.are_over:  # noqa: ASYNC110 - answers do not wait to tell
            await asyncio.sleep(0.2)
        _switch.turns = None
        _switch.set(True)
        _say(turns.comparison())
        await asyncio.Event().wait()


def _say(what: Any) -> None:  # noqa: ANN401 - whatever can be written as JSON
    print(msgspec.json.encode(what).decode(), flush=True)


def put_in_place(*switchable: type) -> None:
    """Have these wired instead of what they are made of.

    Raises:
        RuntimeError: it wires nothing of that kind, so that switching would switch nothing.
    """
    for each in switchable:
        original = each.mro()[1]
        wired = [vars(room) for room in WIRING if vars(room).get(original.__name__) is original]
        if not wired:
            raise RuntimeError(f"nobody wires what {each.__name__} stands for")
        for room in wired:
            room[original.__name__] = each


if __name__ == "__main__":
    put_in_place(SwitchableJournal, SwitchableRecorder, SwitchableMetrics)
    configure_logging("info")
    run_serving(serve(*map(int, sys.argv[1:])))
