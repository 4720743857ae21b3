"""Writes X12 interchanges that answer one that was read: its separators, and its parties the other way round."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, Final

from gate.claimfiles.x12_events import GroupBegins, InterchangeBegins

_USUAL_SEPARATORS: Final = "*:^~"
_REPETITIONS: Final = "^!|}"
"""Nothing that is written repeats an element: any of them is as good where the usual one is taken."""
_OTHERS: Final = 3
_PARTY_WIDTH: Final = 15
_HIGHEST_CONTROL: Final = 999_999_999
_BLANK_TABLE: Final = dict.fromkeys(range(32), " ")

Element = str | tuple[str, ...]
"""A tuple is a composite: its components."""


def separators_of_answer(begins: InterchangeBegins) -> str:
    """Those of the interchange that is answered, in which none of its values can contain one; else the usual ones."""
    if len(begins.separators) != len(_USUAL_SEPARATORS):
        return _USUAL_SEPARATORS
    element, component, repetition, terminator = tuple(begins.separators)
    if len({element, component, terminator}) < _OTHERS:
        return _USUAL_SEPARATORS
    if repetition in {element, component, terminator}:
        repetition = next(other for other in _REPETITIONS if other not in {element, component, terminator})
    return element + component + repetition + terminator


class Segments:
    """Appends segments to a stream and counts them."""

    def __init__(self, stream: BinaryIO, separators: str) -> None:
        self._stream = stream
        self._element, self._component, _, self._terminator = tuple(separators)
        self._blanks = str.maketrans(_BLANK_TABLE | dict.fromkeys(separators, " "))
        self.count = 0

    def add(self, *elements: Element) -> None:
        """One segment; empty elements at its end are left out, and separators within a value are blanks."""
        written = [self._text(element) for element in elements]
        while not written[-1]:
            written.pop()
        text = self._element.join(written) + self._terminator
        self._stream.write(text.encode("latin-1", "replace"))
        self.count += 1

    def of_width(self, width: int, text: str) -> str:
        """A value of ISA, where all are of fixed width."""
        return text.translate(self._blanks)[:width].ljust(width)

    def _text(self, element: Element) -> str:
        if isinstance(element, tuple):
            return self._component.join([part.translate(self._blanks) for part in element]).rstrip(self._component)
        return element.translate(self._blanks)


class ControlNumbers:
    """Interchange control numbers of one run, each higher than the one before."""

    def __init__(self, first: int) -> None:
        self._next = first

    def take(self) -> int:
        """The next one; after the highest comes 1."""
        number = self._next
        self._next = number % _HIGHEST_CONTROL + 1
        return number


@contextmanager
def interchange(
    stream: BinaryIO, answered: InterchangeBegins, made_at: datetime, control: int
) -> Iterator["Interchange"]:
    """ISA to IEA around what the block writes."""
    separators = separators_of_answer(answered)
    segments = Segments(stream, separators)
    element, component, repetition, terminator = tuple(separators)
    isa = (
        *("ISA", "00", " " * 10, "00", " " * 10),
        *(segments.of_width(2, answered.receiver_kind), segments.of_width(_PARTY_WIDTH, answered.receiver)),
        *(segments.of_width(2, answered.sender_kind), segments.of_width(_PARTY_WIDTH, answered.sender)),
        *(f"{made_at:%y%m%d}", f"{made_at:%H%M}", repetition, "00501", f"{control:09}", "0"),
        *("P" if answered.usage == "P" else "T", component),
    )
    stream.write((element.join(isa) + terminator).encode("latin-1", "replace"))
    inside = Interchange(segments, made_at, control)
    yield inside
    segments.add("IEA", str(inside.groups), f"{control:09}")


class Interchange:
    """An interchange that is being written."""

    def __init__(self, segments: Segments, made_at: datetime, control: int) -> None:
        self.segments = segments
        self.made_at = made_at
        self.groups = 0
        self._control = control

    @contextmanager
    def group(self, kind: str, answered: GroupBegins, version: str) -> Iterator["Group"]:
        """GS to GE around what the block writes."""
        self.groups += 1
        # Unique in the interchange, and for some time beyond it.
        control = str((self._control + self.groups - 2) % _HIGHEST_CONTROL + 1)
        when = f"{self.made_at:%Y%m%d}", f"{self.made_at:%H%M}"
        self.segments.add("GS", kind, answered.receiver, answered.sender, *when, control, "X", version)
        inside = Group(self.segments)
        yield inside
        self.segments.add("GE", str(inside.sets), control)


class Group:
    """A functional group that is being written."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self.sets = 0

    @contextmanager
    def set(self, kind: str, version: str) -> Iterator[str]:
        """ST to SE around what the block writes; its control number."""
        self.sets += 1
        control = f"{self.sets:04}"
        before = self._segments.count
        self._segments.add("ST", kind, control, version)
        yield control
        self._segments.add("SE", str(self._segments.count - before + 1), control)
