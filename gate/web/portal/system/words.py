"""Runs and messages as pages show them. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from gate.jobs.model import RunState
from gate.web.portal.condition import Badge

_STATES: Final[Mapping[RunState, Badge]] = {
    RunState.ORDERED: Badge("ordered", "◔", "plain"),
    RunState.RUNNING: Badge("running", "◔", "plain"),
    RunState.SUCCEEDED: Badge("done", "●", "good"),
    RunState.IDLE: Badge("nothing to do", "○", "quiet"),
    RunState.FAILED: Badge("failed", "■", "bad"),
    RunState.LOST: Badge("cut off", "▲", "ill"),
}
NEVER_RAN: Final = Badge("never ran", "○", "quiet")
_CHANNELS: Final = {"email": "E-mail", "webhook": "Webhook", "event": "Event"}
_DONE: Final = {
    "ordered": "The job was ordered. A process that runs jobs begins it within seconds.",
    "sent-again": "The message is sent again.",
    "discarded": "The message was discarded.",
    "on": "The endpoint is switched on.",
    "off": "The endpoint is switched off.",
    "removed": "The endpoint was removed.",
}
_A_MINUTE: Final = 60


def badge_of(state: RunState) -> Badge:
    """The state of a run."""
    return _STATES[state]


def in_words(duration: timedelta | None) -> str:
    """How long something took; empty while it has not ended."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    return f"{seconds:.1f} s" if seconds < _A_MINUTE else f"{seconds / _A_MINUTE:.0f} min"


def channel_in_words(channel: str) -> str:
    """How a message is told."""
    return _CHANNELS.get(channel, channel)


def notice_of(done: str) -> str:
    """What a page says of what was done just before; empty: nothing was."""
    return _DONE.get(done, "")
