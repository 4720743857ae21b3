"""What is told of alerts outside, and to whom. Pure.

Every change is an event. From sixty days on provider relations is written to, by mail and by webhook, unless the kind
is muted; an alert that was opened again is no news to anybody who was told when it was raised.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec

from gate.alerts.model.alerts import Alert, AlertChange, ChangeKind, ToldChange
from gate.alerts.model.kinds import AlertKind, GateEffect
from gate.alerts.model.preferences import MailStyle, Mute, NotificationPreferences, Recipient, is_muted
from gate.outbox.message import OutgoingMessage

EMAIL: Final = "email"
WEBHOOK: Final = "webhook"
EVENT: Final = "event"
_WHAT: Final = {
    AlertKind.REVALIDATION: "Medicaid revalidation",
    AlertKind.RECREDENTIALING: "Re-credentialing",
    AlertKind.CREDENTIAL_EXPIRY: "Credential",
    AlertKind.ATTESTATION: "CAQH attestation",
}
_EFFECTS: Final = {
    GateEffect.NONE: "",
    GateEffect.SOFT_HOLD: "The gate marks this provider's claims for manual review (soft hold).",
    GateEffect.PEND: "The gate pends this provider's claims.",
}
_MOST_IN_A_DIGEST: Final = 200


class Audience(msgspec.Struct, frozen=True):
    """Who wants to hear of what."""

    preferences: NotificationPreferences
    mutes: Collection[Mute]

    def to_be_told_at_once(self, kind: AlertKind) -> Iterator[Recipient]:
        """Those who get a mail for each alert."""
        for recipient in self.preferences.recipients:
            if recipient.style is MailStyle.SINGLE and not is_muted(self.mutes, kind, recipient.person):
                yield recipient


def messages_about(told: Sequence[ToldChange], audience: Audience) -> Iterator[OutgoingMessage]:
    """What goes out because of these changes."""
    for each in told:
        change, alert = each.change, each.alert
        yield _event(change, alert)
        if change.what is ChangeKind.RAISED and alert.urgency.is_told and not is_muted(audience.mutes, alert.kind):
            yield _webhook(change, alert)
            for recipient in audience.to_be_told_at_once(alert.kind):
                yield _mail(f"{alert.id}/{_short(recipient.person)}", change, headline(alert), recipient.email, [alert])
        elif change.what is ChangeKind.ESCALATED and not is_muted(audience.mutes, alert.kind):
            yield _webhook(change, alert)
            for index, address in enumerate(audience.preferences.escalate_to):
                line = f"Nobody has reacted: {headline(alert)}"
                yield _mail(f"{alert.id}/escalated/{change.sequence}/{index}", change, line, address, [alert])


def digest(recipient: Recipient, alerts: Sequence[Alert], day: date, now: datetime, *, up_to: int) -> OutgoingMessage:
    """The mail that tells one person of the day's alerts, the most urgent first; `up_to` which change it tells."""
    ordered = sorted(alerts, key=lambda alert: (alert.tier, alert.due_on or date.min, alert.id))
    shown = ordered[:_MOST_IN_A_DIGEST]
    text = "\n\n".join(described(alert) for alert in shown)
    if len(ordered) > len(shown):
        text += f"\n\nand {len(ordered) - len(shown)} more."
    count = f"{len(ordered)} new alert{'' if len(ordered) == 1 else 's'}"
    return OutgoingMessage(
        key=f"digest/{up_to}/{_short(recipient.person)}",
        channel=EMAIL,
        topic="alert.digest",
        subject=f"{count} on {day}",
        recipient=recipient.email,
        body={"text": text, "day": str(day), "alerts": [data_of(alert) for alert in shown]},
        not_before=now,
    )


def headline(alert: Alert) -> str:
    """In one line."""
    whom = alert.provider or (f"NPI {alert.npi}" if alert.npi else alert.key)
    when = "is past due" if alert.is_past_due else f"is due on {alert.due_on}"
    where = f" in {alert.state}" if alert.state else ""
    about = f" ({alert.about})" if alert.about else ""
    return f"{_WHAT[alert.kind]}{where}{about} of {whom} {when}"


def described(alert: Alert) -> str:
    """In a few lines: what, whose, how much is at risk, what the gate does, and who said so."""
    lines = [headline(alert) + "."]
    if alert.due_on is not None and alert.is_past_due:
        lines.append(f"It was due on {alert.due_on}.")
    if alert.npi:
        lines.append(f"NPI {alert.npi}.")
    if alert.charge_cents:
        lines.append(f"Charged in the last 90 days: ${alert.charge_cents / 100:,.2f}.")
    if effect := _EFFECTS[alert.effect]:
        lines.append(effect)
    if alert.verified_at is not None:
        lines.append(f"According to {alert.source} on {alert.verified_at.date()}.")
    return " ".join(lines)


def data_of(alert: Alert) -> dict[str, Any]:
    """The alert as programs are told of it."""
    data: dict[str, Any] = msgspec.to_builtins(alert)
    return data


def _short(person: str) -> str:
    """Stands for somebody in the key of a message, which has less room than a name may take."""
    return blake2b(person.encode(), digest_size=16).hexdigest()


def _event(change: AlertChange, alert: Alert) -> OutgoingMessage:
    return _told(EVENT, f"alert/{change.sequence}", change, alert)


def _webhook(change: AlertChange, alert: Alert) -> OutgoingMessage:
    return _told(WEBHOOK, f"alert/{change.sequence}", change, alert)


def _told(channel: str, key: str, change: AlertChange, alert: Alert) -> OutgoingMessage:
    return OutgoingMessage(
        key=key,
        channel=channel,
        topic=f"alert.{change.what.value}",
        subject=f"alert/{alert.id}",
        recipient="",
        body={"alert": data_of(alert), "change": msgspec.to_builtins(change)},
        not_before=change.at,
    )


def _mail(key: str, change: AlertChange, subject: str, address: str, alerts: Sequence[Alert]) -> OutgoingMessage:
    return OutgoingMessage(
        key=key,
        channel=EMAIL,
        topic=f"alert.{change.what.value}",
        subject=subject,
        recipient=address,
        body={"text": "\n\n".join(map(described, alerts)), "alerts": [data_of(alert) for alert in alerts]},
        not_before=change.at,
    )
