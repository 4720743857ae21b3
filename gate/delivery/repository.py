"""How webhook endpoints are stored and found. All their SQL is here."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, insert, select, update

from gate.delivery.model import Endpoint
from gate.delivery.tables import WebhookEndpointTable
from gate.persistence.unit_of_work import UnitOfWork


async def add(unit: UnitOfWork, endpoint: Endpoint) -> None:
    """Store a new one."""
    await unit.session.execute(insert(WebhookEndpointTable).values(**_columns(endpoint)))


async def change(unit: UnitOfWork, endpoint: Endpoint) -> None:
    """Store it as it is now."""
    await unit.session.execute(
        update(WebhookEndpointTable)
        .where(WebhookEndpointTable.tenant == unit.tenant, WebhookEndpointTable.id == endpoint.id)
        .values(**_columns(endpoint))
        .execution_options(synchronize_session=False)
    )


async def disable(unit: UnitOfWork, endpoint_id: str, now: datetime, reason: str) -> bool:
    """Send nothing there any more; whether something was."""
    disabled = await unit.session.execute(
        update(WebhookEndpointTable)
        .where(
            WebhookEndpointTable.tenant == unit.tenant,
            WebhookEndpointTable.id == endpoint_id,
            WebhookEndpointTable.disabled_at.is_(None),
        )
        .values(disabled_at=now, disabled_because=reason)
        .returning(WebhookEndpointTable.id)
        .execution_options(synchronize_session=False)
    )
    return disabled.one_or_none() is not None


async def remove(unit: UnitOfWork, endpoint_id: str) -> None:
    """Delete it."""
    await unit.session.execute(
        delete(WebhookEndpointTable)
        .where(WebhookEndpointTable.tenant == unit.tenant, WebhookEndpointTable.id == endpoint_id)
        .execution_options(synchronize_session=False)
    )


async def find(unit: UnitOfWork, endpoint_id: str) -> Endpoint | None:
    """The tenant's endpoint of that id."""
    query = select(WebhookEndpointTable).where(
        WebhookEndpointTable.tenant == unit.tenant, WebhookEndpointTable.id == endpoint_id
    )
    row = (await unit.session.scalars(query)).one_or_none()
    return None if row is None else _endpoint(row)


async def all_of(unit: UnitOfWork) -> Sequence[Endpoint]:
    """The tenant's endpoints, oldest first."""
    query = select(WebhookEndpointTable).where(WebhookEndpointTable.tenant == unit.tenant)
    return [_endpoint(row) for row in await unit.session.scalars(query.order_by(WebhookEndpointTable.id))]


async def count(unit: UnitOfWork) -> int:
    """How many the tenant has."""
    query = select(func.count()).where(WebhookEndpointTable.tenant == unit.tenant)
    return int((await unit.session.execute(query)).scalar_one())


def _columns(endpoint: Endpoint) -> dict[str, object]:
    return {**msgspec.structs.asdict(endpoint), "topics": list(endpoint.topics)}


def _endpoint(row: WebhookEndpointTable) -> Endpoint:
    return Endpoint(**{name: getattr(row, name) for name in Endpoint.__struct_fields__})
