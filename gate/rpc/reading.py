"""How what callers send is read, and what they are sent is written, for every method of a service.

Nothing is read before the door has seen who sent it: sixteen megabytes of empty parts take two seconds to read, and
seven hundred megabytes of memory. Bytes that are no message of an RPC's type are the caller's mistake, refused at the
door like any other: gRPC itself would answer UNKNOWN and write a traceback into the log, for anybody.
"""

from functools import partial
from typing import Any, Final, TypeVar, cast

import grpc
import msgspec
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from gate.errors import FieldViolation, InvalidInput
from gate.rpc.limits import LARGEST_QUESTION

AS_BYTES: Final = "as_bytes"
"""Marks a method that takes and gives bytes."""
_HANDLERS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""By whether the client streams, and the server."""

Request = TypeVar("Request", bound=Message)
Sent = TypeVar("Sent")


class Unread(msgspec.Struct, frozen=True):
    """A request as it came, until the door has seen who sent it."""

    message: type[Message]
    wire: bytes


def method_handlers(
    service: ServiceDescriptor, servicer: object
) -> "dict[str, grpc.RpcMethodHandler[Any, Any]]":  # generic in the stubs only
    """What the generated code would register, but for when requests are read, and by whom."""
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
    for method in service.methods:
        behaviour = getattr(servicer, method.name)
        as_bytes = getattr(behaviour, AS_BYTES, False)
        handlers[method.name] = _HANDLERS[method.client_streaming, method.server_streaming](
            behaviour,
            request_deserializer=None if as_bytes else partial(Unread, GetMessageClass(method.input_type)),
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


def opened(request: Sent) -> Sent:
    """What a method is handed, to be asked for once the caller is known: a message; bytes and streams as they are.

    Raises:
        InvalidInput: it is too large, or could not be read.
    """
    if not isinstance(request, Unread):
        return request
    if len(request.wire) > LARGEST_QUESTION:
        raise InvalidInput(FieldViolation("request", f"is larger than {LARGEST_QUESTION} bytes"))
    return cast("Sent", read(request.message, request.wire))


def _unreadable() -> InvalidInput:
    return InvalidInput(FieldViolation("request", "is not a message of this method's type, or holds invalid text"))
