"""What is at stake where a deadline is missed: what the provider's claims charged lately."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime

from gate.alerts.model.due_dates import ChargesSeen
from gate.ledger import provider_sets
from gate.persistence.unit_of_work import Database

ChargeIn = Callable[[bytes], int]
"""The cents that a claim charged, as it went over the wire."""


class LedgerCharges:
    """Out of the ledger, whatever was decided."""

    def __init__(self, database: Database, charge_in: ChargeIn) -> None:
        self._database = database
        self._charge_in = charge_in

    async def of(self, tenant: str, npis: Collection[str], since: datetime) -> ChargesSeen:
        """Of a claim that was asked about several times its last charge counts (row B5).

        Raises:
            StoreUnavailable: the ledger cannot be read.
        """
        cents: dict[tuple[str, str], int] = defaultdict(int)
        counted: dict[tuple[str, str, str, int], int] = {}
        async with self._database.reading(tenant) as unit:
            async for seen in provider_sets.claims_since(unit, npis, since):
                charge = self._charge_in(seen.claim)
                if seen.claim_id:
                    line = (seen.npi, seen.state, seen.claim_id, seen.line_number)
                    cents[seen.npi, seen.state] -= counted.get(line, 0)
                    counted[line] = charge
                cents[seen.npi, seen.state] += charge
        return ChargesSeen(dict(cents))
