"""What somebody has to do today: how pressing each matter is, and which three come first. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

THREE: Final = 3
"""So many are shown: what is more is in the lists."""


class MatterKind(StrEnum):
    """What a matter is. Between matters that press alike the order is this one."""

    ALERT = "alert"
    DEADLINE = "deadline"
    """An enrollment with a payer has to be renewed."""
    CREDENTIAL = "credential"
    """It expires."""
    TASK = "task"
    APPLICATION = "application"
    """A payer has had it for longer than is typical."""
    RENEWAL = "renewal"
    """A renewed document waits for its review."""


class Pressure(IntEnum):
    """How pressing a matter is; the least number first."""

    PAST_DUE = 0
    DUE_TODAY = 1
    WAITING = 2
    """Somebody waits for it, though no day was missed: a review, or an alert that nobody reacted to in time."""
    COMING = 3


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: MatterKind
    id: str
    """Of the record of that kind."""
    about: str
    """What it is about, in the record's own words: a payer, a number, a title."""
    whom: str
    """Whose provider's record it is."""
    detail: str = ""
    """Which kind of alert or of credential."""
    record: str = ""
    """Of an alert: the matter that the record would be for which it was raised. Empty: the matter itself."""
    provider_id: str = ""
    payer_id: str = ""
    state: str = ""
    due_on: date | None = None
    """None: it has no day, or one that nobody knows."""
    days: int | None = None
    """Until that day where it is due; negative: since. None as `due_on`."""
    is_missed: bool = False
    """The day is known to be past, and not which it was."""
    is_waiting: bool = False
    assigned_to: str = ""
    """Empty: it is nobody's."""

    @property
    def name(self) -> str:
        """The same for all matters that are one thing to do."""
        return self.record or f"{self.kind.value}/{self.id}"

    @property
    def pressure(self) -> Pressure:
        """How pressing it is."""
        if self.is_missed or (self.days is not None and self.days < 0):
            return Pressure.PAST_DUE
        if self.days == 0:
            return Pressure.DUE_TODAY
        return Pressure.WAITING if self.is_waiting or self.days is None else Pressure.COMING


class NextThings(msgspec.Struct, frozen=True):
    """What comes first."""

    matters: Sequence[Matter]
    """Three at most, the most pressing first."""

    @property
    def is_anything_due(self) -> bool:
        """Whether one of them has to be done today, if not before."""
        return any(matter.pressure is not Pressure.COMING for matter in self.matters)


def next_things(matters: Iterable[Matter]) -> NextThings:
    """The most pressing ones; of those that press alike the first of each kind, so that many of one hide no other.

    What was raised about a record, and the record itself, are one thing: the more pressing of them stands for both, and
    between equals the alert, because what is done about that is what keeps others from being told.
    """
    before: Counter[tuple[Pressure, MatterKind]] = Counter()
    turns: list[tuple[Pressure, int, int]] = []
    ranked: list[Matter] = []
    seen: set[str] = set()
    for matter in sorted(matters, key=_rank):
        if matter.name in seen:
            continue
        seen.add(matter.name)
        alike = (matter.pressure, matter.kind)
        turns.append((matter.pressure, before[alike], len(ranked)))
        ranked.append(matter)
        before[alike] += 1
    return NextThings([ranked[at] for _, _, at in sorted(turns)[:THREE]])


def _rank(matter: Matter) -> tuple[int, date, int, str]:
    """Missed on a day that nobody knows is the most overdue of all."""
    unknown = date.min if matter.is_missed else date.max
    return (matter.pressure, matter.due_on or unknown, list(MatterKind).index(matter.kind), matter.id)
