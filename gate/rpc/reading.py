"""How what callers send is read, and what they are sent is written, for every method of a service.

Bytes that are no message of an RPC's type are the caller's mistake, refused at the door like any other: gRPC itself
would answer UNKNOWN and write a traceback into the log, for anybody, before a credential was looked at.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from gate.errors import FieldViolation, InvalidInput

AS_BYTES: Final = "as_bytes"
"""Marks a method that takes and gives bytes."""
UNREADABLE: Final = object()
"""Stands for a request that could not be read, until the door has seen who sent it."""
_HANDLERS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""By whether the client streams, and the server."""

Request = TypeVar("Request", bound=Message)


def method_handlers(
    service: ServiceDescriptor, servicer: object
) -> "dict[str, grpc.RpcMethodHandler[Any, Any]]":  # generic in the stubs only
    """What the generated code would register, but for methods that are handed bytes, and more lenient in reading."""
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
    for method in service.methods:
        behaviour = getattr(servicer, method.name)
        as_bytes = getattr(behaviour, AS_BYTES, False)
        handlers[method.name] = _HANDLERS[method.client_streaming, method.server_streaming](
            behaviour,
            request_deserializer=None if as_bytes else _lenient(GetMessageClass(method.input_type).FromString),
            response_serializer=None if as_bytes else GetMessageClass(method.output_type).SerializeToString,
        )
    return handlers


def read(message: type[Request], wire: bytes) -> Request:
    """The request in `wire`, for methods that are handed bytes.

    Raises:
        InvalidInput: it could not be read.
    """
    try:
        return message.FromString(wire)
    except DecodeError:
        raise _unreadable() from None


def refuse_unreadable(request: object) -> None:
    """To be asked of every request, once its caller is known.

    Raises:
        InvalidInput: it could not be read.
    """
    if request is UNREADABLE:
        raise _unreadable()


def _unreadable() -> InvalidInput:
    return InvalidInput(FieldViolation("request", "is not a message of this method's type, or holds invalid text"))


def _lenient(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def attempt(content: bytes) -> object:
        try:
            return decode(content)
        except DecodeError:
            return UNREADABLE

    return attempt
