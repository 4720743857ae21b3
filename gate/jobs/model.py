"""Scheduled work: what a job is, and what is kept of its runs. Pure."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

DEPLOYMENT: Final = "*"
"""Stands in a tenant's place for the deployment itself. No credential can name it, so no caller sees its rows."""

Summary = Mapping[str, int | str]
"""What a run did, in a few counts. Nothing in it is about one tenant."""


class Schedule(Protocol):
    """When a job is due."""

    def next_after(self, instant: datetime) -> datetime:
        """The first time after `instant`; in UTC, the same in every process."""
        ...

    def __str__(self) -> str:
        """As people read it."""
        ...


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of scheduled work. A run may be cut off at any moment and be done again: it must not matter."""

    name: str
    """As on the command line: ``ledger-retention``."""
    title: str
    """One sentence for people."""
    schedule: Schedule
    run: Callable[[datetime], Awaitable[Summary]]
    """Does all that is to be done at that instant, which is the present one unless somebody says otherwise."""
    finish: Callable[[], None] = lambda: None
    """Asks a run under way to end soon, in good order: the process is to stop."""


class RunState(StrEnum):
    """What became of a run. Names are stored."""

    ORDERED = "ordered"
    """Somebody wants it; it has not begun."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    IDLE = "idle"
    """There was nothing to do."""
    FAILED = "failed"
    LOST = "lost"
    """Its process was killed, and another began a later run since."""


ENDED: Final = frozenset({RunState.SUCCEEDED, RunState.IDLE, RunState.FAILED, RunState.LOST})


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job."""

    job: str
    scheduled_for: datetime
    is_ordered: bool
    """By a person, not by the schedule."""
    state: RunState
    worker: str = ""
    """Host and process."""
    attempts: int = 0
    """How many processes began it; more than one where the first was killed."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    summary: Summary = {}
    error: str = ""

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it has not ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at


def state_after(summary: Summary) -> RunState:
    """Of a run that ended well: one that counted nothing had nothing to do."""
    return RunState.SUCCEEDED if any(summary.values()) else RunState.IDLE
