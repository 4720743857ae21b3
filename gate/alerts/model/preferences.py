"""Whom a tenant wants to be told of alerts, and how. Pure."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.texts import LONGEST_NAME, is_address
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from sources.states import TIME_ZONES

ZONES: Final = frozenset({zone.key for zone in TIME_ZONES.values()} | {"UTC"})
_LONGEST_WAIT: Final = 365
_LAST_HOUR: Final = 23
_MOST_RECIPIENTS: Final = 100


class MailStyle(StrEnum):
    """How somebody is written to."""

    SINGLE = "single"
    """A mail for each alert, at once."""
    DIGEST = "digest"
    """One mail a day, on days on which there is something new."""
    NONE = "none"
    """No mails: they look themselves. Their address stays, for when they change their mind."""


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of provider relations who is told of alerts from sixty days on."""

    person: str
    """As they sign in: what they mute for themselves they are not told of."""
    email: str
    style: MailStyle = MailStyle.SINGLE


class NotificationPreferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one tenant settled."""

    recipients: tuple[Recipient, ...] = ()
    escalate_after_days: int = 7
    """An alert that nobody has reacted to for so long is escalated; 0: none is."""
    escalate_to: tuple[str, ...] = ()
    """Mail addresses."""
    digest_hour: int = 7
    """From which hour on the day's digest is sent."""
    time_zone: str = "UTC"
    """In which the day and the hour of digests are told."""

    def recipient(self, person: str) -> Recipient | None:
        """What is settled for one person."""
        return next((each for each in self.recipients if each.person == person), None)

    def digest_day(self, now: datetime) -> date | None:
        """Whose digest is due now; None: it is too early in the day."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        return local.date() if local.time() >= time(self.digest_hour) else None

    def day_of(self, now: datetime) -> date:
        """Which day it is."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()


class PreferencesChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of them changes."""

    recipients: tuple[Recipient, ...] | UnsetType = UNSET
    escalate_after_days: int | UnsetType = UNSET
    escalate_to: tuple[str, ...] | UnsetType = UNSET
    digest_hour: int | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of which nobody, or one person, wants to hear."""

    kind: AlertKind
    person: str
    """Empty: nobody of the tenant."""
    muted_by: str
    muted_at: datetime


def is_muted(mutes: Collection[Mute], kind: AlertKind, person: str = "") -> bool:
    """Whether the tenant, or this person, does not want to hear of the kind."""
    return any(mute.kind is kind and mute.person in {"", person} for mute in mutes)


def changed(preferences: NotificationPreferences, change: PreferencesChange) -> NotificationPreferences:
    """`preferences` with what `change` names.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    named = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    kept = msgspec.structs.replace(preferences, **named)
    recipients = tuple(
        msgspec.structs.replace(each, person=each.person.strip(), email=each.email.strip()) for each in kept.recipients
    )
    kept = msgspec.structs.replace(kept, recipients=recipients)
    if violations := tuple(_violations(kept)):
        raise InvalidInput(*violations)
    return kept


def chosen(preferences: NotificationPreferences, person: str, style: MailStyle) -> NotificationPreferences:
    """`preferences` with what one person chose for themselves. Nobody has alerts sent to an address of their choice:
    mails go where those who manage alerts said, or to the address by which the person signs in.

    Raises:
        PreconditionFailed: there is no such address.
        InvalidInput: there are as many recipients as there may be.
    """
    own = preferences.recipient(person)
    if own is None and style is MailStyle.NONE:
        return preferences
    if own is None and not is_address(person):
        raise PreconditionFailed(
            "nobody named a mail address for you: whoever manages alerts can add you to the recipients"
        )
    if own is None:
        theirs = (*preferences.recipients, Recipient(person=person, email=person, style=style))
    else:
        new = msgspec.structs.replace(own, style=style)
        theirs = tuple(new if each is own else each for each in preferences.recipients)
    return changed(preferences, PreferencesChange(recipients=theirs))


def _violations(preferences: NotificationPreferences) -> Iterator[FieldViolation]:
    yield from _recipient_violations(preferences.recipients)
    if len(preferences.recipients) > _MOST_RECIPIENTS or len(preferences.escalate_to) > _MOST_RECIPIENTS:
        yield FieldViolation("recipients", f"are more than {_MOST_RECIPIENTS}")
    for index, address in enumerate(preferences.escalate_to):
        if not is_address(address):
            yield FieldViolation(f"escalate_to[{index}]", "is not a mail address")
    if not 0 <= preferences.escalate_after_days <= _LONGEST_WAIT:
        yield FieldViolation("escalate_after_days", f"must lie between 0 and {_LONGEST_WAIT}")
    if not 0 <= preferences.digest_hour <= _LAST_HOUR:
        yield FieldViolation("digest_hour", f"must lie between 0 and {_LAST_HOUR}")
    if preferences.time_zone not in ZONES:
        yield FieldViolation("time_zone", "is not the name of a US time zone, or UTC")


def _recipient_violations(recipients: tuple[Recipient, ...]) -> Iterator[FieldViolation]:
    seen: set[str] = set()
    for index, recipient in enumerate(recipients):
        path = f"recipients[{index}]"
        if not recipient.person or len(recipient.person) > LONGEST_NAME or not recipient.person.isprintable():
            yield FieldViolation(f"{path}.person", f"must be one line of at most {LONGEST_NAME} characters")
        elif recipient.person in seen:
            yield FieldViolation(f"{path}.person", "is named twice")
        seen.add(recipient.person)
        if not is_address(recipient.email):
            yield FieldViolation(f"{path}.email", "is not a mail address")
