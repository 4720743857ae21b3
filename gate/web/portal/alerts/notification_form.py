"""What the forms of notifications hold, read into what the service takes. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import MailStyle, Mute, NotificationPreferences, PreferencesChange, Recipient
from gate.errors import FieldViolation, GateError, InvalidInput
from gate.web.portal.credentialing.fields import Fields, Form, refused

_SPARE: Final = 2
_ROW: Final = re.compile(r"recipient-(\d{1,3})-(?:person|email)", re.ASCII)
_LISTED: Final = re.compile(r"recipients\[(\d{1,3})\]\.(\w+)", re.ASCII)
_MUTED: Final = "muted-"


class Settled(msgspec.Struct, frozen=True):
    """What an organisation's form says."""

    change: PreferencesChange
    muted: frozenset[AlertKind]
    """Kinds of which nobody is to hear."""


def typed_settings(preferences: NotificationPreferences, mutes: Collection[Mute]) -> dict[str, str]:
    """What an organisation settled, as its form shows it."""
    typed = {
        "escalate_after_days": str(preferences.escalate_after_days),
        "escalate_to": "\n".join(preferences.escalate_to),
        "digest_hour": str(preferences.digest_hour),
        "time_zone": preferences.time_zone,
    }
    for row, recipient in enumerate(preferences.recipients, 1):
        typed |= {
            f"recipient-{row}-person": recipient.person,
            f"recipient-{row}-email": recipient.email,
            f"recipient-{row}-style": recipient.style.value,
        }
    return typed | typed_mutes(mutes, "")


def typed_mutes(mutes: Collection[Mute], person: str) -> dict[str, str]:
    """Kinds of which one person wants to hear nothing, as their form shows them; empty: nobody does."""
    return {f"{_MUTED}{mute.kind.value}": "on" for mute in mutes if mute.person == person}


def rows_in(typed: Mapping[str, str]) -> list[int]:
    """The numbers of the rows that a form holds, and of those that are spare."""
    return list(range(1, max(_filled(typed), default=0) + _SPARE + 1))


def settled_in(typed: Mapping[str, str], fields: Fields) -> Settled:
    """What the form of an organisation says; a row without a person and an address is left out.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    recipients = []
    for row in sorted(_filled(typed)):
        person = fields.text(f"recipient-{row}-person")
        if not person:
            fields.object(f"recipient-{row}-person", "is required: as they sign in")
        style = fields.choice(f"recipient-{row}-style", MailStyle, MailStyle.SINGLE)
        recipients.append(Recipient(person=person, email=fields.text(f"recipient-{row}-email"), style=style))
    change = PreferencesChange(
        recipients=tuple(recipients),
        escalate_after_days=_required(fields, "escalate_after_days"),
        escalate_to=fields.codes("escalate_to"),
        digest_hour=_required(fields, "digest_hour"),
        time_zone=fields.text("time_zone"),
    )
    fields.settle()
    return Settled(change, muted_in(fields))


def muted_in(fields: Fields) -> frozenset[AlertKind]:
    """The kinds that are ticked."""
    return frozenset(kind for kind in AlertKind if fields.flag(f"{_MUTED}{kind.value}"))


def refused_settings(typed: Mapping[str, str], error: GateError) -> Form:
    """The form as it was sent, with what was objected to beside each field, those of recipients too."""
    if not isinstance(error, InvalidInput):
        return refused(typed, error)
    rows = sorted(_filled(typed))
    return refused(typed, InvalidInput(*(_at_its_field(violation, rows) for violation in error.violations)))


def _at_its_field(violation: FieldViolation, rows: list[int]) -> FieldViolation:
    listed = _LISTED.fullmatch(violation.field)
    if listed is None:
        return violation
    return FieldViolation(f"recipient-{rows[int(listed[1])]}-{listed[2]}", violation.description)


def _required(fields: Fields, name: str) -> int:
    if not fields.text(name):
        fields.object(name, "is required")
    return fields.number(name) or 0


def _filled(typed: Mapping[str, str]) -> set[int]:
    found = ((_ROW.fullmatch(name), value) for name, value in typed.items())
    return {int(row[1]) for row, value in found if row is not None and value.strip()}
