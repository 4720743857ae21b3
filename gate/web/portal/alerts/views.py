"""Alerts as pages show them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from gate.alerts.model.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from gate.alerts.model.kinds import AlertKind, GateEffect, Urgency
from gate.alerts.model.pages import AlertCounts
from gate.clock import today_in
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.days import days_in_words
from gate.web.portal.credentialing.views.addresses import address
from sources.states import STATES

ALERTS: Final = "/pm/inbox/alerts"
KIND_TITLES: Final[Mapping[AlertKind, str]] = {
    AlertKind.REVALIDATION: "Medicaid revalidation",
    AlertKind.RECREDENTIALING: "Re-credentialing",
    AlertKind.CREDENTIAL_EXPIRY: "Expiring credential",
    AlertKind.ATTESTATION: "CAQH attestation",
}
KINDS: Final[Sequence[tuple[str, str]]] = (
    ("", "All kinds"),
    *((kind.value, title) for kind, title in KIND_TITLES.items()),
)
_URGENCY_BADGES: Final[Mapping[Urgency, Badge]] = {
    Urgency.NOTICE: Badge("Notice", "○", "outline"),
    Urgency.ELEVATED: Badge("Elevated", "◔", "info"),
    Urgency.CRITICAL: Badge("Critical", "▲", "ill"),
    Urgency.PAST_DUE: Badge("Past due", "■", "bad"),
}
URGENCIES: Final[Sequence[tuple[str, str]]] = (
    ("", "However near"),
    *((urgency.value, _URGENCY_BADGES[urgency].words) for urgency in reversed(Urgency)),
)
_STATUS_BADGES: Final[Mapping[AlertStatus, Badge]] = {
    AlertStatus.OPEN: Badge("Open", "○", "plain"),
    AlertStatus.ACKNOWLEDGED: Badge("Acknowledged", "✓", "good"),
    AlertStatus.SNOOZED: Badge("Snoozed", "◔", "quiet"),
    AlertStatus.SUPERSEDED: Badge("Superseded", "□", "quiet"),
    AlertStatus.RENEWED: Badge("Renewed", "●", "good"),
    AlertStatus.ENDED: Badge("Ended", "□", "quiet"),
}
STATUSES: Final[Sequence[tuple[str, str]]] = (
    ("", "Current"),
    *((status.value, badge.words) for status, badge in _STATUS_BADGES.items()),
)
_ESCALATED: Final = Badge("Escalated", "▲", "ill")
_EFFECTS: Final[Mapping[GateEffect, str]] = {
    GateEffect.NONE: "none",
    GateEffect.SOFT_HOLD: "claims pass with a soft hold",
    GateEffect.PEND: "claims are pended",
}
_DONE: Final[Mapping[str, str]] = {
    "acknowledged": "The alert is acknowledged.",
    "assigned": "The alert is assigned.",
    "snoozed": "The alert is put off.",
    "noted": "The note is kept.",
    "muted": "The kind is muted.",
    "unmuted": "The kind is heard of again.",
}


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, as a row shows it."""

    id: str
    path: str
    title: str
    whom: str
    npi: str
    tier: str
    urgency: Badge
    due_on: date | None
    days: str
    """How far away; empty where nobody knows the day."""
    raised_at: datetime
    owner: str
    money: str
    status: Badge
    escalated: Badge | None


class ChangeLine(msgspec.Struct, frozen=True):
    """One entry of the history."""

    what: str
    at: datetime
    by: str
    note: str


class CountLine(msgspec.Struct, frozen=True):
    """One counter, and the list that it counts."""

    title: str
    count: int
    path: str
    is_past_due: bool


def line_of(alert: Alert, now: datetime) -> AlertLine:
    """How a list shows it. Days are counted where the deadline is."""
    today = today_in(alert.state, now) if alert.state in STATES else now.date()
    return AlertLine(
        id=alert.id,
        path=f"{ALERTS}/{alert.id}",
        title=_title(alert),
        whom=_whom(alert),
        npi=alert.npi,
        tier=alert.name,
        urgency=_URGENCY_BADGES[alert.urgency],
        due_on=alert.due_on,
        days=days_in_words((alert.due_on - today).days) if alert.due_on is not None else "",
        raised_at=alert.raised_at,
        owner=alert.assigned_to,
        money=f"${alert.charge_cents / 100:,.2f}" if alert.charge_cents else "",
        status=_STATUS_BADGES[alert.status],
        escalated=_ESCALATED if alert.escalated_at is not None and alert.is_current else None,
    )


def name_of(alert: Alert) -> str:
    """How a sentence calls it."""
    return f"{_title(alert)}, {_whom(alert)}"


def facts_of(alert: Alert) -> Sequence[tuple[str, str, str]]:
    """Name, value and hint of what is known besides."""
    said = f"on {alert.verified_at:%Y-%m-%d}" if alert.verified_at is not None else ""
    return (
        ("NPI", alert.npi, ""),
        ("Tier", alert.name, ""),
        ("At the gate", _EFFECTS[alert.effect], "by the same due date, whether there is an alert or not"),
        ("According to", alert.source, said),
        ("Assigned to", alert.assigned_to, ""),
        ("Put off until", f"{alert.snoozed_until:%Y-%m-%d}" if alert.snoozed_until is not None else "", ""),
    )


def change_lines(history: Sequence[AlertChange]) -> list[ChangeLine]:
    """The history, newest first."""
    return [
        ChangeLine(_what(change), change.at, change.by, "" if change.what is ChangeKind.ASSIGNED else change.note)
        for change in reversed(history)
    ]


def count_lines(counts: AlertCounts) -> list[CountLine]:
    """The counters of the first page, each with the list that it counts."""
    return [
        CountLine(
            "Past due",
            counts.past_due,
            address(ALERTS, urgency=Urgency.PAST_DUE.value),
            is_past_due=counts.past_due > 0,
        ),
        CountLine("Critical", counts.critical, address(ALERTS, urgency=Urgency.CRITICAL.value), is_past_due=False),
        CountLine("Elevated", counts.elevated, address(ALERTS, urgency=Urgency.ELEVATED.value), is_past_due=False),
        CountLine("Notice", counts.notice, address(ALERTS, urgency=Urgency.NOTICE.value), is_past_due=False),
        CountLine("Nobody reacted", counts.escalated, address(ALERTS, escalated="1"), is_past_due=False),
    ]


def notice_of(done: str) -> str:
    """What a page says of what was done just before; empty: nothing was."""
    return _DONE.get(done, "")


def _title(alert: Alert) -> str:
    where = f" in {alert.state}" if alert.state and alert.kind is AlertKind.REVALIDATION else ""
    return KIND_TITLES[alert.kind] + where + (f": {alert.about}" if alert.about else "")


def _whom(alert: Alert) -> str:
    return alert.provider or alert.npi or alert.key


def _what(change: AlertChange) -> str:
    if change.what is ChangeKind.ASSIGNED:
        return f"Assigned to {change.note}" if change.note else "Given back"
    return change.what.value.capitalize()
