"""Records out of what was sent, and changes of a record: only what is named changes. Pure."""

import re
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET

from gate.errors import FieldViolation, InvalidInput

_AT: Final = re.compile(r" - at `\$\.?(?P<field>.*)`$")
_MISSING: Final = re.compile(r"^Object missing required field `(?P<field>\w+)`$")
Record = TypeVar("Record", bound=msgspec.Struct)
_LONGEST_TOLD: Final = 200


def named_in(change: msgspec.Struct) -> dict[str, Any]:
    """The fields that `change` sets, with their values."""
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}


def with_change(record: Record, change: msgspec.Struct) -> Record:
    """`record` with the fields that `change` sets."""
    return msgspec.structs.replace(record, **named_in(change))


def differences(before: msgspec.Struct, after: msgspec.Struct) -> dict[str, tuple[Any, Any]]:
    """The fields in which two states of one record differ."""
    old, new = msgspec.structs.asdict(before), msgspec.structs.asdict(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def told(value: object) -> str:
    """A value in a few words, for the audit log."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return " ".join(map(told, value))[:_LONGEST_TOLD]
    return "" if value is None else str(value)[:_LONGEST_TOLD]


def misfit(error: msgspec.ValidationError) -> InvalidInput:
    """The refusal of what does not have the form of a record."""
    message = str(error)
    place = found["field"] if (found := _AT.search(message)) is not None else ""
    words = _AT.sub("", message)
    if (missing := _MISSING.match(words)) is not None:
        return InvalidInput(FieldViolation(".".join(filter(None, (place, missing["field"]))), "is required"))
    return InvalidInput(FieldViolation(place or "body", words))
