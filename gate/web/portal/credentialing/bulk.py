"""What is done to all ticked rows of a list at once, read from the form above it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

import msgspec

from gate.audit.model import Actor
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.door import Visit
from gate.web.portal.credentialing.fields import Fields
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.task_form import ticked

Wish = TypeVar("Wish", bound=msgspec.Struct)
_BACK = "back-"
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


class Handled(Protocol):
    """Whose records are given to somebody or put off."""

    async def assign(self, unit: UnitOfWork, ids: Sequence[str], coordinator: str, by: Actor, /) -> None:
        """Somebody takes care of them; empty: nobody."""
        ...

    async def snooze(self, unit: UnitOfWork, ids: Sequence[str], until: date | None, by: Actor, /) -> None:
        """They are passed over until a day; None: no more."""
        ...


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


async def carried_out(office: Office, visit: Visit, records: Handled) -> BulkAction:
    """Do what the visitor's form wants.

    Raises:
        gate.errors.InvalidInput: as `action_in`; or one of the records cannot be treated so, and then none was.
        gate.errors.NotFound: the tenant has none of one of the ids.
    """
    async with office.writing(visit) as unit:
        action = action_in(visit.form, Fields(visit.form, await office.desk.payers.today(unit)))
        if action.assign_to is not None:
            await records.assign(unit, action.ids, action.assign_to, visit.actor())
        if action.is_snooze:
            await records.snooze(unit, action.ids, action.until, visit.actor())
    return action


def returning(kept: Mapping[str, str]) -> Mapping[str, str]:
    """Hidden fields that bring somebody back to the list as they had filtered it."""
    return {f"{_BACK}{name}": value for name, value in kept.items() if value}


def wish_in(typed: Mapping[str, str], kind: type[Wish]) -> Wish:
    """The list they come back to, from these fields."""
    return kind(**{name: typed.get(f"{_BACK}{name}", "") for name in kind.__struct_fields__})
