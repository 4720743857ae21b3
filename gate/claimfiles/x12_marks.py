"""The beginnings of the segments that are searched for, spelled with one interchange's separators. Pure."""

import msgspec

from gate.claimfiles.x12_blocks import Separators


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Each mark begins with the terminator of the segment before, and ends with an element separator."""

    element: bytes
    component: bytes
    terminator: bytes
    batch: bytes
    trace: bytes
    tax_number: bytes
    party: bytes
    address: bytes
    taxonomy: bytes
    other_payer: bytes
    line: bytes
    service_date: bytes
    statement_dates: bytes
    service: bytes
    """SV1, SV2 or SV3: their common beginning."""

    def after(self, text: bytes, mark: bytes) -> bytes:
        """The rest of the first segment that `mark` begins; empty where there is none."""
        return text.partition(mark)[2].partition(self.terminator)[0]

    def loops(self, text: bytes) -> dict[bytes, bytes]:
        """The loops that NM1 segments begin, by entity code: what follows the code, up to the next NM1."""
        found = {}
        for loop in text.split(self.party)[1:]:
            code, _, rest = loop.partition(self.element)
            found[code] = rest
        return found


def value(elements: list[bytes], index: int) -> bytes:
    """One element, blanks around it removed; empty when the segment is shorter."""
    return elements[index].strip() if index < len(elements) else b""


def marks_for(separators: Separators) -> Marks:
    """The marks of an interchange."""
    element, terminator = separators.element, separators.terminator

    def mark(*names: bytes) -> bytes:
        return terminator + element.join(names) + element

    return Marks(
        element=element,
        component=separators.component,
        terminator=terminator,
        batch=mark(b"BHT"),
        trace=mark(b"REF", b"D9"),
        tax_number=mark(b"REF", b"EI"),
        party=mark(b"NM1"),
        address=mark(b"N4"),
        taxonomy=mark(b"PRV"),
        other_payer=mark(b"SBR"),
        line=mark(b"LX"),
        service_date=mark(b"DTP", b"472"),
        statement_dates=mark(b"DTP", b"434"),
        service=terminator + b"SV",
    )
