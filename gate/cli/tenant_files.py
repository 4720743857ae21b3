"""A tenant's configuration as people write it: JSON with enum values without their prefix."""

from typing import Any

from google.protobuf.json_format import ParseDict

from gate.v1 import gate_admin_pb2


def message_of(document: Any) -> gate_admin_pb2.TenantConfig:  # noqa: ANN401 - JSON
    """The message; both ``AUDIT`` and ``GATE_MODE_AUDIT`` are read.

    Raises:
        ParseError, ValueError: it has a field or a value that no configuration has.
    """
    if not isinstance(document, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004 - one error for everything that does not fit
    prefixed = _prefixed(document, gate_admin_pb2.TenantConfig.DESCRIPTOR)
    return ParseDict(prefixed, gate_admin_pb2.TenantConfig())


def _prefixed(document: dict[str, Any], descriptor: Any) -> dict[str, Any]:  # noqa: ANN401 - of two implementations
    fields = descriptor.fields_by_name
    written = {}
    for name, value in document.items():
        field = fields.get(name) or descriptor.fields_by_camelcase_name.get(name)
        if field is None:
            raise ValueError(f"there is no field {name}; a configuration has {', '.join(fields.keys())}")
        if field.enum_type is not None:
            if value == "":
                continue
            by_suffix = {
                known.name.removeprefix(_common_prefix(field.enum_type)): known.name for known in field.enum_type.values
            }
            value = by_suffix.get(str(value).upper(), value)  # noqa: PLW2901 - the same value in the contract's spelling
        elif field.message_type is not None and isinstance(value, list):
            value = [  # noqa: PLW2901 - as above
                _prefixed(item, field.message_type) if isinstance(item, dict) else item for item in value
            ]
        written[name] = value
    return written


def _common_prefix(enum_type: Any) -> str:  # noqa: ANN401 - of two implementations
    return str(enum_type.values_by_number[0].name.removesuffix("UNSPECIFIED"))
