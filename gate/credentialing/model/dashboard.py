"""How far one provider's credentialing is. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.applications import AWAITING, OPEN, Application, ApplicationStatus
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.tasks import Task, is_overdue, progress

_IN_PROGRESS: Final = OPEN - AWAITING


class DashboardTask(Task, frozen=True, kw_only=True):
    """A task as the dashboard shows it."""

    is_overdue: bool


class PayerProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far credentialing with one payer is."""

    payer_id: str
    payer_name: str
    application_id: str
    application_status: ApplicationStatus
    denial_reason: str
    reapplication_eligible: bool
    completion_percentage: int
    total_tasks: int
    completed_tasks: int
    overdue_tasks: int
    tasks: Sequence[DashboardTask]


class OverallStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """The four cards."""

    total_payers: int
    total_tasks: int
    completed_tasks: int
    in_progress_payers: int
    """Begun, and not yet with the payer."""
    approved_payers: int
    pending_approval: int
    """With the payer."""


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """One provider, and every payer that was chosen for them."""

    provider: Provider
    overall_stats: OverallStatistics
    payers: Sequence[PayerProgress]


def dashboard(
    provider: Provider,
    applications: Sequence[Application],
    tasks: Sequence[Task],
    payer_names: Mapping[str, str],
    today: date,
) -> Dashboard:
    """Payers by name, each with its tasks in order."""
    by_payer: dict[str, list[Task]] = {}
    for task in sorted(tasks, key=lambda task: (task.task_order, task.id)):
        by_payer.setdefault(task.payer_id, []).append(task)
    rows = [
        _progress(each, payer_names.get(each.payer_id, ""), by_payer.get(each.payer_id, ()), today)
        for each in applications
    ]
    statuses = [each.application_status for each in applications]
    return Dashboard(
        provider=provider,
        overall_stats=OverallStatistics(
            total_payers=len(rows),
            total_tasks=sum(row.total_tasks for row in rows),
            completed_tasks=sum(row.completed_tasks for row in rows),
            in_progress_payers=sum(status in _IN_PROGRESS for status in statuses),
            approved_payers=statuses.count(ApplicationStatus.APPROVED),
            pending_approval=sum(status in AWAITING for status in statuses),
        ),
        payers=sorted(rows, key=lambda row: (row.payer_name.casefold(), row.payer_id)),
    )


def _progress(application: Application, payer_name: str, tasks: Sequence[Task], today: date) -> PayerProgress:
    done = progress(tasks)
    shown = [DashboardTask(**msgspec.structs.asdict(task), is_overdue=is_overdue(task, today)) for task in tasks]
    return PayerProgress(
        payer_id=application.payer_id,
        payer_name=payer_name,
        application_id=application.id,
        application_status=application.application_status,
        denial_reason=application.denial_reason,
        reapplication_eligible=application.reapplication_eligible,
        completion_percentage=done.percentage,
        total_tasks=done.total,
        completed_tasks=done.completed,
        overdue_tasks=sum(task.is_overdue for task in shown),
        tasks=shown,
    )
