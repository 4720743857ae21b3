"""What others ask about many records at once: whose they are, how enrollments stand, what providers are called."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from gate.credentialing.model.enrollments import Enrollment
from gate.credentialing.repository import rows
from gate.credentialing.tables import EnrollmentTable, ProviderTable
from gate.persistence.unit_of_work import Database, UnitOfWork


async def enrollments(unit: UnitOfWork, ids: Iterable[str]) -> Sequence[tuple[Enrollment, bool]]:
    """The enrollments of these ids, and whether each is archived."""
    query = select(*rows.columns_of(EnrollmentTable, Enrollment), EnrollmentTable.archived_at).where(
        EnrollmentTable.tenant == unit.tenant, EnrollmentTable.id.in_(set(ids))
    )
    found = (await unit.session.execute(query)).mappings()
    return [(rows.record_in(dict(row), Enrollment), row["archived_at"] is not None) for row in found]


async def tenants_with_records(database: Database) -> Sequence[str]:
    """Who keeps providers.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    async with database.reading_across_tenants() as session:
        return list(await session.scalars(select(ProviderTable.tenant).distinct()))


async def names_by_npi(unit: UnitOfWork, npis: Iterable[str]) -> Mapping[str, str]:
    """What the providers with these NPIs are called."""
    query = select(ProviderTable.npi, ProviderTable.first_name, ProviderTable.last_name).where(
        ProviderTable.tenant == unit.tenant, ProviderTable.npi.in_(set(npis)), ProviderTable.archived_at.is_(None)
    )
    return {row.npi: f"{row.first_name} {row.last_name}" for row in await unit.session.execute(query)}
