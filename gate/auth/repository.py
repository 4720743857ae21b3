"""How API keys are stored and found. All SQL of the keys is here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gate.auth.api_keys import ApiKey, KeyGrant
from gate.auth.permissions import Permission, Role
from gate.auth.tables import ApiKeyTable
from gate.clock import Clock
from gate.persistence.unit_of_work import Database, UnitOfWork

COARSENESS: Final = timedelta(minutes=1)
"""How far apart two notes of one key's use are, whichever processes it is used at."""
_GRANT: Final = (
    ApiKeyTable.tenant,
    ApiKeyTable.key_id,
    ApiKeyTable.account,
    ApiKeyTable.digest,
    ApiKeyTable.roles,
    ApiKeyTable.narrowed_to,
    ApiKeyTable.expires_at,
)
_NOT_REVOKED: Final = ApiKeyTable.revoked_at.is_(None)


async def add(session: AsyncSession, key: ApiKey) -> None:
    """Store a new key."""
    await session.execute(
        insert(ApiKeyTable).values(
            tenant=key.tenant,
            key_id=key.key_id,
            account=key.account,
            digest=key.digest,
            roles=sorted(key.roles),
            narrowed_to=sorted(key.narrowed_to or ()),
            created_by=key.created_by,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_by=key.revoked_by,
            revoked_at=key.revoked_at,
        )
    )


async def find(unit: UnitOfWork, key_id: str) -> ApiKey | None:
    """The tenant's key of that id, good or not."""
    query = select(ApiKeyTable).where(ApiKeyTable.tenant == unit.tenant, ApiKeyTable.key_id == key_id)
    row = (await unit.session.scalars(query)).one_or_none()
    return None if row is None else _key(row)


async def listed(unit: UnitOfWork, *, before: str, limit: int) -> Sequence[ApiKey]:
    """The tenant's keys, newest first, from the one after the id `before` (empty: from the first)."""
    query = select(ApiKeyTable).where(ApiKeyTable.tenant == unit.tenant)
    if before:
        query = query.where(ApiKeyTable.key_id < before)
    rows = await unit.session.scalars(query.order_by(ApiKeyTable.key_id.desc()).limit(limit))
    return [_key(row) for row in rows]


async def count_good(unit: UnitOfWork, now: datetime) -> int:
    """How many keys of the tenant open something at present."""
    query = select(func.count()).where(ApiKeyTable.tenant == unit.tenant, _NOT_REVOKED, ApiKeyTable.expires_at > now)
    return int((await unit.session.execute(query)).scalar_one())


async def revoke(unit: UnitOfWork, key_id: str, *, by: str, at: datetime) -> bool:
    """Revoke a key that nobody revoked before; whether there was one."""
    revoked = await unit.session.execute(
        update(ApiKeyTable)
        .where(ApiKeyTable.tenant == unit.tenant, ApiKeyTable.key_id == key_id, _NOT_REVOKED)
        .values(revoked_by=by, revoked_at=at)
        .returning(ApiKeyTable.key_id)
    )
    return revoked.one_or_none() is not None


class KeyStore:
    """Every tenant's keys, for the ring of one process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def fingerprint(self) -> object:
        """How many keys were ever made, and how many revoked: whatever happens to keys raises one of them."""
        async with self._database.reading_across_tenants() as session:
            query = select(func.count(), func.count(ApiKeyTable.revoked_at)).select_from(ApiKeyTable)
            return tuple((await session.execute(query)).one())

    async def good_ids(self) -> frozenset[str]:
        """The ids of all keys that are neither revoked nor expired."""
        async with self._database.reading_across_tenants() as session:
            query = select(ApiKeyTable.key_id).where(_NOT_REVOKED, ApiKeyTable.expires_at > self._clock())
            return frozenset(await session.scalars(query))

    async def grants(self, key_ids: Sequence[str]) -> Sequence[KeyGrant]:
        """What the keys of these ids open."""
        async with self._database.reading_across_tenants() as session:
            query = select(*_GRANT).where(ApiKeyTable.key_id.in_(key_ids), _NOT_REVOKED)
            return [
                KeyGrant(
                    tenant=tenant,
                    key_id=key_id,
                    account=account,
                    digest=digest,
                    roles=_roles(roles),
                    narrowed_to=_narrowed(narrowed_to),
                    expires_at=expires_at,
                )
                for tenant, key_id, account, digest, roles, narrowed_to, expires_at in await session.execute(query)
            ]

    async def note_use(self, tenant: str, used: Mapping[str, datetime]) -> None:
        """Note when keys of one tenant were last used, where the last note is older than `COARSENESS`."""
        async with self._database.writing(tenant) as unit:
            for key_id, at in sorted(used.items()):  # in one order everywhere: writers must not wait in a circle
                await unit.session.execute(
                    update(ApiKeyTable)
                    .where(
                        ApiKeyTable.tenant == tenant,
                        ApiKeyTable.key_id == key_id,
                        or_(ApiKeyTable.last_used_at.is_(None), ApiKeyTable.last_used_at <= at - COARSENESS),
                    )
                    .values(last_used_at=at)
                )


def _key(row: ApiKeyTable) -> ApiKey:
    return ApiKey(
        tenant=row.tenant,
        key_id=row.key_id,
        account=row.account,
        digest=row.digest,
        roles=_roles(row.roles),
        narrowed_to=_narrowed(row.narrowed_to),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_by=row.revoked_by,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


# What another release may have granted and this one does not know, it does not allow.


def _roles(names: Sequence[str]) -> frozenset[Role]:
    return frozenset(role for role in Role if role in names)


def _narrowed(names: Sequence[str]) -> frozenset[Permission] | None:
    return frozenset(permission for permission in Permission if permission in names) if names else None
