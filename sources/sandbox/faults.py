"""How the sandbox's portals misbehave, and how often."""

import math
from collections.abc import Collection, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final

import msgspec

SLOW_BY_DEFAULT_MS: Final = 1500.0


class FaultKind(StrEnum):
    """What goes wrong with an answer."""

    NONE = "none"
    """Nothing but the latency, if one is named."""
    ERROR_500 = "error_500"
    ERROR_401 = "error_401"
    THROTTLE = "throttle"
    """429 with ``Retry-After: 1``."""
    TIMEOUT = "timeout"
    """Never answers; ends when the client leaves or the sandbox stops."""
    SLOW = "slow"
    """Answers well after `latency_ms`."""
    MALFORMED = "malformed"
    """200 with JSON that breaks off."""
    HTML = "html"
    """200 with an HTML error page."""
    RESET = "reset"
    """The connection is reset instead of answered."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One portal's fault."""

    kind: FaultKind
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """Part of the calls that meet it, evenly spread: 0.5 is every other call, beginning with the first."""
    latency_ms: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """Wait before the fault, or for `slow` before the answer."""

    @property
    def wait_seconds(self) -> float:
        """How long a call that meets the fault waits first."""
        default = SLOW_BY_DEFAULT_MS if self.kind is FaultKind.SLOW else 0.0
        return (default if self.latency_ms is None else self.latency_ms) / 1000

    def strikes(self, call: int) -> bool:
        """Whether the `call`-th call (from 1) since the fault was set meets it. Counted, never drawn by chance."""
        share = Fraction(str(self.share))
        return math.ceil(call * share) > math.ceil((call - 1) * share)


def parse_faults(document: object, portals: Collection[str]) -> dict[str, Fault]:
    """Faults by portal, from plain objects; the mapping itself or under a key `faults`.

    Raises:
        ValueError: naming the portal and the field that is wrong.
    """
    if isinstance(document, Mapping) and set(document) == {"faults"}:
        document = document["faults"]
    if not isinstance(document, Mapping):
        raise ValueError("faults: not a mapping of portals to faults")  # noqa: TRY004 - a wrong document, not a wrong call
    faults = {}
    for portal, entry in document.items():
        if portal not in portals:
            raise ValueError(f"faults: there is no portal named {portal}, only {', '.join(portals)}")
        try:
            faults[portal] = msgspec.convert(entry, Fault)
        except msgspec.ValidationError as error:
            raise ValueError(f"faults of {portal}: {error}") from error
    return faults
