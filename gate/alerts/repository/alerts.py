"""How alerts are stored and found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select, tuple_, update

from gate.alerts.model.alerts import Alert, AlertStatus, RaisedAlert
from gate.alerts.model.due_dates import Subject
from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.model.pages import AlertFilter, Position
from gate.alerts.repository import rows
from gate.alerts.tables import AlertTable
from gate.persistence.dialects import insert_into
from gate.persistence.unit_of_work import UnitOfWork

_KINDS: Final = {kind.value: kind for kind in AlertKind}
_STATUSES: Final = {status.value: status for status in AlertStatus}
_TOLD: Final = tuple(urgency.value for urgency in Urgency if urgency.is_told)


async def add(unit: UnitOfWork, alerts: Iterable[Alert]) -> set[str]:
    """Keep those that were not raised before; their ids."""
    raised = [rows.values_of(alert) | {"tenant": unit.tenant} for alert in alerts]
    if not raised:
        return set()
    target = cast("Table", AlertTable.__table__)
    statement = insert_into(unit.session, target).on_conflict_do_nothing().returning(target.c.id)
    return set((await unit.session.execute(statement, raised)).scalars())


async def find(unit: UnitOfWork, alert_id: str) -> Alert | None:
    """The alert of that id."""
    return next(iter(await several(unit, (alert_id,))), None)


async def several(unit: UnitOfWork, ids: Collection[str]) -> Sequence[Alert]:
    """The alerts of these ids."""
    return await rows.all_of(unit, _alerts(unit).where(AlertTable.id.in_(ids)), Alert) if ids else ()


async def change(unit: UnitOfWork, ids: Collection[str], **values: object) -> None:
    """Set columns of several alerts alike."""
    statement = update(AlertTable).where(AlertTable.tenant == unit.tenant, AlertTable.id.in_(ids)).values(**values)
    await unit.session.execute(statement.execution_options(synchronize_session=False))


async def current_of(unit: UnitOfWork, subjects: Iterable[Subject]) -> Mapping[Subject, Sequence[RaisedAlert]]:
    """The current alerts of each of these subjects."""
    return await _of(unit, subjects, AlertTable.closed_at.is_(None))


async def all_of(unit: UnitOfWork, subjects: Iterable[Subject]) -> Mapping[Subject, Sequence[RaisedAlert]]:
    """Every alert there ever was of each of these subjects."""
    return await _of(unit, subjects)


async def subjects_with_alerts(
    unit: UnitOfWork, kinds: Collection[AlertKind], after: Subject | None, limit: int
) -> Sequence[Subject]:
    """The next subjects of which there are current alerts, in order."""
    query = select(AlertTable.kind, AlertTable.key).where(
        AlertTable.tenant == unit.tenant, AlertTable.closed_at.is_(None), AlertTable.kind.in_(_words(kinds))
    )
    if after is not None:
        query = query.where(tuple_(AlertTable.kind, AlertTable.key) > tuple_(after.kind.value, after.key))
    ordered = query.distinct().order_by(AlertTable.kind, AlertTable.key).limit(limit)
    return [Subject(AlertKind(kind), key) for kind, key in await unit.session.execute(ordered)]


async def listed(
    unit: UnitOfWork, wanted: AlertFilter, *, without: Collection[AlertKind], after: Position | None, limit: int
) -> Sequence[Alert]:
    """Alerts that fit `wanted`, the most overdue first, from the one after `after`."""
    query = _alerts(unit)
    if wanted.status is None:
        query = query.where(AlertTable.closed_at.is_(None))
    for column, value in (
        (AlertTable.kind, wanted.kind),
        (AlertTable.status, wanted.status),
        (AlertTable.urgency, wanted.urgency),
        (AlertTable.state, wanted.state),
        (AlertTable.npi, wanted.npi),
        (AlertTable.assigned_to, wanted.assigned_to),
    ):
        if value:
            query = query.where(column == str(value))
    if wanted.escalated:
        query = query.where(AlertTable.escalated_at.is_not(None))
    if without and not wanted.muted:
        query = query.where(AlertTable.kind.not_in(_words(without)))
    if after is not None:
        day = after.due_on or rows.NO_DAY
        query = query.where(tuple_(AlertTable.due_on, AlertTable.id) > tuple_(day, after.alert_id))
    return await rows.all_of(unit, query.order_by(AlertTable.due_on, AlertTable.id).limit(limit), Alert)


async def to_wake(unit: UnitOfWork, now: datetime, limit: int) -> Sequence[str]:
    """Ids of alerts that were snoozed until now at the latest."""
    query = _current_ids(unit).where(AlertTable.status == AlertStatus.SNOOZED.value, AlertTable.snoozed_until <= now)
    return list(await unit.session.scalars(query.order_by(AlertTable.id).limit(limit)))


async def without_reaction(unit: UnitOfWork, since: datetime, limit: int) -> Sequence[str]:
    """Ids of alerts that somebody was told of, and nobody has reacted to since that instant or before."""
    query = _current_ids(unit).where(
        AlertTable.status == AlertStatus.OPEN.value,
        AlertTable.urgency.in_(_TOLD),
        AlertTable.reacted_at.is_(None),
        AlertTable.escalated_at.is_(None),
        AlertTable.opened_at <= since,
    )
    return list(await unit.session.scalars(query.order_by(AlertTable.id).limit(limit)))


def _alerts(unit: UnitOfWork) -> Select[Any]:
    return select(*rows.columns_of(AlertTable, Alert)).where(AlertTable.tenant == unit.tenant)


def _current_ids(unit: UnitOfWork) -> Select[Any]:
    return select(AlertTable.id).where(AlertTable.tenant == unit.tenant, AlertTable.closed_at.is_(None))


async def _of(
    unit: UnitOfWork, subjects: Iterable[Subject], *conditions: ColumnElement[bool]
) -> Mapping[Subject, Sequence[RaisedAlert]]:
    keys: dict[AlertKind, list[str]] = defaultdict(list)
    for kind, key in subjects:
        keys[kind].append(key)
    if not keys:
        return {}
    query = select(
        AlertTable.id,
        AlertTable.kind,
        AlertTable.key,
        AlertTable.due_on,
        AlertTable.tier,
        AlertTable.status,
        AlertTable.assigned_to,
    ).where(
        AlertTable.tenant == unit.tenant,
        or_(*(and_(AlertTable.kind == kind.value, AlertTable.key.in_(of_kind)) for kind, of_kind in keys.items())),
        *conditions,
    )
    found: dict[tuple[AlertKind, str], list[RaisedAlert]] = defaultdict(list)
    # Row by row as they come: a scan reads every current alert, and to convert each takes longer than to find it.
    for alert_id, word, key, due_on, tier, status, assigned_to in await unit.session.execute(query):
        found[_KINDS[word], key].append(
            RaisedAlert(
                id=alert_id,
                kind=_KINDS[word],
                key=key,
                due_on=None if due_on == rows.NO_DAY else due_on,
                tier=tier,
                status=_STATUSES[status],
                assigned_to=assigned_to,
            )
        )
    return {Subject(*subject): of_subject for subject, of_subject in found.items()}


def _words(kinds: Collection[AlertKind]) -> list[str]:
    return [kind.value for kind in kinds]
