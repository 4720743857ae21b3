"""Bytes that are no message of an RPC's type are the caller's mistake, refused at the door like any other.

gRPC itself would answer UNKNOWN and write a traceback into the log, for anybody, before a credential was looked at.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from gate.errors import FieldViolation, InvalidInput

UNREADABLE: Final = object()
"""Stands for a request that could not be read, until the door has seen who sent it."""


def refuse_unreadable(request: object) -> None:
    """To be asked of every request, once its caller is known.

    Raises:
        InvalidInput: it could not be read.
    """
    if request is UNREADABLE:
        raise InvalidInput(FieldViolation("request", "is not a message of this method's type, or holds invalid text"))


class LenientReading:
    """Takes the place of a server where the generated code adds its methods; reads what they are sent leniently."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        """The generated code adds each method twice; the other way names the service too."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """As the server's."""
        lenient = {
            name: handler._replace(request_deserializer=_reading(handler.request_deserializer))
            for name, handler in handlers.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, lenient),))
        self._server.add_registered_method_handlers(service, lenient)


def _reading(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def read(content: bytes) -> object:
        try:
            return decode(content)
        except DecodeError:
            return UNREADABLE

    return read
