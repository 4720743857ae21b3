"""How configurations are stored and found. All SQL of the tenancy is here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, func, insert, literal, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gate.decision.model import GateMode
from gate.errors import Conflict, StoreUnavailable
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import ModeChange, Scope, TenantConfig
from gate.tenancy.snapshot import ConfigChanges
from gate.tenancy.tables import ModeChangeTable, TenantConfigTable, TenantConfigVersionTable

_TenantTable = type[TenantConfigTable] | type[TenantConfigVersionTable] | type[ModeChangeTable]
_AT_ONCE: Final = 1000
"""Tenants named in one statement; both databases limit its parameters."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Who changes something, when (UTC), and why."""

    by: str
    at: datetime
    reason: str


async def current(session: AsyncSession, tenant: str, *, lock: bool = False) -> TenantConfig | None:
    """The tenant's configuration in force; None where nothing is stored. `lock` keeps other writers waiting.

    Raises:
        StoreUnavailable: a newer release wrote what this one does not understand.
    """
    # Two statements: one that waited for a lock would look for the newest document in its view from before the wait.
    pointer = select(TenantConfigTable.version).where(_belongs_to(tenant, TenantConfigTable))
    version = (await session.execute(pointer.with_for_update() if lock else pointer)).scalar_one_or_none()
    if version is None:
        return None
    document = select(TenantConfigVersionTable.document).where(
        _belongs_to(tenant, TenantConfigVersionTable), TenantConfigVersionTable.version == version
    )
    try:
        return _config(tenant, version, (await session.execute(document)).scalar_one())
    except msgspec.ValidationError as error:
        raise StoreUnavailable("the configuration was written by another release and cannot be read") from error


async def add_version(session: AsyncSession, config: TenantConfig, change: Change) -> None:
    """Store `config` as the version after the one in force.

    Raises:
        Conflict: the version before `config.version` is no longer in force.
    """
    await _advance(session, config.tenant, config.version)
    await session.execute(
        insert(TenantConfigVersionTable).values(
            tenant=config.tenant,
            version=config.version,
            document=_document(config),
            reason=change.reason,
            created_by=change.by,
            created_at=change.at,
        )
    )


async def change_of(session: AsyncSession, tenant: str, version: int) -> Change | None:
    """Who made that version of the tenant's configuration; None where it was never stored."""
    table = TenantConfigVersionTable
    query = select(table.created_by, table.created_at, table.reason).where(
        _belongs_to(tenant, table), table.version == version
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Change(by=row.created_by, at=row.created_at, reason=row.reason)


async def add_mode_changes(session: AsyncSession, changes: Iterable[ModeChange]) -> None:
    """Store switches of mode."""
    rows = [
        {
            "tenant": change.tenant,
            "config_version": change.config_version,
            "ordinal": change.ordinal,
            "state": change.scope.state,
            "line_of_business": change.scope.line_of_business,
            "from_mode": change.from_mode,
            "to_mode": change.to_mode,
            "reason": change.reason,
            "changed_by": change.changed_by,
            "changed_at": change.changed_at,
        }
        for change in changes
    ]
    if rows:
        await session.execute(insert(ModeChangeTable), rows)


async def mode_changes(
    session: AsyncSession, tenant: str, *, before: tuple[int, int] | None, limit: int
) -> Sequence[ModeChange]:
    """The tenant's switches of mode, newest first, from the one after `before` (version, ordinal)."""
    position = tuple_(ModeChangeTable.config_version, ModeChangeTable.ordinal)
    query = select(ModeChangeTable).where(_belongs_to(tenant, ModeChangeTable))
    if before is not None:
        query = query.where(position < tuple_(literal(before[0]), literal(before[1])))
    query = query.order_by(ModeChangeTable.config_version.desc(), ModeChangeTable.ordinal.desc()).limit(limit)
    return [_mode_change(row) for row in await session.scalars(query)]


class ConfigStore:
    """Every tenant's configuration, for the snapshot; the one place that reads across tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fingerprint(self) -> object:
        """How many tenants there are, and how many versions: every change raises one tenant's version by one."""
        async with self._database.reading_across_tenants() as session:
            query = select(func.count(), func.sum(TenantConfigTable.version)).select_from(TenantConfigTable)
            return tuple((await session.execute(query)).one())

    async def changes_since(self, known: Mapping[str, int]) -> ConfigChanges:
        """How what is stored differs from `known`."""
        async with self._database.reading_across_tenants() as session:
            rows = await session.execute(select(TenantConfigTable.tenant, TenantConfigTable.version))
            versions = dict(rows.all())
            changed = sorted(tenant for tenant, version in versions.items() if known.get(tenant) != version)
            configs = []
            unreadable = {tenant: versions[tenant] for tenant in changed}  # also where the document itself was lost
            for start in range(0, len(changed), _AT_ONCE):
                for tenant, version, document in await _documents(session, changed[start : start + _AT_ONCE]):
                    try:
                        configs.append(_config(tenant, version, document))
                    except msgspec.ValidationError:
                        unreadable[tenant] = version
                    else:
                        del unreadable[tenant]
        return ConfigChanges(configs=tuple(configs), unreadable=unreadable, gone=frozenset(known.keys() - versions))


async def _documents(session: AsyncSession, tenants: Sequence[str]) -> Sequence[Row[str, int, dict[str, Any]]]:
    query = (
        select(TenantConfigVersionTable.tenant, TenantConfigVersionTable.version, TenantConfigVersionTable.document)
        .join(TenantConfigTable, TenantConfigTable.tenant == TenantConfigVersionTable.tenant)
        .where(TenantConfigTable.version == TenantConfigVersionTable.version, TenantConfigTable.tenant.in_(tenants))
    )
    return (await session.execute(query)).all()


async def _advance(session: AsyncSession, tenant: str, version: int) -> None:
    if version == 1:
        try:
            await session.execute(insert(TenantConfigTable).values(tenant=tenant, version=version))
        except IntegrityError:
            raise Conflict("the tenant was configured by somebody else meanwhile") from None
        return
    advanced = await session.execute(
        update(TenantConfigTable)
        .where(_belongs_to(tenant, TenantConfigTable), TenantConfigTable.version == version - 1)
        .values(version=version)
        .returning(TenantConfigTable.version)
    )
    if advanced.one_or_none() is None:
        raise Conflict(f"version {version - 1} of the configuration is no longer in force")


def _belongs_to(tenant: str, table: _TenantTable) -> ColumnElement[bool]:
    """What every statement on behalf of one tenant is limited by."""
    return table.tenant == tenant


def _document(config: TenantConfig) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(config)
    # The columns say these; twice told is once wrong.
    del document["tenant"]
    del document["version"]
    return document


def _config(tenant: str, version: int, document: Mapping[str, Any]) -> TenantConfig:
    return msgspec.convert({**document, "tenant": tenant, "version": version}, TenantConfig)


def _mode_change(row: ModeChangeTable) -> ModeChange:
    return ModeChange(
        tenant=row.tenant,
        config_version=row.config_version,
        ordinal=row.ordinal,
        scope=Scope(row.state, row.line_of_business),
        from_mode=GateMode(row.from_mode),
        to_mode=GateMode(row.to_mode),
        reason=row.reason,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
