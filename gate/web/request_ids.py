"""Requests over HTTP have names as calls have: as the header says or made up, on log lines, and told to the caller."""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gate.observability import request_ids


class NamedRequests:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_ids.begin_request(Headers(scope=scope).get(request_ids.HEADER))

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[request_ids.HEADER] = request_id
            await send(message)

        # Where the rest of a request turns out malformed, the server has refused it by its next turn. To answer such a
        # request as well is an error, with a traceback in the log that anybody could have written there.
        await asyncio.sleep(0)
        await self._app(scope, receive, send_named)
