"""Any protobuf message, built from nothing but its descriptor, and what bytes can be made of one."""

from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

DEEPEST = 4
MOST_ITEMS = 3
_F = FieldDescriptor

TEXTS = st.sampled_from(
    [
        "",
        "TX",
        "tx ",
        "1234567893",
        "12345678930",
        "１２３４５６７８９３",  # digits, but of another script
        "\x00",
        "a\r\nlevel: error",
        "\u2028\u202e\ufeff",
        "🏥" * 60,
        "../../etc/passwd",
        "%s{0}${jndi:ldap://x}",
        "'; DROP TABLE tenants; --",
        "<script>alert(1)</script>",
        "A" * 5_000,
        "STAR",
        "207Q00000X",
        "tmhp_pems",
        "http://127.0.0.1:1/",
        "0192e0a0-0000-7000-8000-000000000000",
    ]
) | st.text(max_size=30)
_BYTES = st.binary(max_size=40)
_EDGES = {
    "int32": st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31), 9999, 10000]) | st.integers(-(2**31), 2**31 - 1),
    "int64": st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float": st.floats(width=32),
    "double": st.floats(),
}
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    _F.CPPTYPE_INT32: _EDGES["int32"],
    _F.CPPTYPE_INT64: _EDGES["int64"],
    _F.CPPTYPE_UINT32: _EDGES["uint32"],
    _F.CPPTYPE_UINT64: _EDGES["uint64"],
    _F.CPPTYPE_FLOAT: _EDGES["float"],
    _F.CPPTYPE_DOUBLE: _EDGES["double"],
    _F.CPPTYPE_BOOL: st.booleans(),
    _F.CPPTYPE_ENUM: st.integers(-2, 12),  # proto3 passes on numbers it has no name for
}


@cache
def messages(descriptor: Descriptor, deep: int = DEEPEST) -> st.SearchStrategy[Message]:
    """Messages of that type with any of their fields set to anything that fits on the wire.

    Made once: to describe them takes as long as to make one.
    """
    fields = {field.name: _values(field, deep) for field in descriptor.fields if deep or not field.message_type}

    def build(values: dict[str, Any]) -> Message:
        return GetMessageClass(descriptor)(**values)

    return st.fixed_dictionaries({}, optional=fields).map(build)


def _values(field: FieldDescriptor, deep: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        return st.dictionaries(_one(key, deep), _one(value, deep), max_size=MOST_ITEMS)
    one = _one(field, deep)
    return st.lists(one, max_size=MOST_ITEMS) if field.is_repeated else one


def _one(field: FieldDescriptor, deep: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return messages(field.message_type, deep - 1)
    if field.cpp_type == _F.CPPTYPE_STRING:
        return _BYTES if field.type == _F.TYPE_BYTES else TEXTS
    return _SCALARS[field.cpp_type]


@cache
def encoded(descriptor: Descriptor) -> st.SearchStrategy[bytes]:
    """Such messages as they go over the wire."""
    return messages(descriptor).map(lambda message: message.SerializeToString())


@cache
def mutated(descriptor: Descriptor) -> st.SearchStrategy[bytes]:
    """The same with a few stretches replaced, removed, inserted or said twice."""
    edits = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 8), st.binary(max_size=6)), max_size=4)

    def edit(content: bytes, changes: list[tuple[int, int, bytes]], *, twice: bool) -> bytes:
        changed = bytearray(content * 2 if twice else content)
        for at, size, replacement in changes:
            begin = at % (len(changed) + 1)
            changed[begin : begin + size] = replacement
        return bytes(changed)

    return st.builds(edit, encoded(descriptor), edits, twice=st.booleans())


def nested(field_number: int, deep: int) -> bytes:
    """A message that holds itself in that field, so deep."""
    tag = field_number << 3 | 2
    content = b""
    for _ in range(deep):
        content = bytes([tag]) + _length(len(content)) + content
    return content


def _length(size: int) -> bytes:
    digits = bytearray()
    while size > 0x7F:
        digits.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*digits, size])
