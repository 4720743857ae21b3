"""What a due date means for the alerts there are: `settle`. No clock, no I/O. Rows R1 to R21, R24, R26, R31 to R33."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gate.alerts.model.alerts import AlertStatus, RaisedAlert
from gate.alerts.model.due_dates import DueDate, Standing
from gate.alerts.model.kinds import PAST_DUE, AlertKind
from gate.decision.revalidation import rung_reached

_RENEWED_BY_A_LATER_DATE: Final = frozenset(
    {AlertKind.RECREDENTIALING, AlertKind.CREDENTIAL_EXPIRY, AlertKind.ATTESTATION}
)
"""A state also moves a revalidation's date without anything having been revalidated (row R14)."""


class Closing(msgspec.Struct, frozen=True):
    """An alert that says nothing about today any more."""

    alert: RaisedAlert
    status: AlertStatus


class Settlement(msgspec.Struct, frozen=True):
    """What has to change so that the alerts say what is the case."""

    closings: tuple[Closing, ...] = ()
    tier: int | None = None
    """Of the alert to raise; None: none."""
    reopened: RaisedAlert | None = None
    """The alert that was raised for this very tier and closed since."""
    heir_of: RaisedAlert | None = None
    """Whoever has this alert in hand gets the next one, too."""

    @property
    def is_nothing(self) -> bool:
        """Whether all stays as it is."""
        return not self.closings and self.tier is None and self.reopened is None


NOTHING: Final = Settlement()


def settle(due: DueDate, known: Sequence[RaisedAlert]) -> Settlement:
    """What becomes of the subject's alerts, `known`: those that are current, and all there ever were of this due date.

    A deadline is raised once for every tier that it is met on, and only for the tier it stands on: what was missed is
    not made up for (rows R11 to R13). Of one due date nothing is raised behind a tier that was raised (row R21).
    """
    if due.standing is Standing.UNKNOWN:
        return NOTHING
    current = [alert for alert in known if alert.is_current]
    if due.standing is Standing.ENDED:
        return Settlement(tuple(Closing(alert, AlertStatus.ENDED) for alert in current))
    if due.due_on is None and not due.is_lapsed:
        return Settlement(_outdated(due, current))
    tier = tier_of(due)
    told = [alert for alert in known if alert.due_on == due.due_on and not _is_premature(alert, tier, due)]
    outdated = _outdated(due, (alert for alert in current if alert not in told))
    latest = min(told, key=lambda alert: alert.tier, default=None)
    if tier is None or (latest is not None and latest.tier <= tier):
        overtaken = _superseded(alert for alert in told if alert.is_current and alert is not latest)
        reopened = latest if tier is not None and latest is not None and not latest.is_current else None
        return Settlement(outdated + overtaken, reopened=reopened)
    overtaken = _superseded(alert for alert in told if alert.is_current)
    return Settlement(outdated + overtaken, tier=tier, heir_of=overtaken[-1].alert if overtaken else None)


def tier_of(due: DueDate) -> int | None:
    """On which tier the deadline stands: the same as the gate's own answers (`gate.decision.revalidation`)."""
    if due.is_lapsed:
        return PAST_DUE
    if due.due_on is None:
        return None
    days = (due.due_on - due.today).days
    return PAST_DUE if days < 0 else rung_reached(days, due.rungs)


def _is_premature(alert: RaisedAlert, tier: int | None, due: DueDate) -> bool:
    """It was called past due before its day, and is not any more (rows R17, R18)."""
    return alert.is_past_due and tier != PAST_DUE and due.due_on is not None


def _outdated(due: DueDate, alerts: Iterable[RaisedAlert]) -> tuple[Closing, ...]:
    """Alerts of a deadline that was moved: by a renewal, where it was moved to a later day."""
    return tuple(
        Closing(alert, AlertStatus.RENEWED if _was_renewed(alert, due) else AlertStatus.SUPERSEDED) for alert in alerts
    )


def _was_renewed(alert: RaisedAlert, due: DueDate) -> bool:
    if due.kind not in _RENEWED_BY_A_LATER_DATE or due.due_on is None:
        return False
    return alert.due_on is None or due.due_on > alert.due_on


def _superseded(alerts: Iterable[RaisedAlert]) -> tuple[Closing, ...]:
    return tuple(Closing(alert, AlertStatus.SUPERSEDED) for alert in alerts)
