"""Reads an ISA segment for those who have to answer it. Pure."""

from typing import Final

from gate.claimfiles.values import printable
from gate.claimfiles.x12_events import InterchangeBegins

_ISA_ELEMENTS: Final = 17
_USUAL_REPETITION: Final = b"^"


def interchange_of(isa: bytes, terminator: bytes) -> InterchangeBegins | None:
    """An ISA segment; None where it does not even say who sent it.

    Without a `terminator` it is one whose separators cannot be trusted.
    """
    elements = isa.split(isa[3:4], _ISA_ELEMENTS - 1)
    if len(elements) < _ISA_ELEMENTS:
        return None
    text = [printable(element.decode("latin-1")).strip() for element in elements]
    separators = b""
    if terminator:
        # Where it is a letter, a sender of version 4010 still says which standards are kept to.
        repetition = _USUAL_REPETITION if elements[11].isalnum() else elements[11][:1]
        separators = isa[3:4] + elements[16][:1] + repetition + terminator
    return InterchangeBegins(
        separators=separators.decode("latin-1"),
        sender_kind=text[5],
        sender=text[6],
        receiver_kind=text[7],
        receiver=text[8],
        date=text[9],
        time=text[10],
        control=text[13],
        asks_for_acknowledgment=text[14] == "1",
        usage=text[15],
    )
