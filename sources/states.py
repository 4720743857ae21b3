"""US state codes and the time zone in which each state's "today" is counted."""

from typing import Final
from zoneinfo import ZoneInfo

_ZONE_NAMES: Final[dict[str, str]] = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
"""A state in several zones takes the zone of its capital, where its Medicaid agency sits."""

TIME_ZONES: Final[dict[str, ZoneInfo]] = {
    state: ZoneInfo(zone) for zone, states in _ZONE_NAMES.items() for state in states.split()
}
STATES: Final = frozenset(TIME_ZONES)
"""The fifty states, the District of Columbia and the territories that run a Medicaid program."""
