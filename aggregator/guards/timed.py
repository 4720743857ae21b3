"""Measures every call and remembers when the source last worked."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from aggregator.evidence import SourceOutcome
from aggregator.guards.breaking import ABOUT_ONE_PROVIDER
from aggregator.guards.guard import Guard
from aggregator.guards.in_turn import OwnLimitReached
from aggregator.observers import SourceObserver
from sources.clock import Clock
from sources.contract import EnrollmentSource, ErrorKind, Query, SourceCircuitOpen, SourceError
from sources.records import EnrollmentRecord

_TELL_NOTHING: Final = (SourceCircuitOpen, OwnLimitReached)
"""Errors of calls that never reached for the upstream."""


class Timed(Guard):
    """The outermost guard: what it sees is what a caller gets."""

    def __init__(self, inner: EnrollmentSource, observer: SourceObserver, clock: Clock) -> None:
        super().__init__(inner)
        self._observer = observer
        self._clock = clock
        self.last_success: datetime | None = None
        self.last_failure: datetime | None = None
        self.last_error: ErrorKind | None = None
        self.failing: ErrorKind | None = None
        """Kind of the error with which the upstream failed when last asked, None while it works."""

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records."""
        started = asyncio.get_running_loop().time()
        try:
            records = await self._inner.fetch(query)
        except SourceError as error:
            self._note_failure(error)
            outcome = SourceOutcome.TIMEOUT if error.kind is ErrorKind.TIMEOUT else SourceOutcome.ERROR
            self._report(outcome, error.kind, started)
            raise
        self.last_success = self._clock()
        self.failing = None
        self._report(SourceOutcome.FOUND if records else SourceOutcome.EMPTY, None, started)
        return records

    def _note_failure(self, error: SourceError) -> None:
        if isinstance(error, _TELL_NOTHING):
            return
        self.last_failure = self._clock()
        self.last_error = error.kind
        self.failing = None if error.kind in ABOUT_ONE_PROVIDER else error.kind

    def _report(self, outcome: SourceOutcome, error: ErrorKind | None, started: float) -> None:
        seconds = asyncio.get_running_loop().time() - started
        self._observer.source_answered(self.description.name, outcome, error, seconds)
