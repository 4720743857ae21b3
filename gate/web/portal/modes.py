"""In which mode each state of an organisation is, and since when. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gate.decision.model import GateMode
from gate.tenancy.model import EffectiveConfig, ModeChange
from gate.web.portal.condition import Badge

_BADGES: Final[Mapping[GateMode, Badge]] = {
    GateMode.AUDIT: Badge("AUDIT", "◐", "outline"),
    GateMode.ENFORCE: Badge("ENFORCE", "●", "filled"),
    GateMode.OFF: Badge("OFF", "○", "quiet"),
}
MEANINGS: Final[Sequence[tuple[Badge, str]]] = (
    (_BADGES[GateMode.ENFORCE], "pends claims of providers who are not enrolled"),
    (_BADGES[GateMode.AUDIT], "lets every claim go on and records what enforcing would do"),
    (_BADGES[GateMode.OFF], "lets claims pass without checking them"),
)
"""What each mode does, for a legend."""


class ModeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One state, or one line of business within it that differs."""

    state: str
    line_of_business: str
    """Empty: all but those that have a line of their own."""
    mode: GateMode
    change: ModeChange | None
    """The last switch that reached it; None: it never was switched."""

    @property
    def badge(self) -> Badge:
        """The mode in a word."""
        return _BADGES[self.mode]

    @property
    def since(self) -> datetime | None:
        """When it was switched to this mode."""
        return None if self.change is None else self.change.changed_at


def mode_lines(config: EffectiveConfig, changes: Sequence[ModeChange]) -> list[ModeLine]:
    """Every enabled state by name, each followed by its exceptions; `changes` newest first."""
    lines = []
    for state in sorted(config.enabled_states):
        usual = config.policy_for(state, None).mode
        lines.append(_line(state, "", usual, changes))
        for line_of_business in sorted(config.lines_with_override):
            mode = config.policy_for(state, line_of_business).mode
            if mode is not usual:
                lines.append(_line(state, line_of_business, mode, changes))
    return lines


def _line(state: str, line_of_business: str, mode: GateMode, changes: Sequence[ModeChange]) -> ModeLine:
    reached = (
        change
        for change in changes
        if change.scope.state in {"", state}
        and change.scope.line_of_business in {"", line_of_business}
        and change.to_mode is mode
    )
    return ModeLine(
        state=state,
        line_of_business=line_of_business,
        mode=mode,
        change=next(reached, None),
    )
