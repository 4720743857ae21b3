"""What programs send to `/api/alert…`."""

from datetime import datetime

import msgspec

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import MailStyle


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That somebody knows."""

    note: str = ""


class Snooze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when an alert is put off."""

    until: datetime
    note: str = ""


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has an alert in hand; empty: nobody."""

    assigned_to: str


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something for the history."""

    note: str


class SeveralAcknowledged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That somebody knows of each of these."""

    alert_ids: tuple[str, ...]
    note: str = ""


class SeveralSnoozed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when these are put off."""

    alert_ids: tuple[str, ...]
    until: datetime
    note: str = ""


class SeveralAssigned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has these in hand; empty: nobody."""

    alert_ids: tuple[str, ...]
    assigned_to: str


class OwnStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the caller is written to."""

    style: MailStyle


class MuteOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which kind is to be muted, or heard of again."""

    kind: AlertKind
    is_muted: bool
    for_all: bool = False
    """For the whole tenant, which needs `gate.alerts.manage`; else for the caller."""
