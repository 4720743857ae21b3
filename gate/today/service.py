"""What somebody is shown first: gathered part by part, each as far as they may see it and it can be read."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

import msgspec
import structlog

from gate.alerts.model.pages import AlertCounts
from gate.alerts.service.desk import AlertDesk
from gate.audit.model import Actor
from gate.auth.permissions import Permission
from gate.auth.principal import Principal
from gate.clock import Clock
from gate.credentialing.model.workload import Workload
from gate.credentialing.service.desk import CredentialingDesk
from gate.errors import StoreUnavailable
from gate.jobs.desk import JobDesk, LastRun
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import EffectiveConfig, ModeChange
from gate.tenancy.service import TenantService
from gate.today.matters import matters_of_alerts, matters_of_records, subject_of
from gate.today.model import THREE, Matter, NextThings, next_things

NIGHTLY: Final = timedelta(hours=1)
"""Jobs that come more often are no news in the morning."""
_CHANGES_LOOKED_AT: Final = 200
_LOOKED_AT: Final = 10
"""Records of each kind and owner: more than are shown, because of some the alerts are in hand already."""
_log = structlog.stdlib.get_logger(__name__)
Read = TypeVar("Read")


class Part(StrEnum):
    """What the page is made of. Each is read by itself, so that none takes others with it."""

    CREDENTIALING = "credentialing"
    ALERTS = "alerts"
    MODES = "modes"
    JOBS = "jobs"


NEEDS: Final = {
    Part.CREDENTIALING: frozenset({Permission.PRACTICE_ADMIN, Permission.CREDENTIALING_VIEW}),
    Part.ALERTS: frozenset({Permission.ALERTS_VIEW}),
    Part.MODES: frozenset({Permission.GATE_ADMIN_VIEW}),
    Part.JOBS: frozenset({Permission.GATE_ADMIN_VIEW}),
}
"""All of them: the keys that open the lists behind it."""


class Modes(msgspec.Struct, frozen=True):
    """In which mode each state is, and the switches that set it, the newest first."""

    config: EffectiveConfig
    changes: Sequence[ModeChange]


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """One person's day in one organisation. A part that is None is hidden from them, or cannot be read at present."""

    tenant: str
    as_of: datetime
    next: NextThings
    workload: Workload | None
    alerts: AlertCounts | None
    modes: Modes | None
    jobs: Sequence[LastRun] | None
    hidden: frozenset[Part]
    unavailable: frozenset[Part]
    """Of these nothing is known at present, which is not the same as that there is nothing."""

    @property
    def may_lack_matters(self) -> bool:
        """Whether there may be things to do of which nothing is known."""
        return not self.unavailable.isdisjoint({Part.CREDENTIALING, Part.ALERTS})


class TodayService:
    """Opens its own units, one for each part."""

    def __init__(
        self,
        database: Database,
        tenants: TenantService,
        credentialing: CredentialingDesk,
        alerts: AlertDesk,
        jobs: JobDesk,
        clock: Clock,
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._credentialing = credentialing
        self._alerts = alerts
        self._jobs = jobs
        self._clock = clock

    async def of(self, principal: Principal, by: Actor) -> Today:
        """The day of whoever asks."""
        now = self._clock()
        hidden = frozenset(part for part in Part if not principal.permissions >= NEEDS[part])
        unavailable: set[Part] = set()

        async def read(part: Part, how: Callable[[], Awaitable[Read]]) -> Read | None:
            if part in hidden:
                return None
            try:
                return await how()
            except StoreUnavailable as error:
                _log.warning("today_part_unavailable", part=part.value, error=str(error))
                unavailable.add(part)
                return None

        records = await read(Part.CREDENTIALING, lambda: self._records(by))
        workload, own = records if records is not None else (None, ())
        deadlines = await read(Part.ALERTS, lambda: self._deadlines(by, now, own))
        counts, matters = deadlines if deadlines is not None else (None, own)
        modes = await read(Part.MODES, lambda: self._modes(by.tenant))
        jobs = await read(Part.JOBS, lambda: self._jobs.last_runs(NIGHTLY))
        return Today(
            tenant=by.tenant,
            as_of=now,
            next=next_things(matters),
            workload=workload,
            alerts=counts,
            modes=modes,
            jobs=jobs,
            hidden=hidden,
            unavailable=frozenset(unavailable),
        )

    async def _records(self, by: Actor) -> tuple[Workload, Sequence[Matter]]:
        async with self._database.reading(by.tenant) as unit:
            counts = await self._credentialing.workload.counts(unit)
            first = await self._credentialing.workload.foremost(unit, by.subject, _LOOKED_AT)
        return counts, list(matters_of_records(first))

    async def _deadlines(self, by: Actor, now: datetime, own: Sequence[Matter]) -> tuple[AlertCounts, Sequence[Matter]]:
        """With the records about which nobody did anything where their alerts are."""
        subjects = {subject: matter.name for matter in own if (subject := subject_of(matter)) is not None}
        async with self._database.reading(by.tenant) as unit:
            counts = await self._alerts.counts(unit, by)
            first = await self._alerts.foremost(unit, by, THREE)
            handled = {subjects[each] for each in await self._alerts.handled(unit, subjects, by)}
        return counts, [*matters_of_alerts(first, now), *(each for each in own if each.name not in handled)]

    async def _modes(self, tenant: str) -> Modes:
        async with self._database.reading(tenant) as unit:
            config = await self._tenants.get(unit, tenant)
            page = await self._tenants.list_mode_changes(unit, tenant, page_size=_CHANGES_LOOKED_AT)
        return Modes(config, page.changes)
