"""What is known of one thing that can run out, and where it is known from. Pure."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from gate.alerts.model.kinds import AlertKind


class Standing(StrEnum):
    """Whether the thing that could run out still stands."""

    CURRENT = "current"
    ENDED = "ended"
    """It is known not to stand any more: terminated, archived, denied (row R16)."""
    UNKNOWN = "unknown"
    """It cannot be told. Nothing is raised, and nothing is closed, because of what is not known."""


class Subject(NamedTuple):
    """Of what there are alerts."""

    kind: AlertKind
    key: str
    """Names it within its kind: ``1234567893/TX``, an enrollment's id …"""


class DueDate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one subject today."""

    kind: AlertKind
    key: str
    standing: Standing
    due_on: date | None
    """The last day on which it is in order. None in what stands: it is known to have no deadline (row R15)."""
    today: date
    """The day it is where the deadline is counted: in the subject's own state (row R19)."""
    rungs: tuple[int, ...]
    """Days before the deadline at which a tier begins, descending."""
    is_lapsed: bool = False
    """Whoever keeps it says that the deadline was missed, whatever the date says (rows R17, R23)."""
    pends_past_due: bool = False
    """Whether the gate pends claims once it is past due."""
    npi: str = ""
    state: str = ""
    provider: str = ""
    """The provider's name, where it is known."""
    about: str = ""
    """What runs out, in words: a payer's name, ``DEA registration`` …"""
    owner: str = ""
    """Who looks after it, as they sign in."""
    source: str = ""
    """Who said so last."""
    verified_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """Of what this is the due date."""
        return Subject(self.kind, self.key)


class WatchedPage(msgspec.Struct, frozen=True):
    """Some due dates."""

    due_dates: Sequence[DueDate]
    next_position: str
    """Empty: there are no more."""


class WatchedDueDates(Protocol):
    """Something that keeps due dates."""

    @property
    def kinds(self) -> frozenset[AlertKind]:
        """Of which kinds; no other keeps the same."""
        ...

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        """The next `limit` subjects behind the position `after` (empty: the first) whose ladder may have begun.

        Every subject that stands on a rung is among them; others may be.

        Raises:
            StoreUnavailable: it cannot be told at present.
        """
        ...

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        """How these subjects stand; of one that nothing is known of there is no answer.

        Raises:
            StoreUnavailable: it cannot be told at present.
        """
        ...


class Charges(Protocol):
    """What was charged lately: the money that is at risk."""

    async def of(self, tenant: str, npis: Collection[str], since: datetime) -> "ChargesSeen":
        """What claims that the gate saw since then charged for these providers.

        Raises:
            StoreUnavailable: it cannot be told at present.
        """
        ...


class ChargesSeen(msgspec.Struct, frozen=True):
    """Integer cents, by NPI and state."""

    cents: dict[tuple[str, str], int]

    def at_risk(self, npi: str, state: str) -> int:
        """Of one provider in one state; without a state, in all of them."""
        if state:
            return self.cents.get((npi, state), 0)
        return sum(cents for (charged, _), cents in self.cents.items() if charged == npi)
