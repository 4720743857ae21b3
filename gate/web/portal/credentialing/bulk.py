"""What is done to all ticked rows of a list at once, read from the form above it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

import msgspec

from gate.errors import FieldViolation, InvalidInput
from gate.web.portal.credentialing.fields import Fields
from gate.web.portal.credentialing.task_form import ticked

Wish = TypeVar("Wish", bound=msgspec.Struct)
_NOW = "now"
_NO_ONE = frozenset({"-", "nobody"})


class BulkAction(msgspec.Struct, frozen=True, kw_only=True):
    """One wish about several records."""

    ids: Sequence[str]
    assign_to: str | None
    """None: whoever has them keeps them; empty: nobody's from now on."""
    is_snooze: bool
    until: date | None
    """Until when they are put off; None: they are back at once."""

    @property
    def done(self) -> str:
        """What was done, for the notice."""
        if not self.is_snooze:
            return "assigned"
        return "snoozed" if self.until is not None else "woken"


def action_in(typed: Mapping[str, str], fields: Fields) -> BulkAction:
    """What the form wants: somebody to give the records to, a day until which they are put off, or both.

    Raises:
        InvalidInput: neither of the two, no record, or a field cannot be read.
    """
    whom, until = fields.text("assigned_to"), fields.text("snoozed_until")
    ids = ticked(typed, "row-")
    if not ids:
        fields.object("ids", "tick at least one row")
    day = fields.day("snoozed_until") if until.lower() != _NOW else None
    fields.settle()
    if not whom and not until:
        raise InvalidInput(FieldViolation("assigned_to", "choose what is to happen: somebody to assign to, or a day"))
    return BulkAction(
        ids=ids,
        assign_to=("" if whom.lower() in _NO_ONE else whom) if whom else None,
        is_snooze=bool(until),
        until=day,
    )


def returning(kept: Mapping[str, str]) -> Mapping[str, str]:
    """Hidden fields that bring somebody back to the list as they had filtered it."""
    return {f"back-{name}": value for name, value in kept.items() if value}


def as_filtered(wish: type[Wish], typed: Mapping[str, str]) -> Wish:
    """What was wanted of the list, as `returning` kept it."""
    return wish(**{name: typed.get(f"back-{name}", "") for name in wish.__struct_fields__})
