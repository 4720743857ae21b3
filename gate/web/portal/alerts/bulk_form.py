"""What is done to all ticked alerts at once, read from the form above their list; and what became of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Final

import msgspec

from gate.alerts.model.acts import Handled
from gate.errors import FieldViolation, InvalidInput
from gate.web.portal.alerts.views import ALERTS, name_of
from gate.web.portal.credentialing.fields import Fields
from gate.web.portal.credentialing.task_form import ticked

_NO_ONE: Final = frozenset({"-", "nobody"})
_ACKNOWLEDGED, _ASSIGNED, _SNOOZED, _CHANGED = "acknowledged", "assigned", "put off", "changed"


class BulkWish(msgspec.Struct, frozen=True, kw_only=True):
    """One wish about several alerts."""

    ids: Sequence[str]
    assign_to: str | None
    """None: whoever has them keeps them; empty: nobody's from now on."""
    is_acknowledged: bool
    until: datetime | None
    """None: they are not put off."""
    note: str

    @property
    def done(self) -> str:
        """What was done, in a word or two."""
        words = [
            *([_ASSIGNED] if self.assign_to is not None else []),
            *([_ACKNOWLEDGED] if self.is_acknowledged else []),
            *([_SNOOZED] if self.until is not None else []),
        ]
        return words[0] if len(words) == 1 else _CHANGED


class LeftAlone(msgspec.Struct, frozen=True):
    """An alert that was not changed."""

    path: str
    """Empty: there is none."""
    name: str
    reason: str


def wish_in(typed: Mapping[str, str], fields: Fields) -> BulkWish:
    """What the form wants: somebody to give the alerts to, that they are known, or a day until which they are put off.

    Raises:
        InvalidInput: none of these, two that exclude each other, no alert, or a field cannot be read.
    """
    whom, day, is_acknowledged = fields.text("assigned_to"), fields.day("snoozed_until"), fields.flag("acknowledged")
    ids = ticked(typed, "row-")
    if not ids:
        fields.object("ids", "tick at least one alert")
    if is_acknowledged and day is not None:
        fields.object("snoozed_until", "choose either: an alert that is put off comes back to be acknowledged")
    note = fields.text("note")
    if note and not is_acknowledged and day is None:
        fields.object("note", "a note goes with what is acknowledged or put off")
    fields.settle()
    if not (whom or is_acknowledged or day):
        what = "choose what is to happen: somebody to assign to, that they are known, or a day"
        raise InvalidInput(FieldViolation("assigned_to", what))
    return BulkWish(
        ids=ids,
        assign_to=("" if whom.lower() in _NO_ONE else whom) if whom else None,
        is_acknowledged=is_acknowledged,
        until=datetime.combine(day, time.min, UTC) if day is not None else None,
        note=note,
    )


def done_to(handled: Sequence[Handled], wish: BulkWish) -> str:
    """A sentence about those that were changed; empty: none was."""
    return said_of(sum(not each.refusal for each in handled), wish.done)


def said_of(count: int, done: str) -> str:
    """A sentence about so many alerts."""
    if not count:
        return ""
    return f"1 alert was {done}." if count == 1 else f"{count} alerts were {done}."


def said_in(done: str) -> str:
    """The same sentence, as an address carries it: ``put-off-3``."""
    words, _, count = done.rpartition("-")
    known = {each.replace(" ", "-"): each for each in (_ACKNOWLEDGED, _ASSIGNED, _SNOOZED, _CHANGED)}
    return said_of(int(count), known[words]) if words in known and count.isdecimal() else ""


def carried(wish: BulkWish) -> str:
    """How an address carries what was done to all of them."""
    return f"{wish.done.replace(' ', '-')}-{len(wish.ids)}"


def left_alone(handled: Iterable[Handled]) -> list[LeftAlone]:
    """Those that were not changed, each with the reason."""
    return [
        LeftAlone(
            path=f"{ALERTS}/{each.alert_id}" if each.alert is not None else "",
            name=name_of(each.alert) if each.alert is not None else "One of them",
            reason=each.refusal,
        )
        for each in handled
        if each.refusal
    ]
