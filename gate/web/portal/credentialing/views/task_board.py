"""One provider's credentialing: four cards, and tasks by payer. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.contracts import Contract
from gate.credentialing.model.dashboard import DashboardTask, OverallStatistics, PayerProgress
from gate.credentialing.model.tasks import DONE, Task, TaskStatus
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.days import days_in_words
from gate.web.portal.credentialing.fields import stamp
from gate.web.portal.credentialing.views.badges import APPLICATION, TASK, words

NO_TASKS: Final = ("No tasks", "Select payers to generate them.")
NO_CONTRACTS: Final = ("No contracts", "One is made when an application is approved.")
DETAILS: Final = ("notes", "assigned_to", "due_date", "application_id", "uploaded_document_url")
_OF_AN_APPLICATION: Final = re.compile(r"\bapplication [0-9a-f-]{36}\b")
TASK_STATUSES: Final[Sequence[tuple[str, str]]] = tuple((status.value, words(status)) for status in TaskStatus)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One figure at the top."""

    title: str
    figure: str
    hint: str
    percentage: int | None = None
    """With a bar."""


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """One task."""

    task: DashboardTask
    icon: str
    badge: Badge
    status_seen: str
    """What the menu of statuses showed."""
    details_seen: str
    """What the form of the rest showed."""
    due: str
    """How far away its day is; empty: it has none, or is done."""


class PayerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The tasks with one payer."""

    progress: PayerProgress
    badge: Badge
    path: str
    """Of its application."""
    portal_url: str
    lines: Sequence[TaskLine]
    is_open: bool
    """Shown with its tasks at first: something is left to do."""


class ContractLine(msgspec.Struct, frozen=True, kw_only=True):
    """One contract."""

    payer: str
    badge: Badge
    contract: Contract
    application: str
    """Where its application is shown; empty: it has none."""
    notes: str
    """What people wrote; that an application made it is said by the link to it."""


def cards(overall: OverallStatistics) -> Sequence[Card]:
    """The four figures."""
    total, done = overall.total_tasks, overall.completed_tasks
    return (
        Card(title="Total Payers", figure=str(overall.total_payers), hint=f"{overall.in_progress_payers} in progress"),
        Card(
            title="Tasks Progress",
            figure=f"{done} / {total}",
            hint=f"{total - done} left",
            percentage=100 * done // total if total else 0,
        ),
        Card(title="Approved Payers", figure=str(overall.approved_payers), hint="in the network"),
        Card(title="Pending Approval", figure=str(overall.pending_approval), hint="with the payer"),
    )


def payer_groups(payers: Sequence[PayerProgress], today: date, application_path: str) -> list[PayerGroup]:
    """Payers with their tasks; `application_path` is what stands before an application's id."""
    return [
        PayerGroup(
            progress=progress,
            badge=APPLICATION[progress.application_status],
            path=f"{application_path}/{progress.application_id}",
            portal_url=next((task.portal_url for task in progress.tasks if task.portal_url), ""),
            lines=[task_line(task, today) for task in progress.tasks],
            is_open=progress.completed_tasks < progress.total_tasks,
        )
        for progress in payers
    ]


def task_line(task: DashboardTask, today: date) -> TaskLine:
    """How one task is shown."""
    is_open = task.due_date is not None and task.task_status not in DONE
    return TaskLine(
        task=task,
        icon=task.task_status.value,
        badge=TASK[task.task_status],
        status_seen=stamp(typed_status(task)),
        details_seen=stamp(typed_details(task)),
        due=days_in_words((task.due_date - today).days) if is_open and task.due_date is not None else "",
    )


def typed_status(task: Task) -> Mapping[str, str]:
    """What the menu of statuses shows of a task."""
    return {"task_status": task.task_status.value}


def typed_details(task: Task) -> Mapping[str, str]:
    """What the form of a task shows besides its status."""
    return {name: str(getattr(task, name) or "") for name in DETAILS}


def shown_of(task: Task, sent: Mapping[str, str]) -> Mapping[str, str]:
    """What of the task stood in the form that was sent."""
    return typed_status(task) if "task_status" in sent else typed_details(task)


def assignees(payers: Sequence[PayerProgress], login: str) -> list[str]:
    """Whom tasks may be given to, as far as they are known here: oneself first."""
    named = {task.assigned_to for progress in payers for task in progress.tasks} - {"", login}
    return [login, *sorted(named)]


def _names_an_application(line: str) -> bool:
    return _OF_AN_APPLICATION.search(line) is not None


def contract_line(
    contract: Contract, payer_names: Mapping[str, str], today: date, application_path: str
) -> ContractLine:
    """How one contract is shown."""
    if contract.is_in_force(today):
        badge = Badge("In force", "●", "good")
    elif contract.effective_date > today:
        badge = Badge("Not yet in force", "○", "outline")
    else:
        badge = Badge("Ended", "○", "secondary")
    return ContractLine(
        payer=payer_names.get(contract.payer_id, "A payer that was archived"),
        badge=badge,
        contract=contract,
        application=f"{application_path}/{contract.application_id}" if contract.application_id else "",
        notes="\n".join(line for line in contract.notes.splitlines() if not _names_an_application(line)),
    )
