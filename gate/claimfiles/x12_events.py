"""What an 837 file says besides its claims, as far as acknowledgments of it repeat or judge that. Pure.

The codes are X12's own: TA105 for an interchange, AK905 for a group, IK502 for a set, IK304 and IK403 within one.
"""

from enum import StrEnum

import msgspec

from gate.claimfiles.model import Party


class Level(StrEnum):
    """Which envelope a fault is in."""

    INTERCHANGE = "ISA"
    GROUP = "GS"
    SET = "ST"


class InterchangeBegins(msgspec.Struct, frozen=True, array_like=True, tag="ISA"):
    """An ISA, or as much of it as can be read."""

    separators: str
    """Element, component, repetition separator and segment terminator; empty where they cannot be told."""
    sender_kind: str
    sender: str
    receiver_kind: str
    receiver: str
    date: str
    time: str
    control: str
    asks_for_acknowledgment: bool
    usage: str


class GroupBegins(msgspec.Struct, frozen=True, array_like=True, tag="GS"):
    """A GS."""

    kind: str
    sender: str
    receiver: str
    control: str
    version: str


class SetBegins(msgspec.Struct, frozen=True, array_like=True, tag="ST"):
    """An ST with the header that follows it."""

    kind: str
    control: str
    version: str
    """ST03; may be empty."""
    batch: str
    """BHT03."""
    submitter: Party
    receiver: Party


class ProviderBegins(msgspec.Struct, frozen=True, array_like=True, tag="HL"):
    """A billing provider: the claims that follow are theirs."""

    provider: Party


class SegmentFault(msgspec.Struct, frozen=True, array_like=True, tag="IK3"):
    """Something wrong in one segment of the open set."""

    segment: str
    position: int
    """Counted from 1 at ST."""
    code: str
    """IK304."""
    element: str = ""
    """Its number, with that of a component after a colon; empty where the fault is not in one."""
    reference: str = ""
    """The data element's number in the dictionary."""
    element_code: str = ""
    """IK403."""
    claim_id: str = ""
    """CLM01, where the fault is in a claim."""


class EnvelopeFault(msgspec.Struct, frozen=True, array_like=True, tag="fault"):
    """Something wrong with an envelope that is open, or just closed."""

    level: Level
    code: str


class SetEnds(msgspec.Struct, frozen=True, array_like=True, tag="SE"):
    """An SE."""


class GroupEnds(msgspec.Struct, frozen=True, array_like=True, tag="GE"):
    """A GE."""

    stated: str
    """GE01: how many sets it says there are."""


class InterchangeEnds(msgspec.Struct, frozen=True, array_like=True, tag="IEA"):
    """An IEA."""


Event = (
    InterchangeBegins
    | GroupBegins
    | SetBegins
    | ProviderBegins
    | SegmentFault
    | EnvelopeFault
    | SetEnds
    | GroupEnds
    | InterchangeEnds
)
