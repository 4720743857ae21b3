"""What there is to do about one tenant's records. Runs within the caller's unit of work and never commits."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from gate.credentialing.model import credentials as credential_rules
from gate.credentialing.model.applications import ApplicationStatus, ListedApplication, days_elapsed
from gate.credentialing.model.credentials import RenewalFilter
from gate.credentialing.model.enrollments import ListedEnrollment, deadline, last_day_shown
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.tasks import ListedTask, TaskFilter, listed
from gate.credentialing.model.workload import EXPIRING_DAYS, Foremost, Workload
from gate.credentialing.repository import credentials, payers, providers, reports, tasks, workload
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.renewals import RenewalService
from gate.persistence.unit_of_work import UnitOfWork

_A_DAY: Final = timedelta(days=1)


class WorkloadService:
    """Of the unit's tenant. What it reads does not grow with the number of records."""

    def __init__(self, payer_service: PayerService, renewals: RenewalService) -> None:
        self._payers = payer_service
        self._renewals = renewals

    async def counts(self, unit: UnitOfWork) -> Workload:
        """How long the lists are."""
        today = await self._payers.today(unit)
        yesterday = today - _A_DAY
        windows = [today + timedelta(days=days) for days in EXPIRING_DAYS]
        lead = last_day_shown(today, (await self._payers.preferences(unit)).recred_alert_lead_days)
        days = (yesterday, *windows, lead)
        due = await workload.due_by(unit, days)
        credentials_off, enrollments_off = await workload.put_off(unit, today, max(days))
        expired, *expiring = (due[day].credentials - _up_to(day, credentials_off) for day in (yesterday, *windows))
        overdue, deadlines = (due[day].enrollments - _up_to(day, enrollments_off) for day in (yesterday, lead))
        by_status = await reports.counts_by_status(unit)
        return Workload(
            expired=expired,
            expiring_30=expiring[0],
            expiring_60=expiring[1],
            expiring_90=expiring[2],
            deadlines=deadlines,
            overdue_deadlines=overdue,
            overdue_tasks=due[yesterday].tasks,
            submitted_applications=by_status.get(ApplicationStatus.SUBMITTED, 0),
            under_review_applications=by_status.get(ApplicationStatus.UNDER_REVIEW, 0),
            overdue_applications=due[yesterday].applications,
            waiting_renewals=await workload.count_waiting_renewals(unit),
        )

    async def foremost(self, unit: UnitOfWork, login: str, limit: int) -> Foremost:
        """The first `limit` records of each kind that are `login`'s, and as many that are nobody's."""
        today = await self._payers.today(unit)
        due = await workload.first_enrollments(unit, login, today, limit)
        expiring = await workload.first_credentials(unit, login, today, limit)
        late = await workload.first_overdue_applications(unit, login, today, limit)
        with_payers = [(each.payer_id, each.provider_id) for each in due]
        with_payers += [(each.payer_id, each.provider_id) for each in late]
        holders = [each.provider_id for each in expiring]
        payer_names = await payers.names(unit, (payer_id for payer_id, _ in with_payers))
        provider_names = await providers.names(unit, [*holders, *(provider_id for _, provider_id in with_payers)])
        waiting = await credentials.waiting(unit, (each.id for each in expiring))
        renewals = await self._renewals.list(unit, RenewalFilter(), PageRequest(limit))
        return Foremost(
            today=today,
            deadlines=[
                deadline(
                    ListedEnrollment(
                        enrollment=each,
                        payer_name=payer_names.get(each.payer_id, ""),
                        provider_name=provider_names.get(each.provider_id, ""),
                    ),
                    each.recert_due_on,
                    today,
                )
                for each in due
                if each.recert_due_on is not None
            ],
            credentials=[
                credential_rules.listed(
                    each, provider_names.get(each.provider_id, ""), today, is_renewal_waiting=each.id in waiting
                )
                for each in expiring
            ],
            tasks=await self._tasks(unit, login, today, limit),
            applications=[
                ListedApplication(
                    application=each,
                    payer_name=payer_names.get(each.payer_id, ""),
                    provider_name=provider_names.get(each.provider_id, ""),
                    days_elapsed=days_elapsed(each, today),
                    is_overdue=True,
                )
                for each in late
            ],
            renewals=renewals.items,
        )

    async def _tasks(self, unit: UnitOfWork, login: str, today: date, limit: int) -> Sequence[ListedTask]:
        wanted = [TaskFilter(is_open=True, is_unassigned=True)]
        if login:
            wanted.append(TaskFilter(is_open=True, assigned_to=login))
        found = [
            each for part in wanted for each in await tasks.listed(unit, part, today=today, after=None, limit=limit)
        ]
        return [listed(each.task, each.payer_name, each.provider_name, today) for each in found]


def _up_to(day: date, counts: Mapping[date, int]) -> int:
    return sum(count for on, count in counts.items() if on <= day)
