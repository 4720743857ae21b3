"""What has to be done until a payer takes a provider on. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.changes import with_change
from gate.credentialing.model.fields import LONGEST_NAME, Objections
from gate.credentialing.model.workflows import TaskTemplate

MOST_AT_ONCE: Final = 500
"""Tasks that one bulk update changes."""


class TaskStatus(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    NOT_APPLICABLE = "not_applicable"


DONE: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.NOT_APPLICABLE})
"""Nothing is left to do."""


class TaskChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a task changes."""

    task_status: TaskStatus | UnsetType = UNSET
    due_date: date | UnsetType | None = UNSET
    notes: str | UnsetType = UNSET
    assigned_to: str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET
    uploaded_document_url: str | UnsetType = UNSET


class BulkTaskChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One change of many tasks."""

    task_ids: tuple[str, ...]
    change: TaskChange


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One step of taking one provider to one payer."""

    id: str
    provider_id: str
    payer_id: str
    task_type: str
    title: str
    description: str
    task_status: TaskStatus
    due_date: date | None
    completed_date: date | None
    """Set by the status, and cleared by it (row M7)."""
    task_order: int
    notes: str
    uploaded_document_url: str
    assigned_to: str
    application_id: str
    """The payer's number of the application, as the portal or a letter shows it."""
    portal_url: str
    created_at: datetime


class ListedTask(Task, frozen=True, kw_only=True):
    """A task with what a list shows beside it."""

    is_overdue: bool
    payer_name: str
    provider_name: str


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks are wanted, those due first first. Every part that is set must hold."""

    assigned_to: str = ""
    task_status: TaskStatus | None = None
    payer_id: str = ""
    is_open: bool = False
    """Something is left to do."""
    is_overdue: bool = False
    """It should have been done by now."""
    is_unassigned: bool = False
    """It is nobody's."""
    is_undated: bool = False
    """Those without a day, in place of those that have one."""


class Progress(msgspec.Struct, frozen=True):
    """How far tasks are. What does not apply is not counted (row M8)."""

    total: int
    completed: int

    @property
    def percentage(self) -> int:
        """Rounded down, so that 100 means all."""
        return 100 * self.completed // self.total if self.total else 0


def progress(tasks: Iterable[Task]) -> Progress:
    """Of some tasks."""
    counted = [task for task in tasks if task.task_status is not TaskStatus.NOT_APPLICABLE]
    return Progress(len(counted), sum(task.task_status is TaskStatus.COMPLETED for task in counted))


def changed(task: Task, change: TaskChange, today: date) -> Task:
    """The task after `change`.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    after = with_change(task, change)
    if after.task_status is not task.task_status:
        is_completed = after.task_status is TaskStatus.COMPLETED
        after = msgspec.structs.replace(after, completed_date=today if is_completed else None)
    objections = Objections()
    objections.lines("notes", after.notes)
    objections.line("assigned_to", after.assigned_to, LONGEST_NAME)
    objections.line("application_id", after.application_id, LONGEST_NAME)
    objections.url("uploaded_document_url", after.uploaded_document_url)
    objections.settle()
    return after


def planned(steps: Sequence[TaskTemplate], today: date) -> Iterator[tuple[TaskTemplate, date]]:
    """Each step with the day on which it is due when each takes as long as it is estimated to."""
    days = accumulate(step.estimated_days for step in steps)
    return ((step, today + timedelta(days=after)) for step, after in zip(steps, days, strict=True))


def is_overdue(task: Task, today: date) -> bool:
    """Whether it should have been done by now."""
    return task.task_status not in DONE and task.due_date is not None and task.due_date < today


def listed(task: Task, payer_name: str, provider_name: str, today: date) -> ListedTask:
    """How lists show a task on `today`."""
    return ListedTask(
        **msgspec.structs.asdict(task),
        is_overdue=is_overdue(task, today),
        payer_name=payer_name,
        provider_name=provider_name,
    )


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Whom tasks are for."""

    provider_id: str
    payer_id: str
    portal_url: str
    assigned_to: str = ""


def task_of(step: TaskTemplate, assignment: Assignment, *, task_id: str, order: int, due: date, now: datetime) -> Task:
    """The task that `step` comes to for one provider."""
    return Task(
        id=task_id,
        provider_id=assignment.provider_id,
        payer_id=assignment.payer_id,
        task_type=step.task_type,
        title=step.title,
        description=step.description,
        task_status=TaskStatus.PENDING,
        due_date=due,
        completed_date=None,
        task_order=order,
        notes="",
        uploaded_document_url="",
        assigned_to=assignment.assigned_to,
        application_id="",
        portal_url=assignment.portal_url,
        created_at=now,
    )
