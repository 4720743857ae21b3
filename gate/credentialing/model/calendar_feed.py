"""What somebody has to do, as a calendar that other programs subscribe to (RFC 5545). Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

import icalendar

from gate.credentialing.model.enrollments import Enrollment
from gate.credentialing.model.tasks import Task

_PRODUCT: Final = "-//enrollment-gate//credentialing//EN"


class CalendarFeed:
    """Collects whole-day events. The same record is the same event each time that the feed is read."""

    def __init__(self, title: str, now: datetime, names: Mapping[str, str]) -> None:
        """`names` are providers' and payers', by id."""
        self._calendar = icalendar.Calendar()
        self._calendar.add("prodid", _PRODUCT)
        self._calendar.add("version", "2.0")
        self._calendar.add("method", "PUBLISH")
        self._calendar.add("x-wr-calname", icalendar.vText(title))
        self._now = now.astimezone(UTC)
        self._names = names

    def tasks(self, tasks: Iterable[Task]) -> None:
        """Each on the day on which it is due."""
        for task in tasks:
            if task.due_date is not None:
                whom = f"{self._name(task.payer_id)}, {self._name(task.provider_id)}"
                self._add(f"task-{task.id}", f"{task.title}: {whom}", task.due_date, task.description)

    def deadlines(self, enrollments: Iterable[Enrollment]) -> None:
        """Each on the last day on which the enrollment stands."""
        for each in enrollments:
            if each.recert_due_on is not None:
                whom = f"{self._name(each.payer_id)}, {self._name(each.provider_id)}"
                self._add(f"enrollment-{each.id}", f"Re-credentialing due: {whom}", each.recert_due_on, "")

    def text(self) -> str:
        """The feed as it is sent."""
        feed: bytes = self._calendar.to_ical()
        return feed.decode()

    def _add(self, uid: str, summary: str, day: date, description: str) -> None:
        event = icalendar.Event()
        event.add("uid", f"{uid}@enrollment-gate")
        event.add("dtstamp", self._now)
        event.add("dtstart", day)
        if day < date.max:
            event.add("dtend", day + timedelta(days=1))
        event.add("summary", summary)
        if description:
            event.add("description", description)
        event.add("transp", "TRANSPARENT")  # it does not make anybody busy
        self._calendar.add_component(event)

    def _name(self, record_id: str) -> str:
        return self._names.get(record_id, "")
