"""Who runs which job, and what became of it. All SQL of jobs is here; units are those of `model.DEPLOYMENT`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import and_, case, delete, func, insert, or_, select, tuple_, update

from gate.jobs.model import ENDED, Run, RunState
from gate.jobs.tables import JobLeaseTable, JobRunTable
from gate.persistence.dialects import insert_into
from gate.persistence.unit_of_work import UnitOfWork

_NOBODY: Final = ""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN: Final = (RunState.ORDERED.value, RunState.RUNNING.value)
_ENDED: Final = tuple(sorted(state.value for state in ENDED))
_WELL: Final = (RunState.SUCCEEDED.value, RunState.IDLE.value)


class Standing(msgspec.Struct, kw_only=True):
    """Where a job stands, as far as its schedule is concerned."""

    scheduled_for: datetime | None = None
    """The last time it ran for by schedule."""
    first_for: datetime | None = None
    """The first of them that is kept."""
    succeeded_at: datetime | None = None
    open_for: Sequence[datetime] = ()
    """Of runs that are ordered or under way."""
    leased_until: datetime = _LONG_AGO


async def standings(unit: UnitOfWork) -> Mapping[str, Standing]:
    """Of every job that ever ran or was ordered."""
    by_schedule = case((JobRunTable.is_ordered.is_(False), JobRunTable.scheduled_for))
    well = case((JobRunTable.state.in_(_WELL), JobRunTable.finished_at))
    found: dict[str, Standing] = {}
    of_runs = select(
        JobRunTable.job,
        func.max(by_schedule, type_=JobRunTable.scheduled_for.type),
        func.min(by_schedule, type_=JobRunTable.scheduled_for.type),
        func.max(well, type_=JobRunTable.scheduled_for.type),
    ).where(JobRunTable.tenant == unit.tenant)
    for job, last, first, succeeded_at in await unit.session.execute(of_runs.group_by(JobRunTable.job)):
        found[job] = Standing(scheduled_for=last, first_for=first, succeeded_at=succeeded_at)
    still_open = select(JobRunTable.job, JobRunTable.scheduled_for).where(
        JobRunTable.tenant == unit.tenant, JobRunTable.state.in_(_OPEN)
    )
    for job, scheduled_for in await unit.session.execute(still_open.order_by(JobRunTable.scheduled_for)):
        found[job].open_for = (*found[job].open_for, scheduled_for)
    leases = select(JobLeaseTable.job, JobLeaseTable.leased_until).where(
        JobLeaseTable.tenant == unit.tenant, JobLeaseTable.worker != _NOBODY
    )
    for job, leased_until in await unit.session.execute(leases):
        found.setdefault(job, Standing()).leased_until = leased_until
    return found


async def acquire(unit: UnitOfWork, job: str, worker: str, now: datetime, until: datetime) -> bool:
    """Become the one who runs the job; whether nobody else is."""
    free = {"tenant": unit.tenant, "job": job, "worker": _NOBODY, "leased_until": _LONG_AGO}
    await unit.session.execute(insert_into(unit.session, JobLeaseTable).values(free).on_conflict_do_nothing())
    return await _lease(
        unit,
        job,
        or_(JobLeaseTable.worker == _NOBODY, JobLeaseTable.leased_until <= now),
        worker=worker,
        leased_until=until,
    )


async def prolong(unit: UnitOfWork, job: str, worker: str, until: datetime) -> bool:
    """Go on being the one who runs the job; whether one still was."""
    return await _lease(unit, job, JobLeaseTable.worker == worker, leased_until=until)


async def release(unit: UnitOfWork, job: str, worker: str) -> None:
    """Let others run the job."""
    await _lease(unit, job, JobLeaseTable.worker == worker, worker=_NOBODY, leased_until=_LONG_AGO)


async def begin(unit: UnitOfWork, run: Run) -> Run | None:
    """Start a run, or go on with one whose process is gone. For who holds the lease; None: it has ended already."""
    found = await _find(unit, run.job, run.scheduled_for)
    if found is not None and found.state.value not in _OPEN:
        return None
    await _forget_open(unit, run.job, run.scheduled_for)
    begun = msgspec.structs.replace(
        run if found is None else found,
        state=RunState.RUNNING,
        worker=run.worker,
        attempts=1 if found is None else found.attempts + 1,
        started_at=run.started_at,
    )
    if found is None:
        await unit.session.execute(insert(JobRunTable).values(tenant=unit.tenant, **_columns(begun)))
    else:
        await unit.session.execute(_change(unit, begun).values(**_columns(begun)))
    return begun


async def end(unit: UnitOfWork, run: Run) -> bool:
    """Keep how a run ended, if it is still this process that runs it; whether it is."""
    ended = await unit.session.execute(
        _change(unit, run)
        .where(
            JobRunTable.state == RunState.RUNNING.value,
            JobRunTable.worker == run.worker,
            JobRunTable.attempts == run.attempts,
        )
        .values(**_columns(run))
        .returning(JobRunTable.job)
    )
    return ended.one_or_none() is not None


async def order(unit: UnitOfWork, job: str, now: datetime) -> bool:
    """Have a job run once outside its schedule, unless it is ordered or under way already; whether it was not."""
    still_open = select(func.count()).where(
        JobRunTable.tenant == unit.tenant, JobRunTable.job == job, JobRunTable.state.in_(_OPEN)
    )
    if (await unit.session.execute(still_open)).scalar_one():
        return False
    wanted = Run(job=job, scheduled_for=now, is_ordered=True, state=RunState.ORDERED)
    await unit.session.execute(insert(JobRunTable).values(tenant=unit.tenant, **_columns(wanted)))
    return True


async def history(unit: UnitOfWork, job: str, *, before: datetime | None, limit: int) -> Sequence[Run]:
    """The job's runs, newest first, from the one before that time."""
    query = select(JobRunTable).where(JobRunTable.tenant == unit.tenant, JobRunTable.job == job)
    if before is not None:
        query = query.where(JobRunTable.scheduled_for < before)
    rows = await unit.session.scalars(query.order_by(JobRunTable.scheduled_for.desc()).limit(limit))
    return [_run(row) for row in rows]


async def last_ended(unit: UnitOfWork, job: str) -> Run | None:
    """The job's last run that has ended."""
    query = select(JobRunTable).where(
        JobRunTable.tenant == unit.tenant, JobRunTable.job == job, JobRunTable.state.in_(_ENDED)
    )
    row = (await unit.session.scalars(query.order_by(JobRunTable.scheduled_for.desc()).limit(1))).one_or_none()
    return None if row is None else _run(row)


async def forget(unit: UnitOfWork, *, ended_before: datetime, idle_before: datetime) -> int:
    """Delete old runs but the last of each job; how many there were. Those with nothing to do are kept for less."""
    last = (
        select(JobRunTable.job, func.max(JobRunTable.scheduled_for))
        .where(JobRunTable.tenant == unit.tenant, JobRunTable.is_ordered.is_(False))
        .group_by(JobRunTable.job)
    )
    deleted = await unit.session.scalars(
        delete(JobRunTable)
        .where(
            JobRunTable.tenant == unit.tenant,
            or_(
                JobRunTable.finished_at < ended_before,
                and_(JobRunTable.state == RunState.IDLE.value, JobRunTable.finished_at < idle_before),
            ),
            tuple_(JobRunTable.job, JobRunTable.scheduled_for).not_in(last),
        )
        .returning(JobRunTable.job)
        .execution_options(synchronize_session=False)
    )
    return len(deleted.all())


async def _find(unit: UnitOfWork, job: str, scheduled_for: datetime) -> Run | None:
    query = select(JobRunTable).where(
        JobRunTable.tenant == unit.tenant, JobRunTable.job == job, JobRunTable.scheduled_for == scheduled_for
    )
    row = (await unit.session.scalars(query)).one_or_none()
    return None if row is None else _run(row)


async def _forget_open(unit: UnitOfWork, job: str, but: datetime) -> None:
    """What was under way when its process was killed, and is made good for by the run for another time."""
    await unit.session.execute(
        update(JobRunTable)
        .where(
            JobRunTable.tenant == unit.tenant,
            JobRunTable.job == job,
            JobRunTable.scheduled_for != but,
            JobRunTable.state == RunState.RUNNING.value,
        )
        .values(state=RunState.LOST.value)
        .execution_options(synchronize_session=False)
    )


async def _lease(unit: UnitOfWork, job: str, condition: Any, **values: Any) -> bool:  # noqa: ANN401 - a condition; one value per column
    leased = await unit.session.execute(
        update(JobLeaseTable)
        .where(JobLeaseTable.tenant == unit.tenant, JobLeaseTable.job == job, condition)
        .values(**values)
        .returning(JobLeaseTable.job)
        .execution_options(synchronize_session=False)
    )
    return leased.one_or_none() is not None


def _change(unit: UnitOfWork, run: Run) -> Any:  # noqa: ANN401 - an update under construction
    return (
        update(JobRunTable)
        .where(
            JobRunTable.tenant == unit.tenant,
            JobRunTable.job == run.job,
            JobRunTable.scheduled_for == run.scheduled_for,
        )
        .execution_options(synchronize_session=False)
    )


def _columns(run: Run) -> dict[str, Any]:
    return {**msgspec.structs.asdict(run), "state": run.state.value, "summary": dict(run.summary)}


def _run(row: JobRunTable) -> Run:
    columns = {name: getattr(row, name) for name in Run.__struct_fields__}
    return Run(**{**columns, "state": RunState(row.state)})
