"""The 999 (005010X231A1), and TA1 where an interchange asks for it or is at fault: what of a file was understood.

It is about syntax alone. Whether a provider is enrolled is never a matter of a 999. A file that can be read although
its envelopes say otherwise is accepted with errors; one that cannot be read on is refused as a whole, because then
nothing of it was done.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, Final, Self

import msgspec

from gate.claimfiles.spool import Spool
from gate.claimfiles.x12_events import (
    EnvelopeFault,
    Event,
    GroupBegins,
    GroupEnds,
    InterchangeBegins,
    InterchangeEnds,
    Level,
    SegmentFault,
    SetBegins,
    SetEnds,
)
from gate.claimfiles.x12_writing import ControlNumbers, Group, Interchange, Segments, interchange

VERSION: Final = "005010X231A1"
MOST_FAULTS: Final = 100
"""Told of one set. The others are of the same kind, more often than not."""
_MOST_CODES: Final = 5
_IN_ERROR: Final = "5"
_NO_SET_TRAILER: Final = EnvelopeFault(Level.SET, "2")
_NO_GROUP_TRAILER: Final = EnvelopeFault(Level.GROUP, "3")
_ENDS_TOO_SOON: Final = EnvelopeFault(Level.INTERCHANGE, "023")


class Verdict(StrEnum):
    """Of a file, group or set."""

    ACCEPTED = "A"
    ACCEPTED_WITH_ERRORS = "E"
    REJECTED = "R"


class _Set(msgspec.Struct):
    begins: SetBegins
    codes: list[str] = []
    faults: list[SegmentFault] = []


class _Group(msgspec.Struct):
    begins: GroupBegins
    codes: list[str] = []
    sets: int = 0
    at_fault: int = 0
    stated: str = ""


class _Interchange(msgspec.Struct):
    begins: InterchangeBegins
    codes: list[str] = []
    groups: int = 0
    is_cut: bool = False


class FileAcknowledgment:
    """Is told all that a file says, in constant memory, and then writes the 999. A context: it may hold files."""

    def __init__(self) -> None:
        with ExitStack() as opened:
            self._interchanges = opened.enter_context(Spool(_Interchange))
            self._groups = opened.enter_context(Spool(_Group))
            self._sets = opened.enter_context(Spool(_Set))
            self._opened = opened.pop_all()
        self._interchange: _Interchange | None = None
        self._group: _Group | None = None
        self._set: _Set | None = None
        self._is_at_fault = False
        self._is_refused = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @property
    def verdict(self) -> Verdict:
        """Of the file as a whole, so far."""
        if self._is_refused:
            return Verdict.REJECTED
        return Verdict.ACCEPTED_WITH_ERRORS if self._is_at_fault else Verdict.ACCEPTED

    @property
    def knows_whom_to_answer(self) -> bool:
        """Whether there was any interchange; without one there is nobody to write to."""
        return self._interchanges.count > 0 or self._interchange is not None

    def tell(self, event: Event) -> None:
        """What comes next in the file."""
        match event:
            case InterchangeBegins():
                self._end_interchange()
                self._interchange = _Interchange(event)
            case GroupBegins():
                self._group = _Group(event)
            case SetBegins():
                self._set = _Set(event)
            case SetEnds():
                self._end_set()
            case GroupEnds():
                if self._group:
                    self._group.stated = event.stated
                self._end_group()
            case InterchangeEnds():
                self._end_interchange()
            case SegmentFault():
                self._fault_in_set(event)
            case EnvelopeFault():
                self._fault(event)
            case _:
                pass

    def refuse(self, events: tuple[Event, ...]) -> None:
        """The file cannot be read on; `events` say why, where a code says it."""
        self._is_refused = True
        for event in events or (_NO_SET_TRAILER, _NO_GROUP_TRAILER, _ENDS_TOO_SOON):
            self.tell(event)
        if self._interchange:
            self._interchange.is_cut = True
        self._end_interchange()

    def write(self, stream: BinaryIO, made_at: datetime, numbers: ControlNumbers) -> None:
        """One interchange for each of the file's. Once, after all is told."""
        groups, sets = self._groups.read(), self._sets.read()
        for each in self._interchanges.read():
            with interchange(stream, each.begins, made_at, numbers.take()) as answer:
                self._write_ta1(answer.segments, each)
                for group in islice(groups, each.groups):
                    self._write_group(answer, group, islice(sets, group.sets))

    def _fault(self, fault: EnvelopeFault) -> None:
        self._is_at_fault = True
        at = {Level.SET: self._set, Level.GROUP: self._group, Level.INTERCHANGE: self._interchange}[fault.level]
        if at is not None and fault.code not in at.codes:
            at.codes.append(fault.code)

    def _fault_in_set(self, fault: SegmentFault) -> None:
        self._is_at_fault = True
        if self._set is None:
            return
        if _IN_ERROR not in self._set.codes:
            self._set.codes.append(_IN_ERROR)
        if len(self._set.faults) < MOST_FAULTS:
            self._set.faults.append(fault)

    def _end_set(self) -> None:
        ended, self._set = self._set, None
        if ended is not None and self._group is not None:
            self._group.sets += 1
            self._group.at_fault += bool(ended.codes)
            self._sets.add(ended)

    def _end_group(self) -> None:
        self._end_set()
        ended, self._group = self._group, None
        if ended is not None and self._interchange is not None:
            self._interchange.groups += 1
            self._groups.add(ended)

    def _end_interchange(self) -> None:
        self._end_group()
        ended, self._interchange = self._interchange, None
        if ended is not None:
            self._interchanges.add(ended)

    def _write_ta1(self, segments: Segments, each: _Interchange) -> None:
        begins = each.begins
        if not (each.codes or begins.asks_for_acknowledgment):
            return
        is_rejected = each.is_cut and bool(each.codes)
        verdict = Verdict.REJECTED if is_rejected else Verdict.ACCEPTED_WITH_ERRORS if each.codes else Verdict.ACCEPTED
        code = each.codes[0] if each.codes else "000"
        segments.add("TA1", begins.control, begins.date, begins.time, verdict, code)

    def _write_group(self, answer: Interchange, group: _Group, sets: Iterator[_Set]) -> None:
        with answer.group("FA", group.begins, VERSION) as written:
            self._write_999(written, answer.segments, group, sets)

    def _write_999(self, written: Group, segments: Segments, group: _Group, sets: Iterator[_Set]) -> None:
        with written.set("999", VERSION):
            segments.add("AK1", group.begins.kind, group.begins.control, group.begins.version)
            for each in sets:
                # In a file that is refused, a set without a fault is no better off than one with.
                if each.codes or not self._is_refused:
                    self._write_set(segments, each)
            if self._is_refused:
                verdict = Verdict.REJECTED
            else:
                verdict = Verdict.ACCEPTED_WITH_ERRORS if group.codes or group.at_fault else Verdict.ACCEPTED
            stated = group.stated if group.stated.isdigit() and len(group.stated) <= 6 else str(group.sets)  # noqa: PLR2004 - DE 97 has six digits at most
            accepted = 0 if self._is_refused else group.sets
            codes = group.codes[:_MOST_CODES]
            segments.add("AK9", verdict, stated, str(group.sets), str(accepted), *codes)

    def _write_set(self, segments: Segments, each: _Set) -> None:
        begins = each.begins
        segments.add("AK2", begins.kind, begins.control, begins.version)
        for fault in each.faults:
            segments.add("IK3", fault.segment, str(fault.position), "", fault.code)
            if fault.claim_id:
                segments.add("CTX", ("CLM01", fault.claim_id))
            if fault.element:
                segments.add("IK4", tuple(fault.element.split(":")), fault.reference, fault.element_code)
        verdict = Verdict.ACCEPTED
        if each.codes:
            verdict = Verdict.REJECTED if self._is_refused else Verdict.ACCEPTED_WITH_ERRORS
        segments.add("IK5", verdict, *each.codes[:_MOST_CODES])
