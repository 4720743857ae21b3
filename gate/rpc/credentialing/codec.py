"""Between credentialing's records and their messages, field by field: both bear the same names.

A record's field that a message lacks stops the first call that would send it; a test sends every kind there is.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, TypeVar

import msgspec
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from gate.credentialing.model.changes import misfit
from gate.errors import FieldViolation, InvalidInput
from gate.rpc.messages import day_in, day_message, instant_in, instant_message

_DATE: Final = Date.DESCRIPTOR.full_name
_INSTANT: Final = Timestamp.DESCRIPTOR.full_name
Descriptor = Any
"""Of a field or an enum: protobuf has two implementations of it, and one set of types for both together."""
Sent = TypeVar("Sent", bound=Message)
Record = TypeVar("Record", bound=msgspec.Struct)


def message_of(record: msgspec.Struct, message: Sent) -> Sent:
    """`message`, which is empty, with what the record holds."""
    fields = message.DESCRIPTOR.fields_by_name
    for name in record.__struct_fields__:
        field, value = fields[name], getattr(record, name)
        if value is not None:
            _put(message, field, value)
    return message


def messages_of(records: Iterable[msgspec.Struct], kind: type[Sent]) -> list[Sent]:
    """The same for several."""
    return [message_of(record, kind()) for record in records]


def record_in(message: Message, kind: type[Record], within: str) -> Record:
    """The record that a caller sent in the field `within`; what is unset has the record's own default.

    Raises:
        InvalidInput: naming what does not fit.
    """
    names = [name for name in kind.__struct_fields__ if name in message.DESCRIPTOR.fields_by_name]
    values = {name: _value(message, name, within) for name in names}
    return _converted({name: value for name, value in values.items() if value is not None}, kind)


def change_in(message: Message, mask: FieldMask, kind: type[Record], within: str, **beside: object) -> Record:
    """The change that a caller asks for: of the fields that `mask` names, to what they are in `message`.

    `beside` are parts of the change that the message does not hold.

    Raises:
        InvalidInput: the mask is empty or names what cannot be changed; or a value does not fit.
    """
    told = {name: value for name, value in beside.items() if value is not None}
    if not mask.paths and not told:
        raise InvalidInput(FieldViolation("update_mask", "is required: the fields that change"))
    if set(mask.paths) - (set(kind.__struct_fields__) - set(beside)):
        raise InvalidInput(FieldViolation("update_mask", "names a field that there is not, or that cannot be changed"))
    return _converted({name: _value(message, name, within) for name in mask.paths} | told, kind)


def day_of(request: Message, name: str) -> date | None:
    """The day that a request names beside a record; None: none.

    Raises:
        InvalidInput: it is none of the calendar.
    """
    value = _value(request, name, "request")
    return value if isinstance(value, date) else None


def word_of(enum: Descriptor, number: int, field: str) -> str | None:
    """What a number of `enum` is called in a record; None: unspecified.

    Raises:
        InvalidInput: this release knows no such number.
    """
    if not number:
        return None
    if number not in enum.values_by_number:
        raise InvalidInput(FieldViolation(field, "is a value that this release does not know"))
    name: str = enum.values_by_number[number].name
    return name.removeprefix(_prefix(enum)).lower()


def _converted(values: dict[str, Any], kind: type[Record]) -> Record:
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise misfit(error) from None


def _put(message: Message, field: Descriptor, value: Any) -> None:  # noqa: ANN401 - whatever the record's field holds
    if field.is_repeated:
        into = getattr(message, field.name)
        for each in value:
            if isinstance(each, msgspec.Struct):
                message_of(each, into.add())
            else:
                into.append(each)
    elif isinstance(value, msgspec.Struct):
        message_of(value, getattr(message, field.name))
    elif isinstance(value, datetime):
        getattr(message, field.name).CopyFrom(instant_message(value))
    elif isinstance(value, date):
        getattr(message, field.name).CopyFrom(day_message(value))
    else:
        setattr(message, field.name, _number(field, value))


def _value(message: Message, name: str, within: str) -> Any:  # noqa: ANN401 - as above
    """What a field holds, as a record is made of it; None where it is unset."""
    field, value = message.DESCRIPTOR.fields_by_name[name], getattr(message, name)
    path = f"{within}.{name}"
    if field.is_repeated:
        return [_members(each, path) if field.message_type is not None else each for each in value]
    if field.has_presence and not message.HasField(name):
        return None
    if field.enum_type is not None:
        return word_of(field.enum_type, value, path)
    if field.message_type is None:
        return value
    if field.message_type.full_name == _DATE:
        return day_in(value, path)
    return instant_in(value, path) if field.message_type.full_name == _INSTANT else _members(value, path)


def _members(message: Message, path: str) -> dict[str, Any]:
    values = {name: _value(message, name, path) for name in message.DESCRIPTOR.fields_by_name}
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _number(field: Descriptor, value: Any) -> Any:  # noqa: ANN401 - as above
    if field.enum_type is None:
        return value
    return field.enum_type.values_by_name[f"{_prefix(field.enum_type)}{value.upper()}"].number


def _prefix(enum: Descriptor) -> str:
    return str(enum.values_by_number[0].name).removesuffix("UNSPECIFIED")
