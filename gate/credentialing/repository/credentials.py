"""How credentials of providers and their renewals are stored and found."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select, tuple_

from gate.credentialing.model.credentials import (
    Credential,
    CredentialFilter,
    ExpiringFilter,
    Renewal,
    RenewalFilter,
    RenewalStatus,
)
from gate.credentialing.model.fields import is_line
from gate.credentialing.repository import rows
from gate.credentialing.tables import CredentialTable, RenewalTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, credential: Credential) -> None:
    """Store a new credential."""
    await rows.add(unit, CredentialTable, credential, archived_at=None)


async def find(unit: UnitOfWork, credential_id: str, *, to_change: bool = False) -> Credential | None:
    """The credential of that id."""
    return await rows.find(unit, CredentialTable, Credential, credential_id, to_change=to_change)


async def find_all(unit: UnitOfWork, ids: Iterable[str]) -> Sequence[Credential]:
    """Those of the credentials that are there. Nobody else changes them until the unit ends."""
    query = rows.present(unit, CredentialTable, Credential).where(CredentialTable.id.in_(set(ids)))
    # In one order everywhere: writers must not wait in a circle.
    return await rows.all_of(unit, query.order_by(CredentialTable.id).with_for_update(), Credential)


async def several(unit: UnitOfWork, ids: Iterable[str]) -> dict[str, Credential]:
    """Credentials by id, archived ones too."""
    query = select(*rows.columns_of(CredentialTable, Credential)).where(
        CredentialTable.tenant == unit.tenant, CredentialTable.id.in_(set(ids))
    )
    return {each.id: each for each in await rows.all_of(unit, query, Credential)}


async def put(unit: UnitOfWork, credential: Credential) -> None:
    """Replace what is stored of a credential."""
    await rows.change(unit, CredentialTable, credential.id, **rows.values_of(credential))


async def archive(unit: UnitOfWork, credential_id: str, at: datetime) -> None:
    """Have lists pass over the credential from now on."""
    await rows.archive(unit, CredentialTable, credential_id, at)


async def listed(unit: UnitOfWork, wanted: CredentialFilter, before: str, limit: int) -> Sequence[Credential]:
    """Credentials newest first, from the one before the id `before` (empty: from the newest)."""
    query = rows.present(unit, CredentialTable, Credential)
    if wanted.provider_id:
        query = query.where(CredentialTable.provider_id == wanted.provider_id)
    if before:
        query = query.where(CredentialTable.id < before)
    return await rows.all_of(unit, query.order_by(CredentialTable.id.desc()).limit(limit), Credential)


async def expiring(
    unit: UnitOfWork,
    wanted: ExpiringFilter,
    *,
    today: date,
    until: date,
    after: tuple[date, str] | None = None,
    limit: int,
) -> Sequence[Credential]:
    """Credentials that expire by `until` or have expired, the earliest first, from the one after `after`."""
    if not is_line(wanted.coordinator):
        return []
    put_off = CredentialTable.snoozed_until > today
    query = rows.present(unit, CredentialTable, Credential).where(CredentialTable.expires_on <= until)
    query = query.where(put_off if wanted.is_snoozed else or_(CredentialTable.snoozed_until.is_(None), ~put_off))
    if wanted.coordinator:
        query = query.where(CredentialTable.coordinator == wanted.coordinator)
    if wanted.kind is not None:
        query = query.where(CredentialTable.kind == wanted.kind.value)
    if after is not None:
        query = query.where(tuple_(CredentialTable.expires_on, CredentialTable.id) > tuple_(*after))
    ordered = query.order_by(CredentialTable.expires_on, CredentialTable.id).limit(limit)
    return await rows.all_of(unit, ordered, Credential)


async def add_renewal(unit: UnitOfWork, renewal: Renewal) -> None:
    """Store a renewal that waits for its review.

    Raises:
        Conflict: another waits already; the unit is of no further use.
    """
    await rows.add(unit, RenewalTable, renewal)


async def find_renewal(unit: UnitOfWork, renewal_id: str, *, to_change: bool = False) -> Renewal | None:
    """The renewal of that id. `to_change`: nobody else changes it until the unit ends."""
    query = _renewals(unit).where(RenewalTable.id == renewal_id)
    return await rows.one_of(unit, query.with_for_update() if to_change else query, Renewal)


async def put_renewal(unit: UnitOfWork, renewal: Renewal) -> None:
    """Replace what is stored of a renewal."""
    await rows.change(unit, RenewalTable, renewal.id, **rows.values_of(renewal))


async def renewals(unit: UnitOfWork, wanted: RenewalFilter, after: str, limit: int) -> Sequence[Renewal]:
    """Renewals oldest first, from the one after the id `after` (empty: from the oldest)."""
    query = _renewals(unit)
    if wanted.status is not None:
        query = query.where(RenewalTable.status == wanted.status.value)
    if wanted.credential_id:
        query = query.where(RenewalTable.credential_id == wanted.credential_id)
    if after:
        query = query.where(RenewalTable.id > after)
    return await rows.all_of(unit, query.order_by(RenewalTable.id).limit(limit), Renewal)


async def waiting(unit: UnitOfWork, credential_ids: Iterable[str]) -> set[str]:
    """Which of the credentials have a renewal that nobody has reviewed."""
    query = select(RenewalTable.credential_id).where(
        RenewalTable.tenant == unit.tenant,
        RenewalTable.credential_id.in_(set(credential_ids)),
        RenewalTable.status == RenewalStatus.SUBMITTED.value,
    )
    return set(await unit.session.scalars(query))


def _renewals(unit: UnitOfWork) -> Select[Any]:
    return select(*rows.columns_of(RenewalTable, Renewal)).where(RenewalTable.tenant == unit.tenant)
