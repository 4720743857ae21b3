"""Who is named in a part of an 837: providers, their taxonomy codes and the states of their addresses. Pure.

The traps: a loop reaches from its NM1 to the next one, so that a pay-to address (NM1*87) keeps its N4 to itself; an
NM109 is an NPI only where NM108 is XX.
"""

from typing import Final

import msgspec

from gate.claimfiles.values import printable
from gate.claimfiles.x12_marks import Marks

BILLING: Final = b"85"
RENDERING: Final = b"82"
ATTENDING: Final = b"71"
FACILITY: Final = b"77"
PICKUP: Final = b"PW"

# Elements, counted from the first that is not spelled out in what was searched for: NM102, N401, PRV01.
_NM108: Final = 6
_NM109: Final = 7
_N402: Final = 1
_PRV02: Final = 1
_PRV03: Final = 2


class Provider(msgspec.Struct, frozen=True, gc=False):
    """A provider as one loop names it; empty strings for what the loop leaves out."""

    npi: str = ""
    taxonomy_code: str = ""
    is_named: bool = False


class BillingProvider(msgspec.Struct, frozen=True, gc=False):
    """Loops 2000A and 2010AA: stands for every claim below them."""

    npi: str = ""
    taxonomy_code: str = ""
    state: str = ""


NOBODY: Final = Provider()


def billing_provider(level: bytes, marks: Marks) -> BillingProvider:
    """The billing provider of a level HL*20."""
    loop = marks.loops(level).get(BILLING, b"")
    taxonomy_code = _taxonomy_code(level.partition(marks.party)[0], marks)
    return BillingProvider(_npi(loop, marks), taxonomy_code, state(loop, marks))


def provider(loop: bytes | None, marks: Marks) -> Provider:
    """The provider that a loop names; `NOBODY` where there is no such loop."""
    if loop is None:
        return NOBODY
    return Provider(_npi(loop, marks), _taxonomy_code(loop, marks), is_named=True)


def state(loop: bytes, marks: Marks) -> str:
    """The state in a loop's address; empty where there is none."""
    elements = marks.after(loop, marks.address).split(marks.element, _N402 + 1)
    return elements[_N402].strip().decode("latin-1").upper() if len(elements) > _N402 else ""


def _npi(loop: bytes, marks: Marks) -> str:
    elements = loop.partition(marks.terminator)[0].split(marks.element, _NM109 + 1)
    if len(elements) <= _NM109 or elements[_NM108].strip() != b"XX":
        return ""
    return elements[_NM109].strip().decode("latin-1")


def _taxonomy_code(loop: bytes, marks: Marks) -> str:
    elements = marks.after(loop, marks.taxonomy).split(marks.element, _PRV03 + 1)
    if len(elements) <= _PRV03 or elements[_PRV02].strip() != b"PXC":
        return ""
    return printable(elements[_PRV03].strip().decode("latin-1"))
