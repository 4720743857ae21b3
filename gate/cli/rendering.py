"""Messages as plain data for people and programs: enum values without their prefix, dates as ISO text."""

from datetime import UTC
from typing import Any

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date


def plain(message: Message) -> Any:  # noqa: ANN401 - JSON
    """`message` as JSON data, every field under its own name; unset messages are null."""
    if isinstance(message, Timestamp):
        return message.ToDatetime(UTC).isoformat()
    if isinstance(message, Date):
        return f"{message.year:04}-{message.month:02}-{message.day:02}"
    return {field.name: _value(message, field) for field in message.DESCRIPTOR.fields if _is_shown(message, field)}


def enum_name(descriptor: EnumDescriptor, number: int) -> str:
    """``DECISION_CODE_PASS`` is PASS; UNSPECIFIED is empty."""
    prefix = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in descriptor.name)[1:]
    value = descriptor.values_by_number.get(number)
    name = value.name.removeprefix(f"{prefix}_") if value is not None else str(number)
    return "" if name == "UNSPECIFIED" else name


def _is_shown(message: Message, field: Any) -> bool:  # noqa: ANN401 - descriptors of two implementations
    return bool(field.containing_oneof is None or message.HasField(field.name))


def _value(message: Message, field: Any) -> Any:  # noqa: ANN401 - JSON
    value = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return dict(value)
    if field.is_repeated:
        return [_scalar(item, field) for item in value]
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _scalar(value, field)


def _scalar(value: Any, field: Any) -> Any:  # noqa: ANN401 - JSON
    if field.message_type is not None:
        return plain(value)
    return enum_name(field.enum_type, value) if field.enum_type is not None else value
