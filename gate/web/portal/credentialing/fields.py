"""What was typed into a form, read field by field, and shown again where it cannot be kept. Pure."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec

from gate.errors import Conflict, FieldViolation, GateError, InvalidInput
from gate.web.portal.credentialing.days import day_in

Choice = TypeVar("Choice", bound=StrEnum)
SEEN: Final = "seen"
"""The hidden field that says what the record was when the form showed it."""
_NOT_A_DAY: Final = "is not a day: write 2026-03-10, 3/10/26, t for today, or +30"


class ChangedMeanwhile(Conflict):
    """Somebody else changed the record while its form was open."""

    def __init__(self, now: Mapping[str, str]) -> None:
        super().__init__("somebody else changed this while you did: compare it with the record, then save again")
        self.now = now


class Form(msgspec.Struct, frozen=True):
    """What a form shows: values by field, and what is wrong with them."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = {}
    trouble: str = ""
    """What is wrong and belongs to no field."""

    def value(self, name: str) -> str:
        """What stands in the field."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """What is wrong with it; empty: nothing."""
        return self.errors.get(name, "")


def edited(typed: Mapping[str, str]) -> Form:
    """The form of a record that is there, which remembers what it showed."""
    return Form({**typed, SEEN: stamp(typed)})


def must_be_as_seen(sent: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Let nobody overwrite what they did not look at.

    Raises:
        ChangedMeanwhile: the record is not as it was when the form showed it.
    """
    if sent.get(SEEN, stamp(now)) != stamp(now):
        raise ChangedMeanwhile(now)


def refused(typed: Mapping[str, str], error: GateError) -> Form:
    """The form as it was sent, with what was objected to beside each field."""
    if isinstance(error, ChangedMeanwhile):
        return Form({**typed, SEEN: stamp(error.now)}, trouble=str(error))
    if not isinstance(error, InvalidInput):
        return Form(typed, trouble=str(error))
    errors: dict[str, str] = {}
    for violation in error.violations:
        # One field holds all of a list: the first objection to any item is told.
        errors.setdefault(violation.field.partition("[")[0], violation.description)
    return Form(typed, errors)


def stamp(typed: Mapping[str, str]) -> str:
    """What stands for a form as it was shown, in a hidden field of it."""
    told = "\x00".join(f"{name}\x01{value}" for name, value in sorted(typed.items()))
    return blake2b(told.encode(), digest_size=12).hexdigest()


class Fields:
    """Reads the fields of one form, and collects what cannot be read."""

    def __init__(self, typed: Mapping[str, str], today: date) -> None:
        self._typed = typed
        self._today = today
        self._violations: list[FieldViolation] = []

    def text(self, name: str) -> str:
        """Without spaces around it; lines end as everywhere else."""
        return self._typed.get(name, "").strip().replace("\r\n", "\n")

    def flag(self, name: str) -> bool:
        """Whether the box is ticked."""
        return name in self._typed

    def day(self, name: str) -> date | None:
        """None: the field is empty, or cannot be read."""
        try:
            return day_in(self.text(name), self._today)
        except (ValueError, OverflowError):
            self.object(name, _NOT_A_DAY)
            return None

    def number(self, name: str) -> int | None:
        """None: the field is empty, or cannot be read."""
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):  # noqa: PLR2004 - any longer fits nowhere
            self.object(name, "is not a whole number")
            return None
        return int(text)

    def codes(self, name: str) -> tuple[str, ...]:
        """Codes with spaces or commas between them."""
        return tuple(self.text(name).replace(",", " ").split())

    def choice(self, name: str, kind: type[Choice], otherwise: Choice) -> Choice:
        """One of a list; `otherwise` where nothing was chosen."""
        text = self.text(name)
        try:
            return kind(text) if text else otherwise
        except ValueError:
            self.object(name, "is none of the choices")
            return otherwise

    def object(self, name: str, description: str) -> None:
        """Have `settle` refuse the form for this."""
        self._violations.append(FieldViolation(name, description))

    def settle(self) -> None:
        """Let pass what could be read.

        Raises:
            InvalidInput: naming every field that could not.
        """
        if self._violations:
            raise InvalidInput(*self._violations)
