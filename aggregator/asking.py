"""On whose behalf a source is asked, how urgently and until when: what fair turns go by.

A source knows no tenant, so this travels beside the question: in the context of the task that asks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from math import inf
from typing import Final


class Urgency(IntEnum):
    """Who waits for the answer; the lower goes first."""

    SINGLE = 0
    """Somebody who asked about one provider."""
    BATCH = 1
    """Somebody who asked about many at once."""
    REFRESH = 2
    """Nobody: what is known is still good."""


_NO_LONGER: Final = 1.0
"""Seconds by which deadlines may differ and still be of one time: those of a thousand callers never are equal."""


class Asking:
    """One flight's. It becomes more urgent, and more patient, as others board."""

    __slots__ = ("_heard_by", "tenant", "until", "urgency")

    def __init__(self, tenant: str = "", urgency: Urgency = Urgency.SINGLE, until: float | None = None) -> None:
        """`until` is when the last who waits leaves, in the event loop's time; None: whenever sources give up."""
        self.tenant = tenant
        self.urgency = urgency
        self.until = inf if until is None else until
        self._heard_by: list[Callable[[], None]] = []

    def waits_as_long_as(self, until: float | None) -> bool:
        """Whether who waits until then is hardly more patient."""
        return until is not None and until <= self.until + _NO_LONGER

    def joined_by(self, urgency: Urgency, until: float | None) -> None:
        """One more waits for the same answer."""
        patience = max(self.until, inf if until is None else until)
        if urgency >= self.urgency and patience == self.until:
            return
        self.urgency = min(self.urgency, urgency)
        self.until = patience
        for changed in tuple(self._heard_by):
            changed()

    @contextmanager
    def telling(self, changed: Callable[[], None]) -> Iterator[None]:
        """`changed` hears of everybody who joins within the block and is in a greater hurry or more patient."""
        self._heard_by.append(changed)
        try:
            yield
        finally:
            self._heard_by.remove(changed)


_present: ContextVar[Asking | None] = ContextVar("asking", default=None)


def asking() -> Asking:
    """The one whose task this is; nobody in particular, who waits, where nothing was said."""
    return _present.get() or Asking()


def ask_for(who: Asking) -> None:
    """From now on this task, and those it begins, ask for `who`."""
    _present.set(who)
