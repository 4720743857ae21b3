"""Applications as their pages show them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.applications import (
    Application,
    ApplicationFilter,
    ApplicationStatus,
    ListedApplication,
    StatusEvent,
)
from gate.credentialing.model.reports import PipelineSummary
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.badges import APPLICATION, words
from gate.web.portal.credentialing.views.enrollments import Fact

APPLICATIONS: Final = "/pm/credentialing/applications"
NOTHING: Final = ("No applications in this state.", "")
NOTHING_YET: Final = (
    "No applications yet",
    "Select payers for a provider: each of them gets an application and its tasks.",
)
STATUSES: Final[Sequence[tuple[str, str]]] = tuple((status.value, words(status)) for status in ApplicationStatus)
OVERDUE: Final = "overdue"
FIGURES: Final = f"{APPLICATIONS}/figures"
TABS: Final = (("Pipeline", APPLICATIONS), ("Figures", FIGURES))


def filter_of(status: str) -> ApplicationFilter:
    """What the address wants of the list: one status, what is overdue, or all."""
    known = status in set(ApplicationStatus)
    return ApplicationFilter(
        application_status=ApplicationStatus(status) if known else None, is_overdue=status == OVERDUE
    )


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the pipeline above the list."""

    title: str
    path: str
    is_chosen: bool
    count: int


class ApplicationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list."""

    path: str
    payer: str
    provider: str
    badge: Badge
    is_overdue: bool
    submitted: date | None
    elapsed: str
    expected_by: date | None
    effective: date | None
    reference: str
    denial: str


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history."""

    event: StatusEvent
    badge: Badge
    before: Badge | None
    lasted: str


def page_of(application_id: str) -> str:
    """Where one application is shown."""
    return f"{APPLICATIONS}/{application_id}"


def stages(chosen: str, summary: PipelineSummary) -> list[Stage]:
    """All, each status, and what is overdue, with how many there are."""
    counts = {each.application_status.value: each.applications for each in summary.statuses}
    shown = {"": summary.total, **counts, OVERDUE: summary.overdue}
    return [
        Stage(
            title=words(key) if key else "All",
            path=address(APPLICATIONS, status=key),
            is_chosen=key == chosen,
            count=count,
        )
        for key, count in shown.items()
    ]


def line_of(listed: ListedApplication) -> ApplicationLine:
    """How the list shows it."""
    application = listed.application
    ids = (application.payer_application_id, application.caqh_application_id, application.portal_reference)
    return ApplicationLine(
        path=page_of(application.id),
        payer=listed.payer_name,
        provider=listed.provider_name,
        badge=APPLICATION[application.application_status],
        is_overdue=listed.is_overdue,
        submitted=application.application_submitted_date,
        elapsed=_days(listed.days_elapsed),
        expected_by=application.expected_by,
        effective=application.effective_date,
        reference=next(filter(None, ids), ""),
        denial=application.denial_reason,
    )


def facts_of(listed: ListedApplication) -> Sequence[Fact]:
    """Dates and references, in the order in which they come about."""
    application = listed.application
    assumed = "nobody told one: the day of approval" if application.is_effective_date_assumed else ""
    return (
        Fact("Started", _day(application.application_started_date)),
        Fact("Submitted", _day(application.application_submitted_date), _elapsed(listed)),
        Fact("Answer expected by", _day(application.expected_by), "overdue" if listed.is_overdue else ""),
        Fact("Approved", _day(application.approval_date)),
        Fact("Effective date", _day(application.effective_date), assumed),
        Fact("Payer application ID", application.payer_application_id),
        Fact("CAQH application ID", application.caqh_application_id),
        Fact("Portal reference", application.portal_reference),
        Fact("Assigned to", application.assigned_to),
    )


def events(history: Sequence[StatusEvent]) -> list[EventLine]:
    """The history, newest first."""
    return [
        EventLine(
            event=event,
            badge=APPLICATION[event.to_status],
            before=None if event.from_status is None else APPLICATION[event.from_status],
            lasted=_days(event.days_in_from),
        )
        for event in reversed(history)
    ]


def typed_of(application: Application) -> Mapping[str, str]:
    """The record as its form shows it."""
    kept = msgspec.to_builtins(application)
    typed = {name: "" if value is None else str(value) for name, value in kept.items()}
    if application.is_effective_date_assumed:
        typed["effective_date"] = ""
    return typed | {"reapplication_eligible": "on" if application.reapplication_eligible else "", "occurred_on": ""}


def _elapsed(listed: ListedApplication) -> str:
    return "" if listed.days_elapsed is None else f"{_days(listed.days_elapsed)} elapsed"


def _days(count: int | None) -> str:
    if count is None:
        return ""
    if count == 0:
        return "less than a day"
    return "1 day" if count == 1 else f"{count} days"


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
