"""What others ask about many records at once: whose they are, how they stand, what providers are called."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import select, tuple_

from gate.credentialing.model.credentials import Credential
from gate.credentialing.model.enrollments import Enrollment
from gate.credentialing.model.providers import Provider
from gate.credentialing.repository import rows
from gate.credentialing.tables import CredentialTable, EnrollmentTable, ProviderTable
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


async def expiring(
    unit: UnitOfWork, until: date, after: tuple[date, str] | None, limit: int
) -> Sequence[tuple[Credential, bool]]:
    """Credentials that expire by `until` or have expired, the earliest first, put off or not; none is archived."""
    query = rows.present(unit, CredentialTable, Credential).where(CredentialTable.expires_on <= until)
    if after is not None:
        query = query.where(tuple_(CredentialTable.expires_on, CredentialTable.id) > tuple_(*after))
    ordered = query.order_by(CredentialTable.expires_on, CredentialTable.id).limit(limit)
    return [(each, False) for each in await rows.all_of(unit, ordered, Credential)]


async def credentials(unit: UnitOfWork, ids: Iterable[str]) -> Sequence[tuple[Credential, bool]]:
    """The credentials of these ids, and whether each is archived."""
    query = select(*rows.columns_of(CredentialTable, Credential), CredentialTable.archived_at).where(
        CredentialTable.tenant == unit.tenant, CredentialTable.id.in_(set(ids))
    )
    found = (await unit.session.execute(query)).mappings()
    return [(rows.record_in(dict(row), Credential), row["archived_at"] is not None) for row in found]


async def providers(unit: UnitOfWork, ids: Iterable[str]) -> Mapping[str, Provider]:
    """Providers by id, archived ones too."""
    query = select(*rows.columns_of(ProviderTable, Provider)).where(
        ProviderTable.tenant == unit.tenant, ProviderTable.id.in_(set(ids))
    )
    return {each.id: each for each in await rows.all_of(unit, query, Provider)}
