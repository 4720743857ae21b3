"""Which decisions are wanted, and how pages of them follow one another. Pure.

A page continues after the last decision of the one before, by (time, id), so decisions that arrive meanwhile neither
repeat nor hide any. A token is good for the filter it was given for, and for no other.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gate import page_tokens
from gate.decision.model import DecisionCode, GateMode
from gate.errors import FieldViolation, InvalidInput
from gate.ledger.model import LedgerEntry
from sources.npi import is_npi_shaped
from sources.states import STATES

_LONGEST_CLAIM_ID: Final = 200


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is set must match."""

    claim_id: str = ""
    npi: str = ""
    """The NPI that was judged."""
    state: str = ""
    code: DecisionCode | None = None
    mode: GateMode | None = None
    from_time: datetime | None = None
    """Evaluated at this instant or later."""
    until_time: datetime | None = None
    """Evaluated before this instant."""

    def verified(self) -> "DecisionFilter":
        """The filter with its state in upper case.

        Raises:
            InvalidInput: naming every field that does not fit.
        """
        spelled = msgspec.structs.replace(self, state=self.state.upper())
        if violations := tuple(_violations(spelled)):
            raise InvalidInput(*violations)
        return spelled


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The last decision of a page."""

    evaluated_at: datetime
    decision_id: str


class DecisionPage(msgspec.Struct, frozen=True):
    """Some decisions, newest first."""

    entries: Sequence[LedgerEntry]
    next_page_token: str
    """Empty: there are no more."""


def page_of(found: Sequence[LedgerEntry], size: int, wanted: DecisionFilter) -> DecisionPage:
    """The page, out of `found` with at least one entry more than `size` where there is one."""
    entries = found[:size]
    if len(found) <= size:
        return DecisionPage(entries, "")
    after = Position(entries[-1].evaluated_at, entries[-1].decision_id)
    return DecisionPage(entries, page_tokens.token_after(after, wanted))


def position_in(token: str, wanted: DecisionFilter) -> Position | None:
    """Where the page begins that `token` names; None without one: at the newest.

    Raises:
        InvalidInput: no earlier page gave this token, or one of another filter did.
    """
    if not token:
        return None
    position = page_tokens.position_in(token, wanted, Position)
    if position.evaluated_at.tzinfo is None:
        raise page_tokens.no_token()
    return position


def _violations(wanted: DecisionFilter) -> Iterator[FieldViolation]:
    if len(wanted.claim_id) > _LONGEST_CLAIM_ID:
        yield FieldViolation("filter.claim_id", f"is longer than {_LONGEST_CLAIM_ID} characters")
    if wanted.npi and not is_npi_shaped(wanted.npi):
        yield FieldViolation("filter.npi", "is not an NPI: ten digits")
    if wanted.state and wanted.state not in STATES:
        yield FieldViolation("filter.state", "is not the two-letter code of a US state or territory")
    if wanted.from_time is not None and wanted.until_time is not None and wanted.until_time <= wanted.from_time:
        yield FieldViolation("filter.until_time", "must be later than filter.from_time")
