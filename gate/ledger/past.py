"""What was known at an instant in the past."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from aggregator.knowledge import KnownAnswer
from gate.ledger import repository
from gate.ledger.known_answers import known_answer
from gate.persistence.unit_of_work import Database


class ObservationLog:
    """Every tenant's observations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known_before(
        self, tenant: str, npi: str, state: str, sources: Iterable[str], instant: datetime
    ) -> Mapping[str, KnownAnswer]:
        """The last clean answer that each of the sources had given before `instant`; those never heard are left out.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        wanted = [(npi, state, source) for source in sources]
        return (await self.all_known_before(tenant, wanted, instant)).get((npi, state), {})

    async def all_known_before(
        self, tenant: str, wanted: Sequence[tuple[str, str, str]], instant: datetime
    ) -> Mapping[tuple[str, str], Mapping[str, KnownAnswer]]:
        """The same of many at once: each (NPI, state, source), by NPI and state.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        async with self._database.reading(tenant) as unit:
            found = await repository.last_observations(unit, wanted, instant)
        known: dict[tuple[str, str], dict[str, KnownAnswer]] = defaultdict(dict)
        for seen in found:
            if (answer := known_answer(seen)) is not None:
                known[seen.npi, seen.state][seen.source] = answer
        return known
