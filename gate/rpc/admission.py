"""How much is taken on at once. What is beyond it is refused at once, so that what was taken on is still answered soon.

A full queue helps nobody: every answer in it comes too late. Work is weighed in claims, because a batch of ten
thousand is ten thousand times one.
"""

import random
from collections import defaultdict
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol

from gate.errors import Overloaded

OVERCOMMITMENT: Final = 2
"""By how much the limit may be exceeded by tenants that have less than their share under way."""
_BACK_IN_SECONDS: Final = (0.5, 1.5)
"""When the refused may come back. Not all at the same moment, or they would overload the gate again."""


class Shed(StrEnum):
    """Why a call was refused; the label of `enrollment_gate_shed_total`."""

    CAPACITY = "capacity"
    """The gate has as much under way as it takes on."""
    TENANT = "tenant"
    """There is as much under way for this tenant as its share allows, while others want theirs."""
    TOO_LATE = "too_late"
    """The caller had stopped waiting before its call was looked at."""


class ShedObserver(Protocol):
    """Hears of calls that were refused."""

    def shed(self, reason: Shed) -> None:
        """One call was refused."""
        ...


class Admission:
    """Counts the claims under way, in all and by tenant.

    A tenant may take everything while it is alone. As soon as others ask, each of them is let in up to its fair share
    even where the first has left no room: nobody waits until a flood has drained. That costs at most
    `OVERCOMMITMENT` times the limit.
    """

    def __init__(self, limit: int, observer: ShedObserver) -> None:
        self._limit = limit
        self._observer = observer
        self._of_tenant: defaultdict[str, int] = defaultdict(int)
        self.claims_in_flight = 0

    def enter(self, tenant: str, claims: int) -> "UnderWay":
        """Take on so many claims until the returned block ends; more than the limit need the gate for themselves.

        Raises:
            Overloaded: there is no room.
        """
        weight = min(max(claims, 1), self._limit)
        shed = self._shed(tenant, weight)
        if shed is not None:
            raise self.refusal(shed)
        return UnderWay(self, tenant, weight)

    def refusal(self, shed: Shed) -> Overloaded:
        """What to tell a caller that is not let in, counted."""
        self._observer.shed(shed)
        return Overloaded(random.uniform(*_BACK_IN_SECONDS))  # noqa: S311 - spreads callers, hides nothing

    def has_room(self, tenant: str, claims: int) -> bool:
        """Whether `enter` would take them on."""
        return self._shed(tenant, min(max(claims, 1), self._limit)) is None

    def _shed(self, tenant: str, weight: int) -> Shed | None:
        total = self.claims_in_flight + weight
        if total <= self._limit:
            return None
        own = self._of_tenant.get(tenant, 0)
        tenants = len(self._of_tenant) + (own == 0)
        if total > self._limit * OVERCOMMITMENT or tenants == 1:
            return Shed.CAPACITY
        return None if own + weight <= self._limit / tenants else Shed.TENANT

    def begin(self, tenant: str, weight: int) -> None:
        """See `UnderWay`."""
        self.claims_in_flight += weight
        self._of_tenant[tenant] += weight

    def end(self, tenant: str, weight: int) -> None:
        """See `UnderWay`."""
        self.claims_in_flight -= weight
        self._of_tenant[tenant] -= weight
        if not self._of_tenant[tenant]:
            del self._of_tenant[tenant]


class UnderWay:
    """Claims count as under way within the block. A class, because `contextlib` takes longer, and every call pays."""

    def __init__(self, admission: Admission, tenant: str, weight: int) -> None:
        self._admission = admission
        self._tenant = tenant
        self._weight = weight

    def __enter__(self) -> None:
        self._admission.begin(self._tenant, self._weight)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission.end(self._tenant, self._weight)
