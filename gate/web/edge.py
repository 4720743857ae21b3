"""What every answer over HTTP has in common: a request id, headers that bind the browser, and never a traceback."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gate.observability import request_ids

_YEAR_SECONDS: Final = 365 * 24 * 3600
_HEADERS: Final = {
    # Everything a page needs comes from here, in files: no inline script or style, no other host, no frame.
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: browsers would then not say either from which site a form comes.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
Failed = Callable[[Request], Awaitable[Response]]
"""What to answer where the gate itself failed."""
_log = structlog.stdlib.get_logger(__name__)


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, failed: Failed, *, is_secure: bool) -> None:
        self._app = app
        self._failed = failed
        self._is_secure = is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_ids.begin_request(Headers(scope=scope).get(request_ids.HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._complete(MutableHeaders(scope=message), request_id)
            await send(message)

        # Where the rest of a request turns out malformed, the server has refused it by its next turn. To answer such a
        # request as well is an error, with a traceback in the log that anybody could have written there.
        await asyncio.sleep(0)
        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            _log.error("request_failed", exc_info=error)
            if has_begun:
                raise
            await (await self._failed(Request(scope, receive)))(scope, receive, sent)

    def _complete(self, headers: MutableHeaders, request_id: str) -> None:
        headers[request_ids.HEADER] = request_id
        for name, value in _HEADERS.items():
            headers[name] = value
        headers.setdefault("cache-control", "no-store")
        if self._is_secure:
            headers["strict-transport-security"] = f"max-age={_YEAR_SECONDS}"
