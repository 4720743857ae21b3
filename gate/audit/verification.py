"""Whether a chain is as it was written, and where it is not. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from gate.audit.chain import NO_HASH, Anchor, AuditEntry, hash_of


class BreakKind(StrEnum):
    """What was done to a chain."""

    CHANGED = "CHANGED"
    """The entry's content does not fit its hash."""
    REMOVED = "REMOVED"
    """There is no entry of this number, and there are later ones."""
    REORDERED = "REORDERED"
    """Another entry stands in this place: entries were exchanged, repeated, or moved up over one that was removed."""
    REWRITTEN = "REWRITTEN"
    """The entry fits its hash, and is not the one that its successor, or an anchor, knows."""
    CUT_OFF = "CUT_OFF"
    """The chain ends before an entry that an anchor knows."""


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """The first place where a chain is not as it was written."""

    sequence: int
    """Of the entry that is damaged or missing."""
    kind: BreakKind
    explanation: str
    """In words, for people."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about one chain."""

    entries: int
    """How many were looked at; with a break, those before it."""
    head_hash: str
    """Of the last of them."""
    anchors: int
    """How many anchors of this tenant there were to compare with."""
    first_break: Break | None


class Verification:
    """Follows one tenant's chain from its first entry, however many pieces it comes in, up to the first break.

    Without anchors nobody can tell entries that were cut off at the end from entries that never were.
    """

    def __init__(self, tenant: str, anchors: Iterable[Anchor] = ()) -> None:
        self._tenant = tenant
        self._anchors: dict[int, list[Anchor]] = defaultdict(list)
        for anchor in anchors:
            if anchor.tenant == tenant:
                self._anchors[anchor.sequence].append(anchor)
        self._known = 0
        self._head_hash = NO_HASH
        self._break: Break | None = None

    def follow(self, entries: Iterable[AuditEntry]) -> bool:
        """Look at the next entries, in the order of their numbers; whether there is any use in going on.

        Raises:
            UnknownFormat: an entry was written in a way that this release does not know.
        """
        for entry in entries:
            self._break = self._break_at(entry)
            if self._break is not None:
                return False
            self._known, self._head_hash = entry.sequence, entry.hash
        return True

    def verdict(self) -> Verdict:
        """Once there are no more entries."""
        return Verdict(
            entries=self._known,
            head_hash=self._head_hash,
            anchors=sum(map(len, self._anchors.values())),
            first_break=self._break or self._cut_off(),
        )

    def _break_at(self, entry: AuditEntry) -> Break | None:
        place = self._known + 1
        if entry.sequence > place:
            return _removed(place, entry.sequence)
        fits, follows = hash_of(entry) == entry.hash, entry.previous_hash == self._head_hash
        if entry.sequence < place:
            return _reordered(place)
        if not fits:
            return _changed(place) if follows or self._only_the_link_differs(entry) else _reordered(place)
        if not follows:
            return _rewritten_before(place)
        return next((_rewritten(anchor) for anchor in self._anchors.get(place, ()) if anchor.hash != entry.hash), None)

    def _only_the_link_differs(self, entry: AuditEntry) -> bool:
        return hash_of(msgspec.structs.replace(entry, previous_hash=self._head_hash)) == entry.hash

    def _cut_off(self) -> Break | None:
        newest = max((anchor for (anchor, *_) in self._anchors.values()), key=lambda a: a.sequence, default=None)
        if newest is None or newest.sequence <= self._known:
            return None
        return Break(
            sequence=self._known + 1,
            kind=BreakKind.CUT_OFF,
            explanation=f"the log ends with entry {self._known}, but there were {newest.sequence} when an anchor was "
            f"taken at {newest.at:%Y-%m-%d %H:%M:%SZ}: the end was cut off",
        )


def verify(tenant: str, entries: Iterable[AuditEntry], anchors: Iterable[Anchor] = ()) -> Verdict:
    """The verdict on a chain that is at hand as a whole.

    Raises:
        UnknownFormat: an entry was written in a way that this release does not know.
    """
    verification = Verification(tenant, anchors)
    verification.follow(entries)
    return verification.verdict()


def _changed(sequence: int) -> Break:
    return Break(
        sequence=sequence,
        kind=BreakKind.CHANGED,
        explanation=f"entry {sequence} was changed: its content does not fit its hash",
    )


def _removed(sequence: int, following: int) -> Break:
    missing = f"entry {sequence} is" if following == sequence + 1 else f"entries {sequence} to {following - 1} are"
    return Break(
        sequence=sequence,
        kind=BreakKind.REMOVED,
        explanation=f"{missing} missing: after {_entry_or_start(sequence - 1)} comes entry {following}",
    )


def _reordered(sequence: int) -> Break:
    return Break(
        sequence=sequence,
        kind=BreakKind.REORDERED,
        explanation=f"another entry stands in the place of entry {sequence}: entries were exchanged, repeated or moved",
    )


def _rewritten_before(sequence: int) -> Break:
    if sequence == 1:
        return Break(
            sequence=1,
            kind=BreakKind.REWRITTEN,
            explanation="entry 1 does not begin the log: it was written after an entry that is not there",
        )
    return Break(
        sequence=sequence - 1,
        kind=BreakKind.REWRITTEN,
        explanation=f"entry {sequence - 1} was rewritten with its hash: entry {sequence} was written after another one",
    )


def _rewritten(anchor: Anchor) -> Break:
    return Break(
        sequence=anchor.sequence,
        kind=BreakKind.REWRITTEN,
        explanation=f"entry {anchor.sequence} is not the one that an anchor of {anchor.at:%Y-%m-%d %H:%M:%SZ} knows: "
        "it, or entries before it, were rewritten with all hashes that follow",
    )


def _entry_or_start(sequence: int) -> str:
    return f"entry {sequence}" if sequence else "the beginning"
