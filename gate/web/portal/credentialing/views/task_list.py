"""Tasks of all providers in one list, as its page shows them. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.tasks import DONE, ListedTask, TaskFilter, TaskStatus
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.days import days_in_words
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.badges import TASK, words
from gate.web.portal.credentialing.views.roster import board_of
from gate.web.portal.credentialing.views.whose import ME, NOBODY, login_of

TASKS: Final = "/pm/credentialing/tasks"
NOTHING_YET: Final = ("No tasks", "Select payers to generate them.")
NO_MATCH: Final = ("No tasks match the current filters.", "")
TO_DO: Final = ""
ANY: Final = "any"
OVERDUE: Final = "overdue"
UNDATED: Final = "none"
STATUSES: Final[Sequence[tuple[str, str]]] = (
    (TO_DO, "To do"),
    (ANY, "All statuses"),
    *((status.value, words(status)) for status in TaskStatus),
)
DUES: Final[Sequence[tuple[str, str]]] = (("", "Any day"), (OVERDUE, "Overdue"), (UNDATED, "Without a day"))


class TaskWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of the list, as its address has it."""

    status: str = TO_DO
    who: str = ""
    """Empty: everybody's; ``me``, ``nobody``; else a login."""
    due: str = ""
    payer: str = ""

    def wanted(self, login: str) -> TaskFilter:
        """For whoever is signed in as `login`; what cannot be understood is left out."""
        status = TaskStatus(self.status) if self.status in set(TaskStatus) else None
        return TaskFilter(
            assigned_to="" if self.who == NOBODY else login_of(self.who, login),
            task_status=status,
            payer_id=self.payer,
            is_open=status is None and self.status != ANY,
            is_overdue=self.due == OVERDUE,
            is_unassigned=self.who == NOBODY,
            is_undated=self.due == UNDATED,
        )

    def kept(self) -> dict[str, str]:
        """What its address says."""
        return {"status": self.status, "who": self.who, "due": self.due, "payer": self.payer}

    def at(self, **more: str) -> str:
        """Its address."""
        return address(TASKS, **self.kept(), **more)


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    task: ListedTask
    path: str
    badge: Badge
    due: str
    """How far away its day is; empty: it has none, or is done."""


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the lists that people open every morning."""

    title: str
    path: str
    is_chosen: bool


def row_of(task: ListedTask, today: date) -> TaskRow:
    """How the list shows it."""
    is_open = task.due_date is not None and task.task_status not in DONE
    return TaskRow(
        task=task,
        path=f"{address(board_of(task.provider_id), tab='tasks')}#payer-{task.payer_id}",
        badge=TASK[task.task_status],
        due=days_in_words((task.due_date - today).days) if is_open and task.due_date is not None else "",
    )


def saved_views(wish: TaskWish) -> list[SavedView]:
    """What is to do, one's own, nobody's, what is late, and what has no day."""
    views = {
        "To do": TaskWish(),
        "Mine": TaskWish(who=ME),
        "Nobody’s": TaskWish(who=NOBODY),
        "Overdue": TaskWish(due=OVERDUE),
        "Mine, overdue": TaskWish(who=ME, due=OVERDUE),
        "Without a day": TaskWish(due=UNDATED),
    }
    return [SavedView(title=title, path=view.at(), is_chosen=view == wish) for title, view in views.items()]
