"""What audit mode let pass, in the log (row C11): some lines a minute, however many claims there are.

A line takes longer to write than a claim to answer. So what comes within a second is told by one line.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

TOLD_EVERY_SECONDS: Final = 1.0
NAMED_AT_MOST: Final = 5
"""Claims in one line."""
_log = structlog.stdlib.get_logger(__name__)


class NamedClaim(msgspec.Struct, frozen=True):
    """One that would be held."""

    decision_id: str
    request_id: str
    """Of the request that it was in."""
    npi: str
    state: str
    code: str
    detail: str | None


class Held(msgspec.Struct):
    """Of one tenant, what no line has told yet."""

    claims: int = 0
    of: int = 0
    """Answers to it meanwhile."""
    codes: Counter[str] = msgspec.field(default_factory=Counter)
    first: list[NamedClaim] = msgspec.field(default_factory=list)

    def add(self, more: "Held") -> None:
        """Both, as one."""
        self.claims += more.claims
        self.of += more.of
        self.codes += more.codes
        self.first += more.first[: NAMED_AT_MOST - len(self.first)]


class HeldClaims:
    """Tells of claims that would be held were their tenant's mode ENFORCE."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._untold: dict[str, Held] = {}
        self._told_at: dict[str, float] = {}
        """By tenants of whom a line told less than a second ago."""

    def add(self, tenant: str, held: Held) -> None:
        """Tell of them too, soon."""
        self._untold.setdefault(tenant, Held()).add(held)

    def tell(self) -> None:
        """Tell of every tenant of whom no line told within the last second."""
        now = self._monotonic()
        self._told_at = {tenant: at for tenant, at in self._told_at.items() if now - at < TOLD_EVERY_SECONDS}
        for tenant in self._untold.keys() - self._told_at:
            self._told_at[tenant] = now
            _tell(tenant, self._untold.pop(tenant))

    def flush(self) -> None:
        """Tell what is left."""
        for tenant, untold in self._untold.items():
            _tell(tenant, untold)
        self._untold.clear()


def _tell(tenant: str, held: Held) -> None:
    first = [msgspec.structs.asdict(claim) for claim in held.first]
    _log.info("claims_would_pend", tenant=tenant, claims=held.claims, of=held.of, codes=held.codes, first=first)
