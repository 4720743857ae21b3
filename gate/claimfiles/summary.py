"""The sum of a file's answers: claims and money by code, by state and by action. Pure."""

from typing import Final, TypeVar

import msgspec

from gate.claimfiles.results import ClaimFailure, Result

ERROR: Final = "ERROR"
"""Stands in place of a code for claims that could not be checked."""
NO_STATE: Final = "--"

_Key = TypeVar("_Key")


class Tally(msgspec.Struct):
    """How many claims, and their charges in US cents. A claim without a readable charge adds nothing."""

    claims: int = 0
    cents: int = 0


class Summary(msgspec.Struct):
    """Grows with every result. Keys of the tallies are code, state and action as written in the results."""

    total: Tally = msgspec.field(default_factory=Tally)
    by_code: dict[str, Tally] = {}
    by_state: dict[str, Tally] = {}
    by_state_and_code: dict[tuple[str, str], Tally] = {}
    by_action: dict[str, Tally] = {}
    by_would_action: dict[str, Tally] = {}
    """What enforcing would do (row C11)."""

    def add(self, result: Result) -> None:
        """Count one claim; claims that could not be checked have a code, `ERROR`, and no action."""
        cents = result.charge_cents or 0
        state = result.state or NO_STATE
        code = ERROR if isinstance(result, ClaimFailure) else result.code
        self.total.claims += 1
        self.total.cents += cents
        _count(self.by_code, code, cents)
        _count(self.by_state, state, cents)
        _count(self.by_state_and_code, (state, code), cents)
        if not isinstance(result, ClaimFailure):
            _count(self.by_action, result.action, cents)
            _count(self.by_would_action, result.would_action, cents)

    @property
    def errors(self) -> int:
        """Claims that could not be checked."""
        tally = self.by_code.get(ERROR)
        return tally.claims if tally else 0


def _count(tallies: dict[_Key, Tally], key: _Key, cents: int) -> None:
    tally = tallies.get(key)
    if tally is None:
        tallies[key] = tally = Tally()
    tally.claims += 1
    tally.cents += cents
