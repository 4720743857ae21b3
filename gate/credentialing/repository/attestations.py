"""What providers' records say of their CAQH attestations."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from gate.credentialing.model.attestations import KeptAttestation
from gate.credentialing.tables import ProviderTable
from gate.persistence.unit_of_work import UnitOfWork


async def npis_attested(unit: UnitOfWork, after: str, limit: int) -> Sequence[str]:
    """The next providers on record who attested on a known day, by NPI."""
    query = select(ProviderTable.npi).where(
        ProviderTable.tenant == unit.tenant,
        ProviderTable.archived_at.is_(None),
        ProviderTable.npi > after,
        ProviderTable.caqh_attested_on.is_not(None),
    )
    return list(await unit.session.scalars(query.order_by(ProviderTable.npi).limit(limit)))


async def kept_attestations(unit: UnitOfWork, npis: Collection[str]) -> Mapping[str, KeptAttestation]:
    """What is on record of providers, by NPI; of several records of one the present one, else the last archived."""
    query = select(
        ProviderTable.npi, ProviderTable.caqh_attested_on, ProviderTable.states, ProviderTable.archived_at
    ).where(ProviderTable.tenant == unit.tenant, ProviderTable.npi.in_(npis))
    found = await unit.session.execute(query.order_by(ProviderTable.archived_at.asc().nulls_last()))
    return {
        row.npi: KeptAttestation(
            attested_on=row.caqh_attested_on, states=tuple(row.states), archived_at=row.archived_at
        )
        for row in found
    }
