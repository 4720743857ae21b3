"""What each organisation settles for itself. Pure."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.fields import Objections
from sources.states import TIME_ZONES

_LONGEST_LEAD: Final = 1_095
ZONES: Final = frozenset({zone.key for zone in TIME_ZONES.values()} | {"UTC"})


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How an organisation counts days."""

    recred_alert_lead_days: int = 90
    """How long before it is due a re-credentialing is shown."""
    time_zone: str = "UTC"
    """In which a day ends. In UTC it ends early for every state, so that nothing is shown as due too late."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)


class PreferencesChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of them changes."""

    recred_alert_lead_days: int | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


def accepted(preferences: Preferences) -> Preferences:
    """What is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    objections = Objections()
    objections.number("recred_alert_lead_days", preferences.recred_alert_lead_days, 0, _LONGEST_LEAD)
    objections.add("time_zone", "is not the name of a US time zone, or UTC", when=preferences.time_zone not in ZONES)
    objections.settle()
    return preferences
