"""The HTTP answers of a portal that is in trouble."""

import socket
import struct
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from sources.sandbox.faults import FaultKind

_LINGER_NOT: Final = struct.pack("ii", 1, 0)
_ERROR_PAGE: Final = "<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>"


def refusal() -> web.Response:
    """A credential was missing or wrong."""
    return web.json_response({"Message": "Authorization has been denied."}, status=HTTPStatus.UNAUTHORIZED)


def error_page(status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A page for people."""
    return web.Response(status=status, text=_ERROR_PAGE, content_type="text/html")


def failure() -> web.Response:
    """The portal broke."""
    return web.json_response({"Message": "An error has occurred."}, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def throttled() -> web.Response:
    """Too many calls; come back in a second."""
    body, headers = {"Message": "Too many requests."}, {"Retry-After": "1"}
    return web.json_response(body, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)


def broken_off(whole: web.Response) -> web.Response:
    """The first half of an answer, as JSON that cannot be read."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    return web.Response(body=body[: len(body) // 2], content_type="application/json")


def reset(request: web.Request) -> web.Response:
    """End the connection with a reset: lingering for no time makes closing it send one. What is returned is unsent."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    return web.Response()


CANNED: Final[dict[FaultKind, Callable[[], web.Response]]] = {
    FaultKind.ERROR_500: failure,
    FaultKind.ERROR_401: refusal,
    FaultKind.THROTTLE: throttled,
    FaultKind.HTML: error_page,
}
"""Faults that answer the same whatever was asked."""
