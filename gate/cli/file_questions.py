"""What a claim file asks the gate: claims in, batches of requests out, as they go over the wire."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec
from google.type.date_pb2 import Date

from gate.claimfiles.asked import AskedClaim, asked
from gate.claimfiles.checks import CheckUnit, checks_of
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim
from gate.claimfiles.x12_events import Event
from gate.v1 import claim_pb2, enrollment_gate_pb2

UNITS_PER_BATCH: Final = 1000
"""Questions in one request. What a request costs by itself is spread over them; the server takes ten times as many."""


class Batch(msgspec.Struct, array_like=True, tag="batch"):
    """Consecutive claims, and the one request that asks about all of them."""

    request: bytes
    """A serialized `CheckClaimsRequest`; answers come in its order, claim by claim."""
    claims: list[AskedClaim]
    events: list[tuple[int, Event]]
    """What else the file says, each with the number of claims of this batch that stand before it."""
    bytes_read: int = 0
    """Of the file, as it lies on disk."""


def batches_of(
    content: Iterable[FileClaim | Event], *, fresh: bool = False, units_per_batch: int = UNITS_PER_BATCH
) -> Iterator[Batch]:
    """All claims in file order; a claim's questions are never divided. `fresh`: sources are to be asked now.

    Raises:
        ClaimFileError: the file cannot be read on.
    """
    batch = _Making(fresh=fresh)
    try:
        for item in content:
            if not isinstance(item, FileClaim):
                batch.events.append((len(batch.claims), item))
                continue
            units = checks_of(item)
            if batch.claims and max(batch.units + len(units), len(batch.claims) + 1) > units_per_batch:
                yield batch.made()
                batch = _Making(fresh=fresh)
            batch.add(item, units)
    except ClaimFileError:
        # Nothing is asked any more about a file that is refused, but what it said is heard.
        if batch.events:
            yield Batch(b"", [], [(0, event) for _, event in batch.events])
        raise
    if batch.claims or batch.events:
        yield batch.made()


class _Making:
    """A batch that is being filled."""

    def __init__(self, *, fresh: bool) -> None:
        self.claims: list[AskedClaim] = []
        self.events: list[tuple[int, Event]] = []
        self.units = 0
        freshness = claim_pb2.FRESHNESS_REQUIREMENT_FRESH if fresh else claim_pb2.FRESHNESS_REQUIREMENT_UNSPECIFIED
        self._request = enrollment_gate_pb2.CheckClaimsRequest(freshness=freshness)

    def add(self, claim: FileClaim, units: tuple[CheckUnit, ...]) -> None:
        self.claims.append(asked(claim, units))
        self.units += len(units)
        questions = self._request.claims
        for unit in units:
            last = unit.service_end_date
            questions.add(
                claim_id=claim.claim_id,
                line_number=unit.line_number,
                rendering_npi=unit.rendering_npi,
                billing_npi=unit.billing_npi,
                state=unit.state,
                service_date=_date(unit.service_date),
                service_end_date=None if last is None else _date(last),
                taxonomy_code=unit.taxonomy_code,
                line_of_business=unit.line_of_business,
                charge_cents=unit.charge_cents,
            )

    def made(self) -> Batch:
        return Batch(self._request.SerializeToString(), self.claims, self.events)


@lru_cache(maxsize=4096)
def _date(day: date) -> Date:
    """Messages copy what they are given, so that one serves all claims of the day."""
    return Date(year=day.year, month=day.month, day=day.day)
