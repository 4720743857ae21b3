"""What it takes to renew an enrollment that stands. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from gate.credentialing.model.enrollments import Enrollment
from gate.credentialing.model.tasks import DONE, Task
from gate.credentialing.model.workflows import TaskTemplate

REVERIFICATION: Final = "reverification"
"""The type of the task."""
_USUAL_DAYS: Final = 30


def is_under_way(tasks: Iterable[Task]) -> bool:
    """Whether a renewal was started and is not done."""
    return any(task.task_type == REVERIFICATION and task.task_status not in DONE for task in tasks)


def step_for(payer_name: str) -> TaskTemplate:
    """The one step: what the payer wants beyond that, its coordinator knows."""
    return TaskTemplate(
        task_type=REVERIFICATION,
        title=f"Re-verify the enrollment with {payer_name}",
        description="Send the payer what it wants to renew it, then enter the new date on the enrollment.",
    )


def due_day(enrollment: Enrollment, today: date) -> date:
    """On the day on which the enrollment has to be renewed; today, where that has passed."""
    due = enrollment.recert_due_on
    return today + timedelta(days=_USUAL_DAYS) if due is None else max(today, due)
