"""What people do with alerts, one at a time or many at once. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gate.alerts.model import texts
from gate.alerts.model.alerts import Alert, AlertStatus, ChangeKind
from gate.errors import FieldViolation, InvalidInput

MOST_AT_ONCE: Final = 500
"""Alerts that one act is done to."""
_LONGEST_SNOOZE: Final = timedelta(days=365)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody does."""

    what: ChangeKind
    note: str = ""
    """For the history."""
    changes: Mapping[str, object] = {}
    """Fields of an alert that are set; none: it may be closed."""


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an act on one of several alerts."""

    alert_id: str
    refusal: str = ""
    """Why it was not done; empty: it was."""
    alert: Alert | None = None
    """As it is now; None: the tenant has none of that id."""


def acknowledgement(note: str) -> Act:
    """Somebody knows.

    Raises:
        InvalidInput: the note is none.
    """
    kept = texts.note("note", note)
    changes = {"status": AlertStatus.ACKNOWLEDGED.value, "snoozed_until": None}
    return Act(what=ChangeKind.ACKNOWLEDGED, note=kept, changes=changes)


def snooze(until: datetime, note: str, now: datetime) -> Act:
    """It is put off.

    Raises:
        InvalidInput: the instant is past or more than a year ahead, or the note is none.
    """
    if until.tzinfo is None or not now < until <= now + _LONGEST_SNOOZE:
        raise InvalidInput(FieldViolation("until", "must be an instant within the next 365 days"))
    kept = texts.note("note", note)
    changes = {"status": AlertStatus.SNOOZED.value, "snoozed_until": until}
    return Act(what=ChangeKind.SNOOZED, note=kept, changes=changes)


def assignment(to: str) -> Act:
    """Somebody has it in hand; empty: nobody.

    Raises:
        InvalidInput: nobody could be called so.
    """
    person = texts.line("assigned_to", to)
    return Act(what=ChangeKind.ASSIGNED, note=person, changes={"assigned_to": person})


def remark(note: str) -> Act:
    """Something for the history; of a closed alert, too.

    Raises:
        InvalidInput: the note is none.
    """
    return Act(what=ChangeKind.NOTED, note=texts.note("note", note, required=True))


def several(alert_ids: Sequence[str]) -> Sequence[str]:
    """The ids, each once, in their order.

    Raises:
        InvalidInput: there is none, or there are too many.
    """
    if not 1 <= len(alert_ids) <= MOST_AT_ONCE:
        raise InvalidInput(FieldViolation("alert_ids", f"must name between 1 and {MOST_AT_ONCE} alerts"))
    return list(dict.fromkeys(alert_ids))


def refusal_of(act: Act, alert: Alert | None) -> str:
    """Why the act cannot be done to the alert; empty: it can."""
    if alert is None:
        return "there is no such alert"
    return f"the alert is closed: {alert.status.value}" if act.changes and not alert.is_current else ""
