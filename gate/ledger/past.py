"""What was known at an instant in the past."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
import structlog

from aggregator.knowledge import KnownAnswer
from gate.ledger import repository
from gate.persistence.unit_of_work import Database

_log = structlog.stdlib.get_logger(__name__)


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
        known = {}
        async with self._database.reading(tenant) as unit:
            for source in sources:
                seen = await repository.last_observation(unit, npi, state, source, instant)
                if seen is None:
                    continue
                try:
                    known[source] = KnownAnswer(source, seen.records, seen.verified_at, seen.absent_since)
                except msgspec.DecodeError:
                    # As good as never heard: anything else would be a guess.
                    _log.warning("observation_not_understood", source=source, state=state)
        return known
