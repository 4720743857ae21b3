"""Which alerts are wanted, and how pages of them follow one another. Pure.

A page continues after the last alert of the one before, by (due date, id): what is raised or closed meanwhile neither
repeats nor hides any. A token is good for the filter that it was given for, and for no other.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from gate import page_tokens
from gate.alerts.model.alerts import Alert, AlertChange, AlertStatus
from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.model.texts import LONGEST_NAME
from gate.errors import FieldViolation, InvalidInput
from sources.npi import is_npi_shaped
from sources.states import STATES


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is set must match. Without a status: those that are current."""

    kind: AlertKind | None = None
    status: AlertStatus | None = None
    urgency: Urgency | None = None
    state: str = ""
    npi: str = ""
    assigned_to: str = ""
    escalated: bool = False
    """Only those that nobody reacted to in time."""
    muted: bool = False
    """Those of muted kinds, too."""

    def verified(self) -> "AlertFilter":
        """The filter with its state in upper case.

        Raises:
            InvalidInput: naming every field that does not fit.
        """
        spelled = msgspec.structs.replace(self, state=self.state.upper())
        violations = []
        if spelled.state and spelled.state not in STATES:
            violations.append(FieldViolation("state", "is not the two-letter code of a US state or territory"))
        if spelled.npi and not is_npi_shaped(spelled.npi):
            violations.append(FieldViolation("npi", "is not an NPI: ten digits"))
        if len(spelled.assigned_to) > LONGEST_NAME or not spelled.assigned_to.isprintable():
            violations.append(FieldViolation("assigned_to", f"must be one line of at most {LONGEST_NAME} characters"))
        if violations:
            raise InvalidInput(*violations)
        return spelled


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The last alert of a page."""

    due_on: date | None
    alert_id: str


class AlertPage(msgspec.Struct, frozen=True):
    """Some alerts, the most overdue first."""

    items: Sequence[Alert]
    next_page_token: str
    """Empty: there are no more."""


class AlertFile(msgspec.Struct, frozen=True):
    """One alert with its history, oldest first."""

    alert: Alert
    history: Sequence[AlertChange]
    why: str
    """What it says, in a few sentences."""


class AlertCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many current alerts there are of kinds that are not muted."""

    notice: int = 0
    elevated: int = 0
    critical: int = 0
    past_due: int = 0
    escalated: int = 0
    unassigned: int = 0


def page_of(found: Sequence[Alert], size: int, wanted: AlertFilter) -> AlertPage:
    """The page, out of `found` with at least one alert more than `size` where there is one."""
    items = found[:size]
    if len(found) <= size:
        return AlertPage(items, "")
    return AlertPage(items, page_tokens.token_after(Position(items[-1].due_on, items[-1].id), wanted))


def position_in(token: str, wanted: AlertFilter) -> Position | None:
    """Where the page begins that `token` names; None without one: at the most overdue.

    Raises:
        InvalidInput: no earlier page gave this token, or one of another filter did.
    """
    if not token:
        return None
    position = page_tokens.position_in(token, wanted, Position)
    if len(position.alert_id) > LONGEST_NAME or not position.alert_id.isprintable():
        raise page_tokens.no_token()
    return position
