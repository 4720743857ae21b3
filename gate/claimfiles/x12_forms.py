"""The three 837 implementation guides this reader knows, and where they differ. Pure."""

import re
from typing import Final

import msgspec

from gate.claimfiles.model import ClaimKind

_IMPLEMENTATION: Final = re.compile(rb"005010X(?P<guide>222|223|224)(?:A\d{1,2})?")
SUPPORTED: Final = "005010X222 (837P), 005010X223 (837I) and 005010X224 (837D), with any addenda"


class ClaimForm(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between professional, institutional and dental claims."""

    kind: ClaimKind
    rendering_loop: str
    facility_loop: str
    line_charge_element: int
    """Place of the charge in SV1, SV2 or SV3."""
    has_attending: bool = False
    """Loop 2310A is the attending provider, who renders what nobody else is named for."""
    has_statement_dates: bool = False
    has_claim_date: bool = False
    """The claim itself can have a DTP*472."""
    has_pickup: bool = False
    has_line_facility: bool = True


_FORMS: Final = {
    b"222": ClaimForm(
        kind=ClaimKind.PROFESSIONAL,
        rendering_loop="2310B",
        facility_loop="2310C",
        line_charge_element=2,
        has_pickup=True,
    ),
    b"223": ClaimForm(
        kind=ClaimKind.INSTITUTIONAL,
        rendering_loop="2310D",
        facility_loop="2310E",
        line_charge_element=3,
        has_attending=True,
        has_statement_dates=True,
        has_line_facility=False,
    ),
    b"224": ClaimForm(
        kind=ClaimKind.DENTAL,
        rendering_loop="2310B",
        facility_loop="2310C",
        line_charge_element=2,
        has_claim_date=True,
    ),
}


def form_of(version: bytes) -> ClaimForm | None:
    """The form that an implementation reference (ST03 or GS08) names; None for any other version."""
    match = _IMPLEMENTATION.fullmatch(version)
    return _FORMS[match["guide"]] if match else None
