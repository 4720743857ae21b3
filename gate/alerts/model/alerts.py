"""One alert: that a subject's deadline has come to a tier. Pure."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from gate.alerts.model.kinds import PAST_DUE, AlertKind, GateEffect, Urgency


class AlertStatus(StrEnum):
    """What has become of it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    SUPERSEDED = "superseded"
    """The deadline came nearer, or was moved (row R14)."""
    RENEWED = "renewed"
    """What ran out was renewed (row R32)."""
    ENDED = "ended"
    """What could run out does not stand any more (row R16)."""


CURRENT: Final = frozenset({AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED})


class RaisedAlert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of an alert decides about those to come."""

    id: str
    kind: AlertKind
    key: str
    due_on: date | None
    tier: int
    status: AlertStatus
    assigned_to: str

    @property
    def is_current(self) -> bool:
        """Whether it still says something about today."""
        return self.status in CURRENT

    @property
    def is_past_due(self) -> bool:
        """Whether it says that the deadline was missed."""
        return self.tier == PAST_DUE


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """It was raised once for its subject, kind, due date and tier."""

    id: str
    name: str
    """Of the tier, like ``REVALIDATION_60``."""
    kind: AlertKind
    key: str
    """Names the subject within its kind."""
    due_on: date | None
    """None: the deadline is known to be missed, and not which day it was."""
    tier: int
    """Days before the due date with which it began; -1: past due."""
    urgency: Urgency
    effect: GateEffect
    status: AlertStatus
    npi: str
    state: str
    provider: str
    about: str
    source: str
    verified_at: datetime | None
    """When the source said so."""
    charge_cents: int
    """At risk: charges for this provider in this state that the gate saw in the ninety days before it was raised."""
    raised_at: datetime
    opened_at: datetime
    """Since when it waits for somebody: raised, opened again, or back from being snoozed."""
    closed_at: datetime | None = None
    reacted_at: datetime | None = None
    """When somebody first did something about it."""
    escalated_at: datetime | None = None
    assigned_to: str = ""
    snoozed_until: datetime | None = None
    sequence: int = 0
    """Of its last change."""

    @property
    def is_current(self) -> bool:
        """Whether it still says something about today."""
        return self.status in CURRENT

    @property
    def is_past_due(self) -> bool:
        """Whether the deadline was missed."""
        return self.tier == PAST_DUE


class ChangeKind(StrEnum):
    """What happened to an alert. Names are stored: they may be added to and never changed."""

    RAISED = "raised"
    REOPENED = "reopened"
    """The deadline is again the one that it was raised for. Who was told then is not told again."""
    SUPERSEDED = "superseded"
    RENEWED = "renewed"
    ENDED = "ended"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    NOTED = "noted"
    ESCALATED = "escalated"


class AlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an alert's history."""

    sequence: int = 0
    """Counts the changes of all the tenant's alerts, without gaps, in the order of their commits; 0: not kept yet."""
    alert_id: str
    what: ChangeKind
    at: datetime
    by: str
    note: str = ""


class ToldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change, and the alert as it is now."""

    change: AlertChange
    alert: Alert
