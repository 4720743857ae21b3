"""Who sent an 837 and to whom, and what an acknowledgment repeats of its providers and claims. Pure."""

from typing import Final

import msgspec

from gate.claimfiles.model import ClaimKind, Party, Submitted
from gate.claimfiles.values import printable
from gate.claimfiles.x12_events import ProviderBegins
from gate.claimfiles.x12_marks import Marks, value
from gate.claimfiles.x12_parties import BILLING

_SUBMITTER: Final = b"41"
_RECEIVER: Final = b"40"
_PATIENT: Final = b"QC"
_SUBSCRIBER: Final = b"IL"
_BHT03: Final = 3
_CLM05: Final = 5
_BILL_TYPE_PARTS: Final = 3


def header_of(piece: bytes, marks: Marks) -> tuple[str, Party, Party]:
    """BHT03, the submitter and the receiver of the set that begins with `piece`."""
    batch = value(marks.after(piece, marks.batch).split(marks.element), _BHT03 - 1)
    loops = marks.loops(piece)
    return _text(batch), party(loops.get(_SUBMITTER, b""), marks), party(loops.get(_RECEIVER, b""), marks)


def party(loop: bytes, marks: Marks) -> Party:
    """Whom a loop names; `loop` begins after NM101."""
    elements = loop.partition(marks.terminator)[0].split(marks.element)
    texts = [_text(value(elements, index)) for index in range(8)]
    return Party(texts[0], texts[1], texts[2], texts[3], texts[5], texts[6], texts[7])


def billing_provider_named(level: bytes, marks: Marks) -> ProviderBegins:
    """The billing provider of a level HL*20; one without an NPI by their tax number."""
    loop = marks.loops(level).get(BILLING, b"")
    named = party(loop, marks)
    if not named.id:
        number = _text(marks.after(loop, marks.tax_number).partition(marks.element)[0])
        named = msgspec.structs.replace(named, id_kind="FI" if number else "", id=number)
    return ProviderBegins(named)


def subscriber_of(level: bytes, marks: Marks) -> Party:
    """Whom a level HL*22 insures; nobody where it does not say."""
    return party(marks.loops(level).get(_SUBSCRIBER, b""), marks)


def dependent_of(level: bytes, subscriber: Party, marks: Marks) -> Party:
    """The patient of a level HL*23. A dependent has no member number of their own: the subscriber's stands for both."""
    named = party(marks.loops(level).get(_PATIENT, b""), marks)
    return msgspec.structs.replace(named, id_kind=subscriber.id_kind, id=subscriber.id)


def submitted(piece: bytes, patient: Party, kind: ClaimKind, marks: Marks) -> Submitted:
    """What an acknowledgment repeats of the claim in `piece`."""
    own = piece.partition(marks.line)[0].partition(marks.other_payer)[0]
    trace = marks.after(own, marks.trace).partition(marks.element)[0]
    bill_type = ""
    if kind is ClaimKind.INSTITUTIONAL:
        facility = value(own.partition(marks.terminator)[0].split(marks.element), _CLM05)
        parts = facility.split(marks.component)
        bill_type = _text(parts[0] + parts[2]) if len(parts) >= _BILL_TYPE_PARTS else ""
    return Submitted(patient, _text(trace), bill_type)


def _text(written: bytes) -> str:
    return printable(written.strip().decode("latin-1"))
