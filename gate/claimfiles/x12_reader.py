"""Reads claims out of 837 files, in one pass and constant memory."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import ClaimProblem, FileClaim
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_blocks import Block, ByteStream, Place, read_blocks
from gate.claimfiles.x12_claim import ClaimReader
from gate.claimfiles.x12_envelope import Envelope
from gate.claimfiles.x12_marks import Marks, marks_for, value
from gate.claimfiles.x12_parties import BillingProvider, billing_provider

_HL03: Final = 3
_BILLING_LEVEL: Final = b"20"


def read_x12(stream: ByteStream, problems: FileProblems) -> Iterator[FileClaim]:
    """Claims in file order. What is wrong around them but does not hinder reading goes to `problems`.

    Raises:
        ClaimFileError: when the file is damaged, cut short, or of a version or transaction set not supported.
    """
    reader = _X12Reader(problems)
    for block in read_blocks(stream):
        yield from reader.read(block)
    reader.finish()


class _X12Reader:
    """The state between two pieces of a file."""

    def __init__(self, problems: FileProblems) -> None:
        self._problems = problems
        self._envelope = Envelope(problems)
        self._marks: Marks
        self._claims: ClaimReader | None = None
        """None outside a transaction."""
        self._billing = BillingProvider()
        self._end = Place(1, 0)
        self._trailers: dict[bytes, Callable[[list[bytes], Place], None]] = {
            b"ISA": self._envelope.open_interchange,
            b"GS": self._envelope.open_group,
            b"GE": self._envelope.close_group,
            b"IEA": self._envelope.close_interchange,
        }

    def read(self, block: Block) -> list[FileClaim]:
        """The claims of one block."""
        if block.begins_interchange:
            self._marks = marks_for(block.separators)
        for place in block.damaged():
            self._problems.add(str(place), "what stands here is not a segment; it is passed over")
        claims = []
        for piece, number, offset in block.pieces():
            name = piece[:2]
            if name == b"CL":
                claim = self._claim(piece, number, offset)
                if block.is_damaged and block.holds_damage(piece):
                    claim = _damaged(claim)
                claims.append(claim)
            elif name == b"HL":
                self._level(piece)
            else:
                self._envelope_segment(piece, Place(number, offset))
        self._end = block.end
        return claims

    def finish(self) -> None:
        """The end of the file."""
        self._envelope.finish(self._end)

    def _claim(self, piece: bytes, number: int, offset: int) -> FileClaim:
        transaction = self._envelope.transaction
        if self._claims is None or transaction is None:
            raise ClaimFileError(str(Place(number, offset)), "a claim (CLM) outside a transaction (ST)")
        return self._claims.read(piece, transaction.next_claim_key(), (number, offset), self._billing)

    def _level(self, piece: bytes) -> None:
        marks = self._marks
        if value(piece.partition(marks.terminator)[0].split(marks.element), _HL03) == _BILLING_LEVEL:
            self._billing = billing_provider(piece, marks)

    def _envelope_segment(self, piece: bytes, place: Place) -> None:
        marks = self._marks
        elements = piece.partition(marks.terminator)[0].split(marks.element)
        if elements[0] == b"ST":
            transaction = self._envelope.open_transaction(elements, place)
            self._claims = ClaimReader(transaction.form, marks)
            self._billing = BillingProvider()
        elif elements[0] == b"SE":
            self._envelope.close_transaction(elements, place)
            self._claims = None
        else:
            self._trailers[elements[0]](elements, place)


def _damaged(claim: FileClaim) -> FileClaim:
    # What cannot be read may have named the rendering provider: better no answer than one about somebody else.
    problem = ClaimProblem(claim.place, "the claim holds something that is not a segment")
    return msgspec.structs.replace(claim, problems=(*claim.problems, problem))
