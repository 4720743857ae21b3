"""What a transaction says besides what is checked of it: its faults, and what an acknowledgment repeats. Pure."""

from collections.abc import Callable
from typing import Final

import msgspec

from gate.claimfiles.model import ClaimKind, FileClaim, Party
from gate.claimfiles.x12_blocks import Block
from gate.claimfiles.x12_claim import NO_AMOUNT
from gate.claimfiles.x12_envelope import Transaction
from gate.claimfiles.x12_events import Event, SegmentFault
from gate.claimfiles.x12_header import billing_provider_named, dependent_of, submitted, subscriber_of
from gate.claimfiles.x12_marks import Marks, value
from gate.claimfiles.x12_spans import NO_DATE, UNREADABLE, is_span

_NOBODY: Final = Party()
_LONGEST_FACILITY_CODE: Final = 2
_UNRECOGNIZED: Final = "1"
_MISSING: Final = "3"
_HAS_ERRORS: Final = "8"
_TOO_LONG: Final = "5"
_INVALID_CODE: Final = "7"
_INVALID_DATE: Final = "8"
_INVALID_CHARACTER: Final = "6"
_CLM05: Final = 5
_LONGEST_NAME: Final = 3
_LONGEST_NUMBER: Final = 12
_SHORTEST_NAME: Final = 2


class SetTelling:
    """Follows one transaction, for who is told about it."""

    def __init__(self, transaction: Transaction, marks: Marks, tell: Callable[[Event], object]) -> None:
        self._transaction = transaction
        self._marks = marks
        self._tell = tell
        self._levels = 0
        self._subscriber = self._patient = _NOBODY
        self._other_component_is_told = False

    def claim(self, claim: FileClaim, piece: bytes) -> FileClaim:
        """The claim with what its acknowledgment repeats; its faults are told."""
        position = self._position(claim.position)
        for problem in claim.problems:
            fault = _FAULTS.get(problem.message)
            # A dental claim without a date asks what would be paid: no fault, though nothing can be checked.
            if fault is not None and not (problem.message == NO_DATE and claim.kind is ClaimKind.DENTAL):
                at = position + (self._first_bad_date(piece) if problem.message == UNREADABLE else 0)
                self._tell(msgspec.structs.replace(fault, position=at, claim_id=claim.claim_id))
        self._component(claim, piece, position)
        more = submitted(piece, self._patient, claim.kind, self._marks)
        return msgspec.structs.replace(claim, submitted=more)

    def level(self, piece: bytes, elements: list[bytes], number: int) -> None:
        """An HL, of these `elements`, with what belongs to it."""
        self._levels += 1
        stated, kind = value(elements, 1), value(elements, 3)
        if stated != b"%d" % self._levels:
            self._tell(SegmentFault("HL", self._position(number), _HAS_ERRORS, "1", "628", _INVALID_CODE))
            # What follows is compared with what this one says, so that one gap is one fault.
            self._levels = int(stated) if stated.isdigit() and len(stated) <= _LONGEST_NUMBER else self._levels
        if kind == b"20":
            self._subscriber = self._patient = _NOBODY
            self._tell(billing_provider_named(piece, self._marks))
        elif kind == b"22":
            self._subscriber = self._patient = subscriber_of(piece, self._marks)
        else:
            self._patient = dependent_of(piece, self._subscriber, self._marks)

    def damage(self, piece: bytes, number: int, block: Block) -> None:
        """A piece of a block in which something is not a segment."""
        for index, segment in enumerate(piece.split(self._marks.terminator)):
            if block.is_no_segment(segment):
                name = "".join(filter(str.isalnum, segment[:_LONGEST_NAME].decode("ascii", "ignore"))).upper()
                named = name if len(name) >= _SHORTEST_NAME else "UNK"
                self._tell(SegmentFault(named, self._position(number + index), _UNRECOGNIZED))

    def _component(self, claim: FileClaim, piece: bytes, position: int) -> None:
        """Whether CLM05 is divided as ISA16 says. It is the same for all claims of a set, and told once."""
        if self._other_component_is_told:
            return
        elements = piece.partition(self._marks.terminator)[0].split(self._marks.element, _CLM05 + 1)
        code = value(elements, _CLM05).partition(self._marks.component)[0]
        if len(code) > _LONGEST_FACILITY_CODE:
            self._other_component_is_told = True
            fault = SegmentFault("CLM", position, _HAS_ERRORS, "5:1", "1331", _TOO_LONG, claim.claim_id)
            self._tell(fault)

    def _first_bad_date(self, piece: bytes) -> int:
        """How many segments after CLM."""
        for index, segment in enumerate(piece.split(self._marks.terminator)):
            elements = segment.strip().split(self._marks.element)
            if elements[:2] in _DATES and not is_span(value(elements, 2), value(elements, 3)):
                return index
        return 0

    def _position(self, number: int) -> int:
        return number - self._transaction.number + 1


_DATES: Final = ([b"DTP", b"472"], [b"DTP", b"434"])
_FAULTS: Final = {
    NO_DATE: SegmentFault("DTP", 0, _MISSING),
    UNREADABLE: SegmentFault("DTP", 0, _HAS_ERRORS, "3", "1251", _INVALID_DATE),
    NO_AMOUNT: SegmentFault("CLM", 0, _HAS_ERRORS, "2", "782", _INVALID_CHARACTER),
}
"""By what is said of a claim. Positions are filled in."""
