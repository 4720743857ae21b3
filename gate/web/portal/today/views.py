"""What there is to do today, as its page shows it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.pages import AlertCounts
from gate.auth.permissions import Permission
from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.credentials import CredentialKind
from gate.credentialing.model.workload import Workload
from gate.jobs.desk import LastRun
from gate.jobs.model import RunState
from gate.today import acts
from gate.today.model import Matter, MatterKind, NextThings, Pressure
from gate.today.service import Part
from gate.web.portal.alerts.views import ALERTS, KIND_TITLES, count_lines
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.days import days_in_words
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.applications import APPLICATIONS, OVERDUE
from gate.web.portal.credentialing.views.applications import page_of as application_page
from gate.web.portal.credentialing.views.credentials import EXPIRING, REVIEW, TITLES, renewal_page
from gate.web.portal.credentialing.views.credentials import page_of as credential_page
from gate.web.portal.credentialing.views.enrollments import DEADLINES
from gate.web.portal.credentialing.views.enrollments import page_of as enrollment_page
from gate.web.portal.credentialing.views.mismatches import MISMATCHES
from gate.web.portal.credentialing.views.roster import board_of
from gate.web.portal.credentialing.views.task_list import OVERDUE as LATE
from gate.web.portal.credentialing.views.task_list import TaskWish
from gate.web.portal.system.words import NEVER_RAN, badge_of, in_words

TODAY: Final = "/today"
OVERVIEW: Final = "/overview"
SNOOZES: Final[Sequence[tuple[str, str]]] = tuple(
    (str(days), "until tomorrow" if days == 1 else f"for {days} days") for days in acts.SNOOZES
)
UNAVAILABLE: Final[Mapping[Part, str]] = {
    Part.CREDENTIALING: "Credentialing records cannot be read at present: none of them is counted or shown below.",
    Part.ALERTS: "Alerts cannot be read at present: none of them is counted or shown below.",
    Part.MODES: "In which mode each state is cannot be read at present. Claims are checked as before.",
    Part.JOBS: "How jobs went cannot be read at present.",
}
_PRESSURES: Final[Mapping[Pressure, Badge]] = {
    Pressure.PAST_DUE: Badge("Past due", "■", "bad"),
    Pressure.DUE_TODAY: Badge("Due today", "▲", "ill"),
    Pressure.WAITING: Badge("Waiting for review", "◔", "info"),
    Pressure.COMING: Badge("Coming", "○", "outline"),
}
_UNHEARD: Final = Badge("Nobody reacted", "▲", "ill")
_FAILED: Final = Badge("failed", "▲", "ill")
"""Red is for what is past due and for outages: work that is tried again is neither."""
_DONE: Final = {"taken": "It is yours now.", "snoozed": "It is put off, and comes back by itself."}


class MatterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One of the next things, with what can be done about it at once."""

    kind: str
    id: str
    path: str
    title: str
    whom: str
    badge: Badge
    due_on: date | None
    days: str
    owner: str
    may_take: bool
    may_snooze: bool


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """How long a list is, and where it is."""

    title: str
    path: str
    count: int | None
    """None: it is found out when the list is opened."""
    is_past_due: bool = False
    """What is counted has missed its day."""
    late: str = ""
    """How much of it has missed its day."""


class FigureGroup(msgspec.Struct, frozen=True):
    """Lists that belong together."""

    title: str
    figures: Sequence[Figure]


class JobLine(msgspec.Struct, frozen=True, kw_only=True):
    """How a job's last run ended."""

    name: str
    title: str
    badge: Badge
    finished_at: datetime | None
    took: str


def line_of(matter: Matter, login: str, permissions: frozenset[Permission]) -> MatterLine:
    """How the page shows it to who is signed in as `login`."""
    may_act = permissions >= acts.NEEDS[matter.kind]
    return MatterLine(
        kind=matter.kind.value,
        id=matter.id,
        path=_path_of(matter),
        title=_title_of(matter),
        whom=matter.whom,
        badge=_badge_of(matter),
        due_on=matter.due_on,
        days="" if matter.days is None else days_in_words(matter.days),
        owner="you" if matter.assigned_to == login else matter.assigned_to,
        may_take=may_act and matter.kind in acts.ASSIGNABLE and not matter.assigned_to,
        may_snooze=may_act and matter.kind in acts.SNOOZABLE,
    )


def headline_of(following: NextThings, *, may_lack: bool) -> str:
    """The sentence where nothing has to be done today; empty: something has, or it cannot be told."""
    if following.is_anything_due or may_lack:
        return ""
    first = following.matters[0] if following.matters else None
    if first is None or first.days is None:
        return "Nothing due today."
    return f"Nothing due today. Next: {_title_of(first)} in {days_in_words(first.days)}."


def figures_of(workload: Workload) -> list[FigureGroup]:
    """The lists of credentialing records."""
    return [
        FigureGroup(
            "Expiring",
            [
                _expiring(30, workload.expiring_30, workload.expired),
                _expiring(60, workload.expiring_60),
                _expiring(90, workload.expiring_90),
            ],
        ),
        FigureGroup(
            "Work",
            [
                Figure(
                    title="Deadlines",
                    path=DEADLINES,
                    count=workload.deadlines,
                    late=_late(workload.overdue_deadlines, "overdue"),
                ),
                _past_due("Overdue tasks", TaskWish(due=LATE).at(), workload.overdue_tasks),
                Figure(title="Document review", path=REVIEW, count=workload.waiting_renewals),
                Figure(title="Mismatches", path=MISMATCHES, count=None),
            ],
        ),
        FigureGroup(
            "Applications",
            [
                _standing("Submitted", ApplicationStatus.SUBMITTED, workload.submitted_applications),
                _standing("Under review", ApplicationStatus.UNDER_REVIEW, workload.under_review_applications),
                _past_due("Overdue", address(APPLICATIONS, status=OVERDUE), workload.overdue_applications),
            ],
        ),
    ]


def alert_figures(counts: AlertCounts) -> FigureGroup:
    """Open alerts by how near their deadlines are."""
    lines = count_lines(counts)
    return FigureGroup(
        "Alerts",
        [Figure(title=each.title, path=each.path, count=each.count, is_past_due=each.is_past_due) for each in lines],
    )


def job_line(last: LastRun) -> JobLine:
    """How the page shows it."""
    run = last.run
    if run is None:
        return JobLine(name=last.name, title=last.title, badge=NEVER_RAN, finished_at=None, took="")
    return JobLine(
        name=last.name,
        title=last.title,
        badge=_FAILED if run.state is RunState.FAILED else badge_of(run.state),
        finished_at=run.finished_at or run.started_at,
        took=in_words(run.duration),
    )


def notice_of(done: str) -> str:
    """What the page says of what was done just before; empty: nothing was."""
    return _DONE.get(done, "")


def _badge_of(matter: Matter) -> Badge:
    is_unheard = matter.pressure is Pressure.WAITING and matter.kind is MatterKind.ALERT
    return _UNHEARD if is_unheard else _PRESSURES[matter.pressure]


def _title_of(matter: Matter) -> str:
    match matter.kind:
        case MatterKind.ALERT:
            kind = AlertKind(matter.detail)
            where = f" in {matter.state}" if matter.state and kind is AlertKind.REVALIDATION else ""
            title = KIND_TITLES[kind] + where
        case MatterKind.DEADLINE:
            title = "Re-credentialing"
        case MatterKind.CREDENTIAL:
            title = f"{TITLES[CredentialKind(matter.detail)]} expires"
        case MatterKind.TASK:
            return matter.about
        case MatterKind.APPLICATION:
            title = "Overdue application"
        case MatterKind.RENEWAL:
            title = f"Review of a renewal: {TITLES[CredentialKind(matter.detail)]}"
            return f"{title} {matter.about}".strip()
    return f"{title}: {matter.about}" if matter.about else title


def _path_of(matter: Matter) -> str:
    match matter.kind:
        case MatterKind.ALERT:
            return f"{ALERTS}/{matter.id}"
        case MatterKind.DEADLINE:
            return enrollment_page(matter.id)
        case MatterKind.CREDENTIAL:
            return credential_page(matter.id)
        case MatterKind.TASK:
            return f"{address(board_of(matter.provider_id), tab='tasks')}#payer-{matter.payer_id}"
        case MatterKind.APPLICATION:
            return application_page(matter.id)
        case MatterKind.RENEWAL:
            return renewal_page(matter.id)


def _expiring(days: int, count: int, expired: int = 0) -> Figure:
    return Figure(
        title=f"Within {days} days",
        path=address(EXPIRING, days=str(days)),
        count=count,
        late=_late(expired, "expired"),
    )


def _standing(title: str, status: ApplicationStatus, count: int) -> Figure:
    return Figure(title=title, path=address(APPLICATIONS, status=status.value), count=count)


def _past_due(title: str, path: str, count: int) -> Figure:
    return Figure(title=title, path=path, count=count, is_past_due=count > 0)


def _late(count: int, what: str) -> str:
    return f"{count:,} {what}" if count else ""
