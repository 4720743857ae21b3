"""Reads claims out of 837 files, in one pass and constant memory."""

from collections.abc import Callable, Iterator
from typing import Final, cast

import msgspec

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import ClaimProblem, FileClaim
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_blocks import Block, ByteStream, Place, read_blocks
from gate.claimfiles.x12_claim import ClaimReader
from gate.claimfiles.x12_envelope import INVALID_CONTENT, Envelope
from gate.claimfiles.x12_events import Event
from gate.claimfiles.x12_marks import Marks, marks_for, value
from gate.claimfiles.x12_parties import BillingProvider, billing_provider
from gate.claimfiles.x12_telling import SetTelling

_HL03: Final = 3
_BILLING_LEVEL: Final = b"20"


def read_x12(stream: ByteStream, problems: FileProblems) -> Iterator[FileClaim]:
    """Claims in file order. What is wrong around them but does not hinder reading goes to `problems`.

    Raises:
        ClaimFileError: when the file is damaged, cut short, or of a version or transaction set not supported.
    """
    return cast("Iterator[FileClaim]", _read(stream, problems, tells=False))  # nothing else is told


def read_x12_with_events(stream: ByteStream, problems: FileProblems) -> Iterator[FileClaim | Event]:
    """As `read_x12`, with all that an acknowledgment of the file needs, each where it stands in the file."""
    return _read(stream, problems, tells=True)


def _read(stream: ByteStream, problems: FileProblems, *, tells: bool) -> Iterator[FileClaim | Event]:
    reader = _X12Reader(problems, tells=tells)
    try:
        for block in read_blocks(stream):
            yield from reader.read(block)
        reader.finish()
    except ClaimFileError:
        yield from reader.found
        raise


class _X12Reader:
    """The state between two pieces of a file."""

    def __init__(self, problems: FileProblems, *, tells: bool) -> None:
        self._problems = problems
        self._tells = tells
        self.found: list[FileClaim | Event] = []
        """What was read of the present block so far, and has not been given away."""
        self._envelope = Envelope(problems, self._tell if tells else _tell_nobody)
        self._marks: Marks
        self._claims: ClaimReader | None = None
        """None outside a transaction."""
        self._set: SetTelling | None = None
        """What of the transaction is told besides; None where nobody is told."""
        self._billing = BillingProvider()
        self._end = Place(1, 0)
        self._trailers: dict[bytes, Callable[[list[bytes], Place], None]] = {
            b"SE": self._end_of_transaction,
            b"GS": self._envelope.open_group,
            b"GE": self._envelope.close_group,
            b"IEA": self._envelope.close_interchange,
        }

    def read(self, block: Block) -> list[FileClaim | Event]:
        """The claims of one block, and what else there is to tell."""
        if block.begins_interchange:
            self._marks = marks_for(block.separators)
        for place in block.damaged():
            self._problems.add(str(place), "what stands here is not a segment; it is passed over")
        for piece, number, offset in block.pieces():
            name = piece[:2]
            if name == b"CL":
                claim = self._claim(piece, number, offset)
                if block.is_damaged and block.holds_damage(piece):
                    claim = _damaged(claim)
                self.found.append(claim)
            elif name == b"HL":
                self._level(piece, number)
            else:
                self._envelope_segment(piece, Place(number, offset))
            if self._set is not None and block.is_damaged and block.holds_damage(piece):
                self._set.damage(piece, number, block)
        self._end = block.end
        found, self.found = self.found, []
        return found

    def finish(self) -> None:
        """The end of the file."""
        self._envelope.finish(self._end)

    def _tell(self, event: Event) -> None:
        self.found.append(event)

    def _claim(self, piece: bytes, number: int, offset: int) -> FileClaim:
        transaction = self._envelope.transaction
        if self._claims is None or transaction is None:
            place = str(Place(number, offset))
            raise ClaimFileError(place, "a claim (CLM) outside a transaction (ST)", INVALID_CONTENT)
        claim = self._claims.read(piece, transaction.next_claim_key(), (number, offset), self._billing)
        return claim if self._set is None else self._set.claim(claim, piece)

    def _level(self, piece: bytes, number: int) -> None:
        marks = self._marks
        elements = piece.partition(marks.terminator)[0].split(marks.element)
        if value(elements, _HL03) == _BILLING_LEVEL:
            self._billing = billing_provider(piece, marks)
        if self._set is not None:
            self._set.level(piece, elements, number)

    def _envelope_segment(self, piece: bytes, place: Place) -> None:
        marks = self._marks
        elements = piece.partition(marks.terminator)[0].split(marks.element)
        if elements[0] == b"ISA":
            self._envelope.open_interchange(piece, place, marks)
        elif elements[0] == b"ST":
            transaction = self._envelope.open_transaction(piece, place, marks)
            self._claims = ClaimReader(transaction.form, marks)
            self._set = SetTelling(transaction, marks, self._tell) if self._tells else None
            self._billing = BillingProvider()
        else:
            self._trailers[elements[0]](elements, place)

    def _end_of_transaction(self, elements: list[bytes], place: Place) -> None:
        self._envelope.close_transaction(elements, place)
        self._claims = None
        self._set = None


def _tell_nobody(event: Event) -> None:
    """Nobody acknowledges the file."""


def _damaged(claim: FileClaim) -> FileClaim:
    # What cannot be read may have named the rendering provider: better no answer than one about somebody else.
    problem = ClaimProblem(claim.place, "the claim holds something that is not a segment")
    return msgspec.structs.replace(claim, problems=(*claim.problems, problem))
