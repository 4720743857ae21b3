"""What a tenant's ledger hears of providers, as a test says it."""

from datetime import datetime

import msgspec

from aggregator.evidence import Evidence, SourceAnswer
from gate.ledger import repository
from gate.ledger.observations import observed
from gate.persistence.unit_of_work import Database


async def hear(database: Database, tenant: str, npi: str, *answers: SourceAnswer, at: datetime) -> None:
    """These answers, given about a claim in Texas at that instant."""
    given = tuple(msgspec.structs.replace(answer, verified_at=at) for answer in answers)
    async with database.writing(tenant) as unit:
        await repository.add_observations(unit, observed(Evidence(npi=npi, state="TX", answers=given)))
